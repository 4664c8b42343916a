import { AppError, toAppError } from '@sluice/base'
import { DatabaseError } from '@sluice/engine'
import type { DatabaseErrorReason } from '@sluice/engine'
import { explainTlsFailure, postgresTlsWords } from '../tls-errors.ts'

/** The fields of a server's ErrorResponse, as `pg` gives them. */
interface ServerError extends Error {
  readonly code?: string
  readonly severity?: string
  readonly detail?: string
  readonly hint?: string
  readonly position?: string
  readonly where?: string
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html. 57014 is a cancel or a timeout: only the session knows which. */
const reasons: Readonly<Record<string, DatabaseErrorReason>> = {
  '42P07': 'exists',
  '42710': 'exists',
  '23505': 'exists',
  '42P01': 'missing',
  '55P03': 'lockTimeout',
  '40P01': 'deadlock',
}

/**
 * Wraps what `pg` threw for a statement. Anything that is not an answer of the server means that the connection is gone. `before` is how
 * many characters of ours stood before the statement.
 */
export function toDatabaseError(error: unknown, cancelAsked = true, before = 0): DatabaseError {
  if (error instanceof DatabaseError) return error
  const failure = error as ServerError
  if (failure.severity === undefined) {
    return new DatabaseError(`The connection to the database was lost: ${failure.message}.`, {
      code: failure.code,
      connectionLost: true,
      cause: error,
    })
  }
  const position = Number(failure.position) - before
  const isTimeout = failure.code === '57014' && !cancelAsked && !failure.message.includes('user request')
  return new DatabaseError(failure.message, {
    code: failure.code,
    reason: isTimeout ? 'statementTimeout' : reasons[failure.code ?? ''],
    detail: failure.detail,
    hint: failure.hint,
    position: Number.isInteger(position) && position > 0 ? position : undefined,
    dataLine: readDataLine(failure.where),
    connectionLost: failure.severity === 'FATAL' || failure.severity === 'PANIC',
    canceled: failure.code === '57014' && !isTimeout,
    cause: error,
  })
}

/** The server's context `COPY orders, line 3, column id: "x"`, whose words may be of another language. */
function readDataLine(where: string | undefined): number | undefined {
  const line = /^COPY [^\n]*?, \p{L}+ (\d+)(?=[,:]|$)/mu.exec(where ?? '')?.[1]
  return line === undefined ? undefined : Number(line)
}

/** Explains why no connection came about. `place` is the URL without secrets. */
export function toConnectError(error: unknown, place: string, user: string | undefined): AppError {
  if (error instanceof AppError) return error
  const failure = error as ServerError
  const init = { cause: error }
  if (failure.severity !== undefined) {
    const code = failure.code ?? ''
    if (/valid client certificate/i.test(failure.message))
      return explainTlsFailure(failure, place, postgresTlsWords) ?? toAppError(failure)
    if (code === '28P01' || code === '28000') {
      return new AppError(
        'unauthenticated',
        'DATABASE_LOGIN_REFUSED',
        `"${place}" refused the login of "${user ?? ''}": ${failure.message}.`,
        {
          ...init,
          hint: 'Check user and password of the connection, and pg_hba.conf of the server.',
        },
      )
    }
    if (code === '3D000') {
      return new AppError('notFound', 'DATABASE_NOT_FOUND', `"${place}" has no such database: ${failure.message}.`, {
        ...init,
        hint: 'Create the database, or correct its name in the connection URL.',
      })
    }
    if (/unsupported startup parameter/i.test(failure.message)) return poolingError(place, init)
    const retry = code.startsWith('53') || code.startsWith('57')
    return new AppError(
      retry ? 'unavailable' : 'failedPrecondition',
      'DATABASE_REFUSED',
      `"${place}" refused the connection: ${failure.message}.`,
      init,
    )
  }
  if (/password must be/.test(failure.message)) {
    return new AppError(
      'unauthenticated',
      'DATABASE_LOGIN_REFUSED',
      `"${place}" wants a password for "${user ?? ''}", and none is given.`,
      {
        ...init,
        hint: 'Set the password of the connection.',
      },
    )
  }
  const tlsFailure = explainTlsFailure(failure, place, postgresTlsWords)
  if (tlsFailure !== undefined) return tlsFailure
  const what =
    failure.message === 'timeout expired' ? 'no answer in time' : failure.message || failure.code || 'connection failed'
  return new AppError('unavailable', 'DATABASE_UNREACHABLE', `"${place}" cannot be reached: ${what}.`, {
    ...init,
    hint: 'Check host, port and network; the database has to be reachable from where this runs.',
  })
}

export function poolingError(place: string, init: { cause?: unknown } = {}): AppError {
  return new AppError(
    'failedPrecondition',
    'DATABASE_TRANSACTION_POOLING',
    `"${place}" is a connection pooler in transaction mode: one session of ours would be spread over several of the database.`,
    {
      ...init,
      hint: 'Migrations need one session for their lock. Use the database itself, or a pool in session mode, in the connection URL.',
    },
  )
}
