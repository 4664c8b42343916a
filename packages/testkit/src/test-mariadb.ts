import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isProcessRunning, openFileLock, tryFileLock } from '@sluice/embedded-postgres'
import type { FileLock } from '@sluice/embedded-postgres'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { answers, hasMariadb, mariadbUser, startMariadb } from './mariadb-server.ts'
import type { MariadbServer } from './mariadb-server.ts'
import { requireOrSkip } from './require-or-skip.ts'
import { openSharedFolder, readPassword, stopNow } from './shared-folder.ts'

/** A fresh database of the shared MariaDB, with a user who may do everything on the server. */
export interface TestMariadbDatabase extends AsyncDisposable {
  /** Native, with user and password: `mariadb://…`. */
  readonly url: string
  readonly name: string
  readonly host: '127.0.0.1'
  readonly port: number
  readonly user: string
  readonly password: string
  readonly socketPath: string
  /** Removes it. May be called twice. */
  drop(): Promise<void>
}

const joinWaitMs = 90_000
const stopWaitMs = 5000

let joined: Promise<MariadbServer> | undefined
let swept: Promise<void> | undefined

/** For node:test's `skip`: false where MariaDB is installed, else the reason, or a failure with `SLUICE_REQUIRE_ALL=1`. */
export function skipWithoutMariadb(): false | string {
  return requireOrSkip('MariaDB (Debian: mariadb-server)', hasMariadb())
}

/** The MariaDB that all test processes of this checkout share: started by the first, stopped with the last, as `openTestPostgres` is. */
export function openTestMariadb(): Promise<MariadbServer> {
  joined ??= joinServer()
  joined.catch(() => {
    joined = undefined
  })
  return joined
}

/** Creates a database; with a test's context it is dropped at that test's end. */
export async function openTestMariadbDatabase(scope?: { after(work: () => Promise<void>): void }): Promise<TestMariadbDatabase> {
  const server = await openTestMariadb()
  swept ??= runOnServer(server, sweepLeftovers)
  await swept
  const name = `t_${process.pid}_${randomBytes(6).toString('hex')}`
  await runOnServer(server, (connection) => connection.query(`create database ${name}`))
  let dropped: Promise<void> | undefined
  const drop = (): Promise<void> => {
    dropped ??= runOnServer(server, async (connection) => {
      await endSessions(connection, name)
      await connection.query(`drop database if exists ${name}`)
    })
    return dropped
  }
  scope?.after(drop)
  const { host, port, user, password, socketPath } = server
  const url = `mariadb://${user}:${password}@${host}:${port}/${name}`
  return { url, name, host, port, user, password, socketPath, drop, [Symbol.asyncDispose]: drop }
}

async function joinServer(): Promise<MariadbServer> {
  const root = openSharedFolder()
  const dir = join(root, 'mariadb')
  using _ = await openFileLock(join(root, 'mariadb-join.lock'), { waitMs: joinWaitMs })
  const users = await openFileLock(join(root, 'mariadb-users.lock'), { mode: 'shared', waitMs: joinWaitMs })
  try {
    const password = readPassword(join(root, 'mariadb-password'))
    const found = readServer(join(root, 'mariadb.json'), password)
    const server = found !== undefined && (await answers(found)) ? found : await startMariadb({ dir, password })
    if (server !== found) writeFileSync(join(root, 'mariadb.json'), JSON.stringify({ ...server, password: undefined }))
    process.once('exit', () => leaveServer(root, server.pid, users))
    return server
  } catch (error) {
    users.release()
    throw error
  }
}

function readServer(path: string, password: string): MariadbServer | undefined {
  try {
    const stored = JSON.parse(readFileSync(path, 'utf8')) as MariadbServer
    return isProcessRunning(stored.pid) ? { ...stored, user: mariadbUser, password } : undefined
  } catch {
    // Never started on this machine.
    return undefined
  }
}

/** Runs while the process exits, so it must not need the event loop. */
function leaveServer(root: string, pid: number, users: FileLock): void {
  const joinLock = tryFileLock(join(root, 'mariadb-join.lock'))
  users.release()
  // Somebody joins or leaves at this moment: that process is a later "last one".
  if (joinLock === undefined) return
  const alone = tryFileLock(join(root, 'mariadb-users.lock'))
  if (alone !== undefined) stopNow(pid, 'SIGTERM', stopWaitMs)
  alone?.release()
  joinLock.release()
}

async function runOnServer<T>(server: MariadbServer, work: (connection: Connection) => Promise<T>): Promise<T> {
  const { createConnection } = await import('mysql2/promise')
  const { host, port, user, password } = server
  const connection = await createConnection({ host, port, user, password })
  try {
    return await work(connection)
  } finally {
    connection.destroy()
  }
}

/** A session that is left in a transaction would make DROP DATABASE wait for its metadata lock. */
async function endSessions(connection: Connection, database: string): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>('select id from information_schema.processlist where db = ?', [database])
  for (const { id } of rows) await connection.query(`kill ${Number(id)}`).catch(() => {})
}

/** Databases of processes that are gone without having dropped them. */
async function sweepLeftovers(connection: Connection): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    "select schema_name as name from information_schema.schemata where schema_name like 't\\_%'",
  )
  for (const { name } of rows) {
    if (!isProcessRunning(Number(String(name).split('_')[1]))) await connection.query(`drop database if exists ${String(name)}`)
  }
}
