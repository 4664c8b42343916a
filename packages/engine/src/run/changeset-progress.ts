import type { StatementResult } from '../database.ts'
import type { PlannedStatement } from '../plan.ts'
import { createStatementTyper } from '../planning/typed-load.ts'
import type { StatementTyper } from '../planning/typed-load.ts'
import type { ReportEntry } from '../report.ts'
import type { ChangesetRun } from './changeset-run.ts'
import { shortSql } from './failure.ts'
import type { WriteSession } from './write-session.ts'

/** How far a changeset has come. */
export interface Progress {
  /** On the session's clock. */
  readonly startedMs: number
  /** Statements that ended well. */
  done: number
  /** Of those, the ones that no rollback can take back any more. */
  durable: number
  rows: number
  /** Something was sent whose effect lasts even if its answer is never seen. */
  inDoubt: boolean
  /** A transaction was open when the last statement was sent. */
  openBefore: boolean
  /** A user's statement has been sent and not been answered. */
  statementSent: boolean
  /** The last user's statement that was sent, as it was sent. */
  sent: PlannedStatement | undefined
  readonly typer: StatementTyper
}

/** Says that a changeset begins. */
export function startChangeset({ clock, database, onEvent }: WriteSession, run: ChangesetRun): Progress {
  onEvent?.({
    type: 'changesetStarted',
    changeset: run.key,
    direction: run.direction,
    position: run.position,
    total: run.total,
    statements: run.statements.length,
    transactional: run.transactional,
  })
  return {
    startedMs: clock.monotonic(),
    done: run.resumeAfter,
    durable: run.resumeAfter,
    rows: 0,
    inDoubt: false,
    openBefore: false,
    statementSent: false,
    sent: undefined,
    typer: createStatementTyper(database),
  }
}

/** Says that a statement is sent; the function it gives says that it ended well. */
export function startStatement(
  { clock, onEvent, database }: WriteSession,
  run: ChangesetRun,
  progress: Progress,
  statement: PlannedStatement,
): (result: Pick<StatementResult, 'rows'>) => void {
  const place = { changeset: run.key, statement: progress.done + 1, of: run.statements.length }
  onEvent?.({ type: 'statementStarted', ...place, sql: shortSql(statement.sql) })
  const started = clock.monotonic()
  progress.statementSent = true
  progress.sent = statement
  progress.openBefore = database.transactionState === 'active'
  return ({ rows }) => {
    progress.statementSent = false
    progress.done++
    progress.rows += rows ?? 0
    onEvent?.({ type: 'statementFinished', ...place, rows, durationMs: Math.round(clock.monotonic() - started) })
  }
}

/** Says that a changeset has become durable. */
export function finishChangeset({ clock, onEvent }: WriteSession, run: ChangesetRun, progress: Progress): ReportEntry {
  const { rows, done } = progress
  const durationMs = Math.round(clock.monotonic() - progress.startedMs)
  onEvent?.({ type: 'changesetFinished', changeset: run.key, result: run.result, rows, durationMs })
  return {
    changeset: run.key,
    statements: run.statements.length,
    transactional: run.transactional,
    state: 'done',
    result: run.result,
    statementsDone: done,
    rows,
    durationMs,
    error: undefined,
  }
}
