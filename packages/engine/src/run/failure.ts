import { AppError } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import { readCopyFromStdin } from '@sluice/sql'
import { formatChangesetKey } from '../changeset-key.ts'
import type { ChangesetKey } from '../changeset-key.ts'
import { DatabaseError } from '../database.ts'
import type { EngineFailure } from '../events.ts'
import type { PlannedStatement } from '../plan.ts'

const sqlLengthMax = 4000

export interface FailurePlace {
  readonly changeset?: ChangesetKey | undefined
  /** 1-based. */
  readonly statement?: number | undefined
  readonly planned?: PlannedStatement | undefined
}

/** A statement for people to read: bounded, and of a COPY the command without its data. */
export function shortSql(given: string): string {
  const sql = readCopyFromStdin(given)?.command ?? given
  return sql.length <= sqlLengthMax ? sql : `${sql.slice(0, sqlLengthMax)} …`
}

/** Anything thrown while a command ran, as data with its place. */
export function toFailure(error: unknown, at: FailurePlace = {}): EngineFailure {
  const common = {
    changeset: at.changeset,
    statement: at.statement,
    sql: at.planned === undefined ? undefined : shortSql(at.planned.sql),
    file: at.planned?.place?.file,
    line: at.planned?.place?.line,
  }
  if (error instanceof DatabaseError) {
    const where = at.changeset === undefined ? '' : ` in changeset "${formatChangesetKey(at.changeset)}"`
    const line = lineOfData(at.planned, error.dataLine) ?? lineOf(at.planned, error.position)
    return {
      ...common,
      code: failureCode(error),
      message:
        at.statement === undefined ? `${error.message}${where}` : `Statement ${at.statement}${where} failed: ${error.message}`,
      hint: error.hint ?? timeoutHints[error.reason ?? ''],
      line: line ?? common.line,
      databaseCode: error.code,
      detail: error.detail,
    }
  }
  if (error instanceof AppError) {
    return { ...common, code: error.code, message: error.message, hint: error.hint, databaseCode: undefined, detail: undefined }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { ...common, code: 'INTERNAL', message, hint: undefined, databaseCode: undefined, detail: undefined }
}

function failureCode(error: DatabaseError): string {
  if (error.connectionLost) return 'CONNECTION_LOST'
  if (error.reason === 'lockTimeout') return 'LOCK_TIMEOUT'
  return error.reason === 'statementTimeout' ? 'STATEMENT_TIMEOUT' : 'STATEMENT_FAILED'
}

const timeoutHints: Readonly<Record<string, string>> = {
  lockTimeout: 'Another session holds what the statement needs. Look who it is, try again later, or raise the lock timeout.',
  statementTimeout:
    'It ran for longer than the statement timeout of this run or of the database allows. Raise it, or make less work of it.',
  deadlock: 'Two sessions waited for each other. Try again.',
}

/** The line of the user's file that a position inside the statement stands for. */
function lineOf(planned: PlannedStatement | undefined, position: number | undefined): number | undefined {
  if (planned?.place === undefined || position === undefined) return undefined
  // The server counts characters, not UTF-16 units; lines come out the same but for astral characters before them.
  return planned.place.line + (planned.sql.slice(0, position - 1).match(/\n/g)?.length ?? 0)
}

/** The same for a line of a COPY's data. */
function lineOfData(planned: PlannedStatement | undefined, dataLine: number | undefined): number | undefined {
  const copy = planned?.place === undefined || dataLine === undefined ? undefined : readCopyFromStdin(planned.sql)
  return copy === undefined ? undefined : (planned?.place?.line ?? 0) + copy.linesBefore + (dataLine ?? 1) - 1
}

/** A problem that a plan has, where the command has no plan to show it in. */
export function diagnosticFailure(problem: Diagnostic): EngineFailure {
  return {
    code: problem.code,
    message: problem.message,
    hint: problem.hint,
    changeset: undefined,
    statement: undefined,
    sql: undefined,
    file: problem.file,
    line: problem.line,
    databaseCode: undefined,
    detail: undefined,
  }
}
