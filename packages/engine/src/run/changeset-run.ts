import { AppError } from '@sluice/base'
import type { ChangesetKey } from '../changeset-key.ts'
import type { BoundStatement, Database, StatementResult } from '../database.ts'
import type { ChangesetDirection, ChangesetResult } from '../events.ts'
import type { PlannedStatement } from '../plan.ts'
import { canShareTransaction, lockedRegions } from '../planning/statements.ts'
import type { ReportEntry } from '../report.ts'
import { insertRunningDetail, settleDetails, updateDetail } from '../tracking/detail.ts'
import { formatWrite } from '../tracking/row-insert.ts'
import type { TrackingWrite } from '../tracking/row-insert.ts'
import { canceledError } from './cancellation.ts'
import { finishChangeset, startChangeset, startStatement } from './changeset-progress.ts'
import type { Progress } from './changeset-progress.ts'
import { failChangeset } from './fail-changeset.ts'
import { commitRecording, detailRow } from './recording.ts'
import { runCommand } from './run-command.ts'
import type { WriteSession } from './write-session.ts'

/** One changeset's statements and what makes them part of the history. */
export interface ChangesetRun {
  readonly key: ChangesetKey
  readonly direction: ChangesetDirection
  readonly statements: readonly PlannedStatement[]
  readonly transactional: boolean
  /** Writes or removes the history row; runs in the transaction that makes the changeset durable. */
  readonly history: TrackingWrite
  /** What `boundRecordingOf` gives, where that was asked for ahead. */
  readonly recording?: readonly BoundStatement[] | undefined
  readonly result: ChangesetResult
  /** How to undo it later, kept in the side table. */
  readonly rollback: readonly string[] | undefined
  /** Statements that an earlier, interrupted run has already done. */
  readonly resumeAfter: number
  /** A note on an interrupted earlier run stands in the side table. */
  readonly hasPartial: boolean
  /** The last statement that the earlier run left in doubt. */
  readonly uncertain?: number | undefined
  readonly position: number
  readonly total: number
}

/**
 * Runs one changeset and says how it ended; never throws for what the database answers. With `transactional`, statements, history
 * row and side-table row are one transaction. Without, each statement is recorded before and after, so that a crash leaves word of
 * what ran.
 */
export async function runChangeset(session: WriteSession, run: ChangesetRun): Promise<ReportEntry> {
  const progress = startChangeset(session, run)
  try {
    await (run.transactional ? runInTransaction(session, run, progress) : runStepwise(session, run, progress))
    session.newTables.note(run.statements, session.database.dialect)
    return finishChangeset(session, run, progress)
  } catch (error) {
    return await failChangeset(session, run, progress, error)
  }
}

async function runInTransaction(session: WriteSession, run: ChangesetRun, progress: Progress): Promise<void> {
  const { database } = session
  const beginsWithFirst =
    database.executeInNewTransaction !== undefined && run.statements[0]?.command === undefined && run.statements.length > 0
  if (!beginsWithFirst) await session.cancellable(() => database.script(['BEGIN']))
  for (const [index, statement] of run.statements.entries()) {
    await sendStatement(session, run, progress, statement, { begins: beginsWithFirst && index === 0 })
    if (database.transactionState !== 'active') {
      throw new AppError(
        'failedPrecondition',
        'TRANSACTION_ENDED',
        `Statement ${progress.done} ended the transaction that the changeset runs in.`,
        {
          hint: 'Mark the changeset runInTransaction:false, or take COMMIT and ROLLBACK out of it.',
        },
      )
    }
  }
  progress.inDoubt = true
  await session.cancellable(() => commitRecording(session, run))
  progress.inDoubt = false
}

/**
 * Statement by statement. One that may be in a transaction shares it with the note that it ran, so the side table is exact about
 * it; of any other the side table says before that it is running, and it is in doubt until the next note. Where tables are locked by
 * hand, all statements up to the unlocking are in doubt together: a note between would be refused.
 */
async function runStepwise(session: WriteSession, run: ChangesetRun, progress: Progress): Promise<void> {
  const { database, tracking } = session
  const { dialect } = database
  const row = detailRow(session, run)
  const regions = lockedRegions(run.statements, dialect)
  const regionOf = (index: number): readonly [number, number] | undefined =>
    regions.find(([from, to]) => index >= from && index <= to)
  const runsAlone = (index: number): boolean => {
    const statement = run.statements[index]
    if (statement === undefined) return false
    return statement.command !== undefined || regionOf(index) !== undefined || !canShareTransaction(statement.sql, dialect)
  }
  const announced = (index: number): number | undefined => (runsAlone(index) ? (regionOf(index)?.[1] ?? index) + 1 : undefined)
  const intent = insertRunningDetail(dialect, tracking, row, run.resumeAfter, announced(run.resumeAfter))
  await database.script(['BEGIN', ...(run.hasPartial ? [settleDetails(dialect, tracking, run.key)] : []), intent, 'COMMIT'])
  for (const [index, statement] of run.statements.entries()) {
    if (index < run.resumeAfter) continue
    // Inside of a transaction that the user's own statements opened there is none of ours.
    const shared = !runsAlone(index) && database.transactionState === 'idle'
    if (shared) await session.cancellable(() => database.script(['BEGIN']))
    progress.inDoubt = !shared
    await sendStatement(session, run, progress, statement)
    if (progress.done === run.statements.length) break
    if (index < (regionOf(index)?.[1] ?? index)) continue
    const note = updateDetail(dialect, tracking, row, {
      state: 'running',
      done: progress.done,
      running: announced(progress.done),
    })
    progress.inDoubt = true
    await database.script(shared ? [note, 'COMMIT'] : [note])
    progress.inDoubt = false
    if (database.transactionState === 'idle') progress.durable = progress.done
  }
  // A transaction that is open here, ours or the user's, ends together with the row.
  const open = database.transactionState === 'active'
  if (!open) progress.durable = progress.done
  const done = updateDetail(dialect, tracking, row, { state: 'done', done: progress.done, running: undefined })
  progress.inDoubt = true
  await database.script([...(open ? [] : ['BEGIN']), formatWrite(dialect, run.history), done, 'COMMIT'])
  progress.inDoubt = false
  progress.durable = progress.done
}

async function sendStatement(
  session: WriteSession,
  run: ChangesetRun,
  progress: Progress,
  planned: PlannedStatement,
  { begins }: { readonly begins: boolean } = { begins: false },
): Promise<void> {
  const statement = planned.typed === undefined ? planned : await session.cancellable(() => progress.typer.type(planned))
  const finish = startStatement(session, run, progress, statement)
  finish(
    statement.command === undefined
      ? await session.cancellable(() => execute(session.database, statement.sql, begins))
      : await runCommand(session, statement.command),
  )
}

function execute(database: Database, sql: string, begins: boolean): Promise<StatementResult> {
  return begins && database.executeInNewTransaction !== undefined ? database.executeInNewTransaction(sql) : database.execute(sql)
}

/** The entry of a changeset that the command did not come to. */
export function notReachedEntry(run: {
  readonly key: ChangesetKey
  readonly statements: readonly unknown[]
  readonly transactional: boolean
}): ReportEntry {
  return {
    changeset: run.key,
    state: 'notReached',
    result: undefined,
    statements: run.statements.length,
    statementsDone: 0,
    transactional: run.transactional,
    rows: 0,
    durationMs: 0,
    error: undefined,
  }
}

/** Throws when the caller has given up: called between changesets, where nothing is in doubt. */
export function throwIfCanceled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw canceledError(signal.reason)
}
