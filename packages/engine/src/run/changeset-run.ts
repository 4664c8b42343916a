import { AppError } from '@sluice/base'
import type { ChangesetKey } from '../changeset-key.ts'
import { DatabaseError } from '../database.ts'
import type { BoundStatement, Database, StatementResult } from '../database.ts'
import type { ChangesetDirection, ChangesetResult } from '../events.ts'
import type { PlannedStatement } from '../plan.ts'
import { canShareTransaction, lockedRegions, mayHavePartlyRun } from '../planning/statements.ts'
import { createStatementTyper } from '../planning/typed-load.ts'
import type { StatementTyper } from '../planning/typed-load.ts'
import type { ReportEntry } from '../report.ts'
import { deleteDetail, insertRunningDetail, settleDetails, updateDetail } from '../tracking/detail.ts'
import { formatWrite } from '../tracking/row-insert.ts'
import type { TrackingWrite } from '../tracking/row-insert.ts'
import { StatementAbandoned, canceledError } from './cancellation.ts'
import { shortSql, toFailure } from './failure.ts'
import { boundRecordingOf, commitRecording, detailRow } from './recording.ts'
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
  const { clock, onEvent } = session
  const started = clock.monotonic()
  const progress: Progress = {
    done: run.resumeAfter,
    durable: run.resumeAfter,
    rows: 0,
    inDoubt: false,
    openBefore: false,
    statementSent: false,
    sent: undefined,
    typer: createStatementTyper(session.database),
  }
  onEvent?.({
    type: 'changesetStarted',
    changeset: run.key,
    direction: run.direction,
    position: run.position,
    total: run.total,
    statements: run.statements.length,
    transactional: run.transactional,
  })
  const entry = {
    changeset: run.key,
    statements: run.statements.length,
    transactional: run.transactional,
  }
  try {
    await (run.transactional ? runInTransaction(session, run, progress) : runStepwise(session, run, progress))
    session.newTables.note(run.statements, session.database.dialect)
    const durationMs = Math.round(clock.monotonic() - started)
    onEvent?.({ type: 'changesetFinished', changeset: run.key, result: run.result, rows: progress.rows, durationMs })
    return {
      ...entry,
      state: 'done',
      result: run.result,
      statementsDone: progress.done,
      rows: progress.rows,
      durationMs,
      error: undefined,
    }
  } catch (error) {
    const planned = progress.sent
    const failure = toFailure(error, {
      changeset: run.key,
      ...(progress.statementSent ? { statement: progress.done + 1, planned } : {}),
    })
    const unknown = await settleFailure(session, run, progress, error)
    const durationMs = Math.round(clock.monotonic() - started)
    onEvent?.({ type: 'changesetFailed', changeset: run.key, error: failure, durationMs })
    return {
      ...entry,
      state: unknown ? 'unknown' : 'failed',
      result: undefined,
      statementsDone: run.transactional ? 0 : progress.durable,
      rows: progress.rows,
      durationMs,
      error: failure,
    }
  }
}

interface Progress {
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

async function runInTransaction(session: WriteSession, run: ChangesetRun, progress: Progress): Promise<void> {
  const { database } = session
  const [only] = run.statements
  if (only !== undefined && run.statements.length === 1 && only.command === undefined && only.typed === undefined) {
    if (database.executeAndCommit !== undefined && session.newTables.mayCommitWith(only.sql, database.dialect)) {
      return runAtOnce(session, run, progress, only)
    }
  }
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

/** The whole of a small changeset in one round trip. */
async function runAtOnce(
  session: WriteSession,
  run: ChangesetRun,
  progress: Progress,
  statement: PlannedStatement,
): Promise<void> {
  const { database } = session
  const finish = startStatement(session, run, progress, statement)
  progress.inDoubt = true
  try {
    await session.cancellable(
      () => database.executeAndCommit?.(statement.sql, boundRecordingOf(session, run), finish) ?? Promise.resolve(),
    )
  } catch (error) {
    // After the statement's own error nothing is committed.
    if (progress.statementSent && error instanceof DatabaseError && !error.connectionLost) progress.inDoubt = false
    throw error
  }
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

/** Says that a statement is sent; the function it gives says that it ended well. */
function startStatement(
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

function execute(database: Database, sql: string, begins: boolean): Promise<StatementResult> {
  return begins && database.executeInNewTransaction !== undefined ? database.executeInNewTransaction(sql) : database.execute(sql)
}

/** Leaves the session usable and the side table true. Says whether the changeset may have become durable, or partly so. */
async function settleFailure(session: WriteSession, run: ChangesetRun, progress: Progress, error: unknown): Promise<boolean> {
  const { database } = session
  if (error instanceof StatementAbandoned) {
    // Without this connection the server cannot be told to commit; whatever it is doing still has to end.
    await database.close().catch(() => {})
    return true
  }
  const lost = database.transactionState === 'closed' || (error instanceof DatabaseError && error.connectionLost)
  if (lost) return progress.inDoubt
  const isOpen = database.transactionState !== 'idle'
  const failed = progress.statementSent ? run.statements[progress.done] : undefined
  // A deadlock, for one: the server itself has ended the transaction that the statement was in.
  const endedByServer =
    !isOpen && progress.openBefore && failed !== undefined && canShareTransaction(failed.sql, database.dialect)
  try {
    const isWhole = !isOpen || (await rollBack(session))
    if (!isOpen && !endedByServer) progress.durable = progress.done
    if (!run.transactional) await noteFailure(session, run, progress, error)
    return !isWhole
  } catch {
    // The note of the intent stays as it is: the next run sees an interrupted changeset.
    return false
  }
}

/** MySQL: some tables that were changed know no transactions, so that their part of the work stays. */
const notRolledBackCode = '1196'

/** Says whether everything was taken back. */
async function rollBack({ database }: WriteSession): Promise<boolean> {
  const { onNotice } = database
  let isWhole = true
  database.onNotice = (notice) => {
    if (notice.code === notRolledBackCode) isWhole = false
    onNotice?.(notice)
  }
  try {
    await database.execute('ROLLBACK')
  } finally {
    database.onNotice = onNotice
  }
  return isWhole
}

/** A changeset of which nothing ran is as if it had not been started; otherwise the side table says how far it came. */
async function noteFailure(session: WriteSession, run: ChangesetRun, progress: Progress, error: unknown): Promise<void> {
  const { database, tracking } = session
  const { dialect } = database
  const row = detailRow(session, run)
  const done = progress.durable
  const failed = progress.statementSent ? run.statements[progress.done] : undefined
  const isInDoubt =
    failed !== undefined &&
    (failed.command === undefined
      ? error instanceof DatabaseError && mayHavePartlyRun(failed.sql, dialect)
      : // What says that it failed counts as not done, as with a statement; what was ended halfway may have done anything.
        !(error instanceof AppError && error.code === 'HOST_COMMAND_FAILED'))
  // What an earlier run left in doubt stays so when this one could not get past it.
  const wasInDoubt = progress.done === run.resumeAfter ? run.uncertain : undefined
  const running = isInDoubt ? progress.done + 1 : wasInDoubt
  const note =
    done === 0 && running === undefined
      ? deleteDetail(dialect, tracking, row)
      : updateDetail(dialect, tracking, row, { state: 'failed', done, running })
  // BEGIN also gives up tables that the changeset has locked by hand, and makes the note last where autocommit was switched off.
  await database.script(['BEGIN', note, 'COMMIT'])
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
