import { AppError } from '@sluice/base'
import { DatabaseError } from '@sluice/engine'
import type { DatabaseErrorReason } from '@sluice/engine'
import { explainTlsFailure, mysqlTlsWords } from '../tls-errors.ts'

/** An error packet of the server, or what `mysql2` says about the connection. */
export interface DriverError extends Error {
  readonly errno?: number
  readonly code?: string
  readonly sqlState?: string
  readonly sqlMessage?: string
  readonly fatal?: boolean
}

/** Numbers of https://mariadb.com/kb/en/mariadb-error-codes/ and MySQL's list, which agree below 1900. */
const reasons: Readonly<Record<number, DatabaseErrorReason>> = {
  1050: 'exists',
  1007: 'exists',
  1062: 'exists',
  1051: 'missing',
  1146: 'missing',
  1205: 'lockTimeout',
  1213: 'deadlock',
  // MariaDB's max_statement_time, MySQL's max_execution_time.
  1969: 'statementTimeout',
  3024: 'statementTimeout',
}

/** The server says these and ends the session: killed, shut down, idle for too long. */
const lastWords = new Set([1053, 1080, 1152, 1184, 1927, 4031])
const interrupted = 1317

/** Wraps what `mysql2` threw for a statement. Anything that is not an answer of the server means that the connection is gone. */
export function toDatabaseError(error: unknown, sql: string | undefined): DatabaseError {
  if (error instanceof DatabaseError) return error
  const failure = error as DriverError
  if (failure.sqlState === undefined || failure.errno === undefined) {
    return new DatabaseError(`The connection to the database was lost: ${failure.message.replace(/^Connection lost: /, '')}`, {
      code: failure.code,
      connectionLost: true,
      cause: error,
    })
  }
  const message = failure.sqlMessage ?? failure.message
  return new DatabaseError(message, {
    code: String(failure.errno),
    reason: reasons[failure.errno],
    detail: failure.sqlState === '' ? undefined : `SQLSTATE ${failure.sqlState}`,
    hint: hints[failure.errno],
    position: sql === undefined ? undefined : findPosition(message, sql),
    connectionLost: failure.fatal === true || lastWords.has(failure.errno),
    canceled: failure.errno === interrupted,
    cause: error,
  })
}

const hints: Readonly<Record<number, string>> = {
  1148: 'LOAD DATA LOCAL reads files of this machine, which is switched off. Use a loadData change.',
  4166: 'LOAD DATA LOCAL reads files of this machine, which is switched off. Use a loadData change.',
  1295: 'The server cannot prepare this statement.',
}

/** `… near 'text' at line 3`: the offset of that text on that line, 1-based. The server quotes at most 80 characters and the rest of the statement. */
export function findPosition(message: string, sql: string): number | undefined {
  const found = /near '([\s\S]*)' at line (\d+)$/.exec(message)
  if (found === null) return undefined
  const lines = Number(found[2]) - 1
  let start = 0
  for (let line = 0; line < lines; line++) {
    const next = sql.indexOf('\n', start)
    if (next < 0) return undefined
    start = next + 1
  }
  const near = found[1] ?? ''
  if (near === '') return sql.length + 1
  const at = sql.indexOf(near, start)
  return at < 0 ? undefined : at + 1
}

/** Said by our own check, see `open.ts`. */
export const publicKeyRefusal = 'public key retrieval is not allowed'
const publicKeyRefused = new RegExp(publicKeyRefusal)

/** Explains why no connection came about. `place` is the URL without secrets. */
export function toConnectError(error: unknown, place: string, user: string): AppError {
  if (error instanceof AppError) return error
  const failure = error as DriverError
  const init = { cause: error }
  const said = failure.sqlMessage ?? failure.message
  switch (failure.errno) {
    case 1045:
    case 1698:
      return new AppError('unauthenticated', 'DATABASE_LOGIN_REFUSED', `"${place}" refused the login of "${user}": ${said}.`, {
        ...init,
        hint: 'Check user and password of the connection, and from which hosts the server takes that user.',
      })
    case 1044:
    case 1049:
      return new AppError('notFound', 'DATABASE_NOT_FOUND', `"${place}" has no such database for "${user}": ${said}.`, {
        ...init,
        hint: 'Create the database and grant it to the user, or correct its name in the connection URL.',
      })
    default:
  }
  if (publicKeyRefused.test(failure.message))
    return new AppError(
      'failedPrecondition',
      'DATABASE_TLS',
      `The login at "${place}" needs TLS: without it the server’s key could be anybody’s.`,
      {
        ...init,
        hint: 'Use sslMode=VERIFY_IDENTITY, or REQUIRED; allowPublicKeyRetrieval=true goes without, where the network between is trusted.',
      },
    )
  const tlsFailure = explainTlsFailure(failure, place, mysqlTlsWords)
  if (tlsFailure !== undefined) return tlsFailure
  if (failure.sqlState !== undefined && failure.sqlState !== '') {
    const busy = failure.errno === 1040 || failure.errno === 1203
    return new AppError(
      busy ? 'unavailable' : 'failedPrecondition',
      'DATABASE_REFUSED',
      `"${place}" refused the connection: ${said}.`,
      init,
    )
  }
  const what = failure.code === 'ETIMEDOUT' ? 'no answer in time' : failure.message || failure.code || 'connection failed'
  return new AppError('unavailable', 'DATABASE_UNREACHABLE', `"${place}" cannot be reached: ${what}.`, {
    ...init,
    hint: 'Check host, port and network; the database has to be reachable from where this runs.',
  })
}
