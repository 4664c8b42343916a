import { join } from 'node:path'
import { silentLogger } from '@sluice/base'
import { openEmbeddedPostgres, openFileLock, tryFileLock } from '@sluice/embedded-postgres'
import type { FileLock } from '@sluice/embedded-postgres'
import { openSharedFolder, readPassword, stopNow } from './shared-folder.ts'

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
  if (alone !== undefined) stopNow(membership.pid, 'SIGINT', stopWaitMs)
  alone?.release()
  joinLock.release()
}
