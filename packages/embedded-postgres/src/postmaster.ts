import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@sluice/base'
import type { DataFolder } from './data-folder.ts'
import { openLog, readLogTail } from './log-file.ts'
import { isPostgresOf, isProcessRunning, waitForEnd } from './process-probe.ts'
import { nameCluster, programOptions, spawnError } from './run-program.ts'
import type { ProgramContext } from './run-program.ts'

/** What `postmaster.pid` says (https://www.postgresql.org/docs/17/storage-file-layout.html; lines as in miscadmin.h). */
export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  /** `starting`, `ready`, `stopping`, `standby`. */
  readonly status: string
}

export async function readPostmasterFile(clusterDir: string): Promise<PostmasterFile | undefined> {
  let text: string
  try {
    text = await readFile(join(clusterDir, 'postmaster.pid'), 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() }
}

/**
 * The postmaster that runs in this cluster although we did not start it, or undefined. A leftover `postmaster.pid` whose process id
 * now belongs to something else is removed: PostgreSQL would take that process for a rival and refuse to start.
 */
export async function findRunningPostmaster(clusterDir: string): Promise<PostmasterFile | undefined> {
  const file = await readPostmasterFile(clusterDir)
  if (file === undefined) return undefined
  if (isPostgresOf(file.pid, clusterDir)) return file
  if (isProcessRunning(file.pid)) await rm(join(clusterDir, 'postmaster.pid'), { force: true })
  return undefined
}

export interface StartOptions {
  readonly port: number
  readonly settings: Readonly<Record<string, string | number | boolean>>
  readonly timeoutMs: number
}

/** A postmaster accepting connections. `exited` is there only when it is our own child. */
export interface RunningPostmaster {
  readonly pid: number
  readonly port: number
  readonly exited?: Promise<void> | undefined
}

/**
 * Starts the server and waits until it accepts connections, crash recovery included.
 *
 * @throws AppError `EMBEDDED_POSTGRES_PORT_TAKEN` (conflict), `EMBEDDED_POSTGRES_START_FAILED`, `EMBEDDED_POSTGRES_START_TIMEOUT`;
 * the last two quote the log.
 */
export async function startPostmaster(
  context: ProgramContext,
  folder: DataFolder,
  options: StartOptions,
): Promise<RunningPostmaster> {
  const deadline = performance.now() + options.timeoutMs
  const settings = Object.entries({ ...options.settings, port: options.port })
  const args = [
    '-D',
    nameCluster(folder.clusterDir, context.user),
    ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  for (;;) {
    const log = openLog(folder.logPath)
    // A session of its own: Ctrl-C in a terminal goes to us, and we stop the server in order.
    const child = spawn(join(context.programsDir, 'bin', 'postgres'), args, {
      ...programOptions(context, folder.clusterDir),
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    })
    closeSync(log.fd)
    const exit = new Promise<Error | 'exited'>((resolve) => {
      child.once('error', resolve)
      child.once('exit', () => resolve('exited'))
    })
    child.unref()
    const ended = new AbortController()
    const outcome = await Promise.race([exit, waitUntilReady(folder.clusterDir, child.pid, deadline, ended.signal)])
    ended.abort()
    if (outcome === 'ready') return { pid: child.pid ?? 0, port: options.port, exited: exit.then(() => {}) }
    if (outcome instanceof Error) throw spawnError('postgres', outcome)
    const tail = readLogTail(folder.logPath, log.startBytes)
    if (outcome === 'late') {
      child.kill('SIGQUIT')
      throw new AppError(
        'timeout',
        'EMBEDDED_POSTGRES_START_TIMEOUT',
        `PostgreSQL in "${folder.dir}" did not accept connections within ${options.timeoutMs} ms: ${tail}`,
        { hint: `Its log is "${folder.logPath}".` },
      )
    }
    // Backends of a killed postmaster notice its death a moment later; until then its shared memory is in use.
    if (tail.includes('shared memory block') && performance.now() < deadline) {
      await delay(50)
      continue
    }
    if (tail.includes('could not bind') || tail.includes('could not create any TCP/IP sockets')) throw portTaken(options.port)
    throw new AppError(
      'failedPrecondition',
      'EMBEDDED_POSTGRES_START_FAILED',
      `PostgreSQL in "${folder.dir}" did not start: ${tail}`,
      {
        hint: `Its log is "${folder.logPath}".`,
      },
    )
  }
}

export function portTaken(port: number): AppError {
  return new AppError('conflict', 'EMBEDDED_POSTGRES_PORT_TAKEN', `Port ${port} of 127.0.0.1 is taken by another program.`, {
    hint: 'Choose another port, or 0 for any free one.',
  })
}

/** Polls `postmaster.pid`, which is what pg_ctl does: connecting would need a driver and a password. */
async function waitUntilReady(
  clusterDir: string,
  pid: number | undefined,
  deadline: number,
  signal: AbortSignal,
): Promise<'ready' | 'late'> {
  for (;;) {
    const file = await readPostmasterFile(clusterDir)
    if (file !== undefined && file.pid === pid && file.status === 'ready') return 'ready'
    if (performance.now() > deadline || signal.aborted) return 'late'
    await delay(10)
  }
}

/** Waits for a server that we did not start; false when it ends or is being stopped instead. */
export async function waitUntilAdoptable(clusterDir: string, pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline && isPostgresOf(pid, clusterDir)) {
    const file = await readPostmasterFile(clusterDir)
    if (file?.pid !== pid || file.status === 'stopping') return false
    if (file.status === 'ready') return true
    await delay(10)
  }
  return false
}

/** Fast shutdown, then immediate (recovery at the next start), then SIGKILL: it ends in any case. */
export async function stopPostmaster(pid: number, clusterDir: string): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 10_000],
  ] as const) {
    // Asked before each signal: a process id that has become another's is never hit.
    if (!isPostgresOf(pid, clusterDir)) return
    try {
      process.kill(pid, signal)
    } catch {
      // It ended between the look and the signal.
    }
    if (await waitForEnd(pid, waitMs)) return
  }
}
