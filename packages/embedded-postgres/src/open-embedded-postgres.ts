import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, backoffMs } from '@sluice/base'
import { openDataFolder, readFolderState, writeFolderState } from './data-folder.ts'
import type { DataFolder, FolderState } from './data-folder.ts'
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres-options.ts'
import { openFileLock } from './file-lock.ts'
import type { FileLock } from './file-lock.ts'
import { findFreePort, isPortFree } from './free-port.ts'
import { tieLife } from './life-line.ts'
import { findRunningPostmaster, portTaken, startPostmaster, stopPostmaster, waitUntilAdoptable } from './postmaster.ts'
import type { RunningPostmaster } from './postmaster.ts'
import { createCluster, grantAccess, hasAccess, syncCluster } from './prepare-cluster.ts'
import type { WantedAccess } from './prepare-cluster.ts'
import { isProcessRunning } from './process-probe.ts'
import { findInstalledPrograms, placePrograms, removeTemporaryPrograms } from './programs.ts'
import type { InstalledPrograms } from './programs.ts'
import type { ProgramContext } from './run-program.ts'
import { findServerUser } from './server-user.ts'

const startTimeoutDefaultMs = 120_000
/** A server that we took over is nobody's child: its end is noticed by looking. */
const adoptedPollMs = 500
const restartWaitMaxMs = 10_000

/**
 * Opens the PostgreSQL of a data folder: makes the folder's cluster at the first time, starts the server, or takes over one that
 * an earlier process left running. Loopback only, password always (SCRAM), no unix socket, UTF-8, code-point order.
 *
 * Root cannot run PostgreSQL: then it runs as the owner of the cluster, at first `nobody`; no user is created.
 *
 * @throws AppError `FILE_LOCK_HELD` when another process has the folder open, `EMBEDDED_POSTGRES_*` otherwise.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  checkOptions(options)
  const installed = await findInstalledPrograms()
  const folder = await openDataFolder(resolve(options.dataDir))
  const lock = await openFileLock(folder.lockPath)
  try {
    const server = new Server(options, installed, folder, lock)
    await server.start()
    return server
  } catch (error) {
    lock.release()
    throw error
  }
}

function checkOptions(options: EmbeddedPostgresOptions): void {
  const { user, password, database = 'postgres', port = 0 } = options
  const problem =
    !isName(user) || user.startsWith('pg_')
      ? 'The user name must be 1 to 63 characters and not begin with "pg_".'
      : !isName(database)
        ? 'The database name must be 1 to 63 characters.'
        : // PostgreSQL prepares passwords with SASLprep, which leaves printable ASCII as it is.
          !/^[\x20-\x7e]{1,256}$/.test(password)
          ? 'The password must be 1 to 256 printable ASCII characters.'
          : !Number.isInteger(port) || port < 0 || port > 65535
            ? 'The port must be 0 to 65535.'
            : undefined
  if (problem !== undefined) throw new AppError('invalid', 'EMBEDDED_POSTGRES_OPTIONS', problem)
}

function isName(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- a control character cannot be passed on the single-user line
  return Buffer.byteLength(name) <= 63 && /^[^\u0000-\u001f]+$/.test(name)
}

class Server implements EmbeddedPostgres {
  readonly host = '127.0.0.1'
  readonly ended: Promise<void>
  readonly #options: EmbeddedPostgresOptions
  readonly #installed: InstalledPrograms
  readonly #folder: DataFolder
  readonly #lock: FileLock
  readonly #wanted: WantedAccess
  readonly #markEnded: () => void
  readonly #closing = new AbortController()
  #running: RunningPostmaster | undefined
  #context: ProgramContext | undefined
  #temporaryPrograms: string | undefined
  #cutLifeLine: (() => void) | undefined
  #watching: Promise<void> = Promise.resolve()
  #syncing: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined

  constructor(options: EmbeddedPostgresOptions, installed: InstalledPrograms, folder: DataFolder, lock: FileLock) {
    this.#options = options
    this.#installed = installed
    this.#folder = folder
    this.#lock = lock
    this.#wanted = { user: options.user, password: options.password, database: options.database ?? 'postgres' }
    const { promise, resolve: markEnded } = Promise.withResolvers<void>()
    this.ended = promise
    this.#markEnded = markEnded
  }

  get port(): number {
    return this.#running?.port ?? 0
  }

  get pid(): number {
    return this.#running?.pid ?? 0
  }

  get logPath(): string {
    return this.#folder.logPath
  }

  get url(): string {
    const { user, password, database } = this.#wanted
    return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${this.host}:${this.port}/${encodeURIComponent(database)}`
  }

  async start(): Promise<void> {
    const startedAt = performance.now()
    let state = await readFolderState(this.#folder, this.#installed.major)
    const found = state === undefined ? undefined : await findRunningPostmaster(this.#folder.clusterDir)
    const adopted = found !== undefined && state !== undefined && (await this.#adopt(found, state))
    if (!adopted) {
      if (found !== undefined) await stopPostmaster(found.pid, this.#folder.clusterDir)
      state = await this.#prepare(state)
      this.#running = await this.#startOnPort(this.#options.port ?? 0, state.port)
      state = { ...state, port: this.port }
      await writeFolderState(this.#folder, state)
      this.#syncing = this.#sync(state)
    }
    this.#watch()
    this.#options.logger.info(
      { port: this.port, pid: this.pid, adopted, durationMs: Math.round(performance.now() - startedAt) },
      'embedded PostgreSQL is ready',
    )
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close(true)
    return this.#stopped
  }

  release(): Promise<void> {
    this.#stopped ??= this.#close(false)
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #close(end: boolean): Promise<void> {
    this.#closing.abort()
    this.#cutLifeLine?.()
    await this.#watching
    await this.#syncing
    if (end) {
      await stopPostmaster(this.pid, this.#folder.clusterDir)
      if (this.#temporaryPrograms !== undefined) {
        await removeTemporaryPrograms(this.#temporaryPrograms)
        const state = await readFolderState(this.#folder, this.#installed.major)
        if (state !== undefined) await writeFolderState(this.#folder, { ...state, temporaryPrograms: undefined })
      }
    }
    this.#lock.release()
    this.#markEnded()
  }

  /** Takes over a server that runs already, if it is as we would start it. */
  async #adopt(found: RunningPostmaster, state: FolderState): Promise<boolean> {
    const { port = 0 } = this.#options
    if ((port !== 0 && port !== found.port) || !hasAccess(state, this.#wanted)) return false
    if (state.settings !== settingsKey(this.#options)) return false
    const { startTimeoutMs = startTimeoutDefaultMs } = this.#options
    if (!(await waitUntilAdoptable(this.#folder.clusterDir, found.pid, startTimeoutMs))) return false
    this.#running = { pid: found.pid, port: found.port }
    this.#temporaryPrograms = state.temporaryPrograms
    return true
  }

  /** Everything up to the start: programs, cluster, role and database. */
  async #prepare(before: FolderState | undefined): Promise<FolderState> {
    if (before?.temporaryPrograms !== undefined) await removeTemporaryPrograms(before.temporaryPrograms)
    const user = findServerUser(this.#folder.clusterDir)
    const programs = await placePrograms(this.#installed, user, this.#folder.dir)
    this.#temporaryPrograms = programs.temporary ? programs.dir : undefined
    this.#context = { programsDir: programs.dir, user }
    let state: FolderState = before ?? { formatVersion: 1, major: this.#installed.major, roles: {}, databases: ['postgres'] }
    state = { ...state, temporaryPrograms: this.#temporaryPrograms, settings: settingsKey(this.#options) }
    await writeFolderState(this.#folder, state)
    if (before === undefined) await createCluster(this.#context, this.#folder)
    if (!hasAccess(state, this.#wanted)) {
      state = await grantAccess(this.#context, this.#folder, state, this.#wanted)
      await writeFolderState(this.#folder, state)
    }
    return state
  }

  async #sync(state: FolderState): Promise<void> {
    if (this.#options.durability === 'off' || state.synced === true || this.#context === undefined) return
    const done = await syncCluster(this.#context, this.#folder, this.#closing.signal)
    if (done) await writeFolderState(this.#folder, { ...state, synced: true })
  }

  async #startOnPort(wanted: number, previous: number | undefined): Promise<RunningPostmaster> {
    if (wanted !== 0) {
      if (!(await isPortFree(wanted))) throw portTaken(wanted)
      return await this.#launch(wanted)
    }
    let port = previous !== undefined && (await isPortFree(previous)) ? previous : await findFreePort()
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#launch(port)
      } catch (error) {
        // Somebody took the port between our look and PostgreSQL's.
        if (attempt >= 5 || !(error instanceof AppError) || error.code !== 'EMBEDDED_POSTGRES_PORT_TAKEN') throw error
        port = await findFreePort()
      }
    }
  }

  #launch(port: number): Promise<RunningPostmaster> {
    const { durability, settings = {}, startTimeoutMs = startTimeoutDefaultMs } = this.#options
    if (this.#context === undefined) throw new AppError('internal', 'INVARIANT', 'The cluster is started before it is prepared.')
    return startPostmaster(this.#context, this.#folder, {
      port,
      settings: { ...settingsOf(durability), ...settings, ...fixedSettings },
      timeoutMs: startTimeoutMs,
    })
  }

  #watch(): void {
    const { pid } = this
    this.#cutLifeLine = this.#options.lifetime === 'child' ? tieLife(pid) : undefined
    this.#watching = this.#watchUntilEnd()
  }

  async #watchUntilEnd(): Promise<void> {
    const { signal } = this.#closing
    const running = this.#running
    if (running === undefined) return
    const aborted = new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }))
    await Promise.race([running.exited ?? untilGone(running.pid, signal), aborted])
    if (signal.aborted) return
    this.#cutLifeLine?.()
    this.#options.logger.warn(
      { pid: running.pid, restart: this.#options.restart === true },
      'embedded PostgreSQL has ended unasked',
    )
    if (this.#options.restart === true) await this.#restart(running.port)
    else this.#markEnded()
  }

  async #restart(port: number): Promise<void> {
    const { signal } = this.#closing
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const state = await readFolderState(this.#folder, this.#installed.major)
        if (this.#context === undefined) await this.#prepare(state)
        this.#running = await this.#launch(port)
        this.#options.logger.info({ port, pid: this.pid }, 'embedded PostgreSQL runs again')
        this.#cutLifeLine = this.#options.lifetime === 'child' ? tieLife(this.pid) : undefined
        // Not awaited: the chain of watches would grow with every restart.
        this.#watching = this.#watchUntilEnd()
        return
      } catch (error) {
        this.#options.logger.error({ error, attempt }, 'embedded PostgreSQL did not start again')
        await delay(backoffMs(attempt, 100, restartWaitMaxMs), undefined, { signal, ref: false }).catch(() => {})
      }
    }
  }
}

async function untilGone(pid: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && isProcessRunning(pid)) {
    await delay(adoptedPollMs, undefined, { signal, ref: false }).catch(() => {})
  }
}

/** What every server of ours has, whatever its caller wishes: nothing but loopback, no sockets in shared folders. */
const fixedSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
} as const

function settingsOf(durability: 'full' | 'off'): Record<string, string> {
  const on = durability === 'full' ? 'on' : 'off'
  return {
    ssl: 'off',
    fsync: on,
    // Even without fsync: an acknowledged commit then survives the server's own death, which tests rely on.
    synchronous_commit: 'on',
    full_page_writes: on,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    log_checkpoints: 'off',
    log_statement: 'none',
    // A failing statement may hold a value that is nobody's business; its sender gets the error anyway.
    log_min_error_statement: 'panic',
    max_wal_size: '256MB',
    jit: 'off',
  }
}

/** Two starts with the same key are started alike: a running server with another key is restarted. */
function settingsKey(options: EmbeddedPostgresOptions): string {
  return JSON.stringify([
    options.durability,
    Object.entries(options.settings ?? {}).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  ])
}
