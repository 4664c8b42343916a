import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { DatabaseSync as Connection } from 'node:sqlite'
import { AppError, parseDatabaseUrl } from '@sluice/base'
import type { DatabaseUrl } from '@sluice/base'
import type { SessionInfo } from '@sluice/engine'
import type { OpenOptions } from '../postgres/options.ts'
import { toOpenError } from './errors.ts'
import { SessionLockFile } from './lock-file.ts'
import { SqliteSession } from './session.ts'

const lockTimeoutMs = 5000
let opened = 0

/** Settings of a connection that JDBC URLs of SQLite carry, https://www.sqlite.org/pragma.html; others are the database's own affair. */
const pragmas = ['foreign_keys', 'synchronous', 'journal_mode', 'cache_size', 'recursive_triggers'] as const

/**
 * Opens an SQLite database; the file is made when it is not there, as the JDBC driver does. Defaults are SQLite's, not Node's: no
 * foreign keys unless `?foreign_keys=on`, double quotes around what is no name make a string.
 *
 * Throws `AppError`: `DATABASE_FILE`, `DATABASE_URL_…`.
 */
export async function openSqlite(options: OpenOptions): Promise<SqliteSession> {
  const url = readUrl(options.url)
  options.signal?.throwIfAborted()
  const { DatabaseSync } = await import('node:sqlite')
  const inMemory = url.database === ':memory:'
  const path = inMemory ? ':memory:' : resolve(url.database ?? '')
  const since = new Date().toISOString()
  const sessionId = `${process.pid}.${++opened}`
  const info = (): SessionInfo => ({
    sessionId,
    applicationName: options.applicationName ?? 'sluice',
    userName: '',
    clientAddress: hostname(),
    state: 'unknown',
    since,
    transactionSince: undefined,
  })
  let session: SqliteSession | undefined
  try {
    const database = new DatabaseSync(path, {
      timeout: 0,
      enableForeignKeyConstraints: false,
      enableDoubleQuotedStringLiterals: true,
    })
    const openFile = (file: string): Connection => new DatabaseSync(file, { timeout: 0 })
    session = new SqliteSession({
      database,
      path,
      sqliteVersion: process.versions['sqlite'] ?? '',
      lockFile: inMemory ? undefined : new SessionLockFile(`${path}-sluice-lock`, openFile, info),
      info,
      lockTimeoutMs: options.lockTimeoutMs ?? lockTimeoutMs,
    })
    await session.script(pragmaStatements(url))
    // Reads the header: a file that is no database is told about here. Another connection may be writing at this moment.
    await session.query('SELECT count(*) FROM sqlite_schema')
    return session
  } catch (error) {
    await session?.close()
    throw toOpenError(error, path)
  }
}

function pragmaStatements(url: DatabaseUrl): readonly string[] {
  return pragmas.flatMap((name) => {
    const value = url.parameters[name]
    return value !== undefined && /^-?\w+$/.test(value) ? [`PRAGMA ${name} = ${value}`] : []
  })
}

function readUrl(given: string | DatabaseUrl): DatabaseUrl {
  const { url, diagnostics } = typeof given === 'string' ? parseDatabaseUrl(given) : { url: given, diagnostics: [] }
  if (url?.engine === 'sqlite') return url
  const problem = diagnostics[0]
  throw new AppError(
    'invalid',
    problem?.code ?? 'DATABASE_URL_ENGINE',
    problem?.message ?? `The database URL is for ${url?.engine}, not SQLite.`,
    problem?.hint === undefined ? {} : { hint: problem.hint },
  )
}
