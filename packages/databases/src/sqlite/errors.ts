import { AppError } from '@sluice/base'
import { DatabaseError } from '@sluice/engine'
import type { DatabaseErrorReason } from '@sluice/engine'

/** What `node:sqlite` throws. */
export interface SqliteError extends Error {
  readonly code?: string
  /** Extended result code, https://www.sqlite.org/rescode.html. */
  readonly errcode?: number
}

const primaryNames = [
  'OK',
  'ERROR',
  'INTERNAL',
  'PERM',
  'ABORT',
  'BUSY',
  'LOCKED',
  'NOMEM',
  'READONLY',
  'INTERRUPT',
  'IOERR',
  'CORRUPT',
  'NOTFOUND',
  'FULL',
  'CANTOPEN',
  'PROTOCOL',
  'EMPTY',
  'SCHEMA',
  'TOOBIG',
  'CONSTRAINT',
  'MISMATCH',
  'MISUSE',
  'NOLFS',
  'AUTH',
  'FORMAT',
  'RANGE',
  'NOTADB',
]

const extendedNames: Readonly<Record<number, string>> = {
  275: 'CONSTRAINT_CHECK',
  517: 'BUSY_SNAPSHOT',
  787: 'CONSTRAINT_FOREIGNKEY',
  1299: 'CONSTRAINT_NOTNULL',
  1555: 'CONSTRAINT_PRIMARYKEY',
  2067: 'CONSTRAINT_UNIQUE',
}

/** Another connection has the lock; trying again later can help. A stale snapshot (517) cannot be helped by waiting. */
export function isBusy(error: unknown): boolean {
  const { errcode } = error as SqliteError
  return errcode !== undefined && errcode !== 517 && (errcode & 0xff) === 5
}

export function toDatabaseError(error: unknown, sql: string | undefined, waitedMs?: number): DatabaseError {
  if (error instanceof DatabaseError) return error
  const failure = error as SqliteError
  const code = failure.errcode
  if (code === undefined) return new DatabaseError(failure.message, { cause: error })
  const waited = isBusy(error) && waitedMs !== undefined ? `, waited ${Math.round(waitedMs)} ms` : ''
  return new DatabaseError(`${failure.message}${waited}`, {
    code: `SQLITE_${extendedNames[code] ?? primaryNames[code & 0xff] ?? code}`,
    reason: readReason(failure, code),
    position: sql === undefined ? undefined : findPosition(failure.message, sql),
    hint: isBusy(error) ? 'Another connection has the file. Let it finish, or raise the lock timeout.' : undefined,
    cause: error,
  })
}

function readReason({ message }: SqliteError, code: number): DatabaseErrorReason | undefined {
  if ((code & 0xff) === 5 || (code & 0xff) === 6) return 'lockTimeout'
  if (code === 1555 || code === 2067 || message.endsWith(' already exists')) return 'exists'
  return message.startsWith('no such table:') ? 'missing' : undefined
}

/** `near "x": syntax error`: the 1-based offset of x where it stands in the statement once. */
function findPosition(message: string, sql: string): number | undefined {
  const near = /^near "([\s\S]+)": syntax error$/.exec(message)?.[1]
  if (near === undefined) return message.startsWith('incomplete input') ? sql.length + 1 : undefined
  const at = sql.indexOf(near)
  return at >= 0 && sql.indexOf(near, at + 1) < 0 ? at + 1 : undefined
}

/** Explains why a file could not be opened. */
export function toOpenError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error
  const { message } = error as Error
  return new AppError('failedPrecondition', 'DATABASE_FILE', `The SQLite database "${path}" cannot be opened: ${message}.`, {
    cause: error,
    hint: 'Check that the folder exists, that this user may write to it, and that the file is an SQLite database.',
  })
}
