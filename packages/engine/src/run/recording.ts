import { hash } from 'node:crypto'
import type { BoundStatement } from '../database.ts'
import type { PlannedStatement } from '../plan.ts'
import { insertDoneDetail, settleDetails } from '../tracking/detail.ts'
import type { DetailRow } from '../tracking/detail.ts'
import { bindWrite, formatWrite } from '../tracking/row-insert.ts'
import type { TrackingWrite } from '../tracking/row-insert.ts'
import type { ChangesetRun } from './changeset-run.ts'
import type { WriteSession } from './write-session.ts'

/** SHA-256 (hex) of the exact statements of a changeset. */
export function hashStatements(statements: readonly PlannedStatement[]): string {
  return hash('sha256', statements.map(({ sql }) => `${Buffer.byteLength(sql)}:${sql}`).join(''))
}

/** What the side table keeps of a changeset in this run. */
export function detailRow(session: WriteSession, run: ChangesetRun): DetailRow {
  return {
    runId: session.runId,
    deploymentId: session.deploymentId,
    key: run.key,
    direction: run.direction,
    sha256: hashStatements(run.statements),
    statements: run.statements.length,
    rollback: run.rollback,
  }
}

/** What makes a changeset part of the history, inside of its transaction. */
function recordingOf(session: WriteSession, run: ChangesetRun): readonly TrackingWrite[] {
  const { database, tracking } = session
  const detail = insertDoneDetail(database.dialect, tracking, detailRow(session, run))
  return [run.history, ...(run.hasPartial ? [settleDetails(database.dialect, tracking, run.key)] : []), detail]
}

/** The same to send behind a statement: values beside the texts where the server keeps those prepared, else in them, as nothing would be gained. */
export function boundRecordingOf(session: WriteSession, run: ChangesetRun): readonly BoundStatement[] {
  if (run.recording !== undefined) return run.recording
  const { dialect, keepsPrepared } = session.database
  return recordingOf(session, run).map((write) =>
    bindWrite(dialect, keepsPrepared === true ? write : formatWrite(dialect, write)),
  )
}

/** Makes a changeset part of the history and the transaction that it is in durable. */
export function commitRecording(session: WriteSession, run: ChangesetRun): Promise<void> {
  const { database } = session
  if (database.keepsPrepared === true && database.commitWith !== undefined) {
    return database.commitWith(boundRecordingOf(session, run))
  }
  const texts = recordingOf(session, run).map((write) => formatWrite(database.dialect, write))
  return database.script([...texts, 'COMMIT'])
}
