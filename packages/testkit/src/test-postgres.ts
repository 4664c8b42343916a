import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError, createToken, silentLogger } from '@sluice/base'
import { isProcessRunning, openEmbeddedPostgres, openFileLock, tryFileLock } from '@sluice/embedded-postgres'
import type { FileLock } from '@sluice/embedded-postgres'

/** The PostgreSQL that all test processes of this checkout share. Superuser; no fsync; prepared transactions and logical WAL. */
export interface TestPostgres {
  /** Of the database `postgres`. */
  readonly url: string
  readonly host: '127.0.0.1'
  readonly port: number
  readonly user: string
  readonly password: string
  /** The server's own log, for a look after a failure. */
  readonly logPath: string
}

interface Membership {
  readonly dir: string
  readonly pid: number
  readonly users: FileLock
}

const joinWaitMs = 60_000
const stopWaitMs = 5_000

// The one module state of the testkit: tests of many files share a process, and membership is the process's.
let joined: Promise<TestPostgres> | undefined

/**
 * The shared test server: started by whoever comes first, found by the others, stopped when the last process that uses it exits.
 * There is nothing to close. Members hold a shared file lock, which the kernel takes back even after SIGKILL; a server that nobody
 * was left to stop is found by the next run. Tests that kill their server open one of their own (`openEmbeddedPostgres`).
 */
export function openTestPostgres(): Promise<TestPostgres> {
  joined ??= joinServer()
  joined.catch(() => {
    joined = undefined
  })
  return joined
}

async function joinServer(): Promise<TestPostgres> {
  const dir = openSharedFolder()
  using _ = await openFileLock(join(dir, 'join.lock'), { waitMs: joinWaitMs })
  const users = await openFileLock(join(dir, 'users.lock'), { mode: 'shared', waitMs: joinWaitMs })
  try {
    const user = 'postgres'
    const password = readPassword(join(dir, 'password'))
    const server = await openEmbeddedPostgres({
      dataDir: join(dir, 'postgres'),
      user,
      password,
      settings: { max_connections: 200, max_prepared_transactions: 20, wal_level: 'logical' },
      logger: silentLogger,
      durability: 'off',
      lifetime: 'detached',
    })
    const { url, host, port, pid, logPath } = server
    await server.release()
    process.once('exit', () => leaveServer({ dir, pid, users }))
    return { url, host, port, user, password, logPath }
  } catch (error) {
    users.release()
    throw error
  }
}

/** Runs while the process exits, so it must not need the event loop. */
function leaveServer(membership: Membership): void {
  const joinLock = tryFileLock(join(membership.dir, 'join.lock'))
  membership.users.release()
  // Somebody joins or leaves at this moment: that process is a later "last one".
  if (joinLock === undefined) return
  const alone = tryFileLock(join(membership.dir, 'users.lock'))
  if (alone !== undefined) stopNow(membership.pid)
  alone?.release()
  joinLock.release()
}

function stopNow(pid: number): void {
  try {
    process.kill(pid, 'SIGINT')
  } catch {
    // It ended before us.
    return
  }
  const deadline = performance.now() + stopWaitMs
  const cell = new Int32Array(new SharedArrayBuffer(4))
  while (isProcessRunning(pid) && performance.now() < deadline) Atomics.wait(cell, 0, 0, 5)
}

/** One folder per checkout and user; refused when it is somebody else's, since its server obeys whoever may write there. */
function openSharedFolder(): string {
  const root = resolve(import.meta.dirname, '../../..')
  const uid = process.getuid?.() ?? 0
  const dir = join(tmpdir(), `sluice-test-${uid}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const stat = lstatSync(dir)
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0) {
    throw new AppError(
      'failedPrecondition',
      'TEST_FOLDER_FOREIGN',
      `The folder "${dir}" of the test server is not this user's alone.`,
      {
        hint: 'Remove it, and find out who made it.',
      },
    )
  }
  return dir
}

function readPassword(path: string): string {
  try {
    writeFileSync(path, createToken(), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(path, 'utf8')
}
