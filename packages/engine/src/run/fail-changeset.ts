import { AppError } from '@sluice/base'
import { DatabaseError } from '../database.ts'
import { canShareTransaction, mayHavePartlyRun } from '../planning/statements.ts'
import type { ReportEntry } from '../report.ts'
import { deleteDetail, updateDetail } from '../tracking/detail.ts'
import { StatementAbandoned } from './cancellation.ts'
import type { Progress } from './changeset-progress.ts'
import type { ChangesetRun } from './changeset-run.ts'
import { toFailure } from './failure.ts'
import { detailRow } from './recording.ts'
import type { WriteSession } from './write-session.ts'

/** Says that a changeset did not end well, and cleans up after it. */
export async function failChangeset(
  session: WriteSession,
  run: ChangesetRun,
  progress: Progress,
  error: unknown,
): Promise<ReportEntry> {
  const failure = toFailure(error, {
    changeset: run.key,
    ...(progress.statementSent ? { statement: progress.done + 1, planned: progress.sent } : {}),
  })
  const isUnknown = await settleFailure(session, run, progress, error)
  const durationMs = Math.round(session.clock.monotonic() - progress.startedMs)
  session.onEvent?.({ type: 'changesetFailed', changeset: run.key, error: failure, durationMs })
  return {
    changeset: run.key,
    statements: run.statements.length,
    transactional: run.transactional,
    state: isUnknown ? 'unknown' : 'failed',
    result: undefined,
    statementsDone: run.transactional ? 0 : progress.durable,
    rows: progress.rows,
    durationMs,
    error: failure,
  }
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
