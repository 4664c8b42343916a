import { historyTexts } from '@sluice/changelog'
import type { Dialect } from './dialect.ts'
import type { HistoryRow } from './history-row.ts'
import type { PlannedChangeset } from './plan.ts'
import { planHistoryRow, updateHistoryRow } from './tracking/history.ts'
import type { NewHistoryRow } from './tracking/history.ts'
import type { TrackingWrite } from './tracking/row-insert.ts'
import type { Tracking } from './tracking/tables.ts'

/** The write that records a changeset: a new row, or the stored one brought up to date. */
export function planHistoryWrite(
  dialect: Dialect,
  tracking: Tracking,
  planned: Pick<PlannedChangeset, 'key' | 'changeset' | 'action' | 'checksum'>,
  stored: HistoryRow | undefined,
  orderExecuted: number,
  markRan: 'MARK_RAN' | undefined,
  facts: { readonly toolVersion: string; readonly deploymentId: string },
): TrackingWrite {
  const { changeset } = planned
  const row: NewHistoryRow = {
    ...planned.key,
    orderExecuted,
    execType: markRan ?? (planned.action === 'rerun' ? 'RERAN' : 'EXECUTED'),
    checksum: planned.checksum,
    ...historyTexts(changeset),
    ...facts,
  }
  return stored === undefined ? planHistoryRow(dialect, tracking, row) : updateHistoryRow(dialect, tracking, stored, row)
}
