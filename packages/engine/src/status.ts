import type { Diagnostic } from '@sluice/base'
import type { ChangesetKey } from './changeset-key.ts'
import type { Database } from './database.ts'
import type { HistoryRow } from './history-row.ts'
import type { PartialChangeset } from './inspection.ts'
import type { CommandInput, TrackingOptions, UpdateOptions } from './options.ts'
import type { SkippedChangeset } from './plan.ts'
import { decideChangesets, internalPath } from './planning/decisions.ts'
import { readHistoryRows } from './tracking/history.ts'
import { readAbandonedPartials } from './tracking/partials.ts'
import { readTracking } from './tracking/tables.ts'

export interface StatusReport {
  readonly diagnostics: readonly Diagnostic[]
  /** In the order in which they would run. */
  readonly pending: readonly ChangesetKey[]
  readonly skipped: readonly SkippedChangeset[]
  /** Rows of the history that the changelog does not have. */
  readonly unexpected: readonly ChangesetKey[]
  readonly partial: readonly PartialChangeset[]
  /** The tag of the newest row, or null. */
  readonly lastTag: string | null
  /** Rows of the history that stand for changesets; Liquibase's own internal rows, which only carry tags, are left out. */
  readonly applied: number
  readonly isUpToDate: boolean
}

export interface HistoryInput {
  readonly database: Database
  readonly options?: TrackingOptions | undefined
}

/** What is pending and what does not fit, without resolving any SQL: two queries. Reads only. */
export async function readStatus(input: CommandInput<UpdateOptions>): Promise<StatusReport> {
  const { database, changelog, options } = input
  const tracking = await readTracking(database, options)
  const history = await readHistoryRows(database, tracking)
  const decisions = decideChangesets(changelog, history, database.dialect, options)
  const partial = decisions.run.length === 0 ? [] : await readAbandonedPartials(database, tracking)
  return {
    diagnostics: decisions.diagnostics,
    pending: decisions.run.map(({ key }) => key),
    skipped: decisions.skipped,
    unexpected: decisions.unexpected,
    partial,
    lastTag: history.at(-1)?.tag ?? null,
    applied: history.filter(({ path }) => path !== internalPath).length,
    isUpToDate: decisions.run.length === 0 && decisions.diagnostics.every((diagnostic) => diagnostic.severity !== 'error'),
  }
}

/** All rows of DATABASECHANGELOG, oldest first; none where there is no table. */
export async function readHistory(input: HistoryInput): Promise<readonly HistoryRow[]> {
  return readHistoryRows(input.database, await readTracking(input.database, input.options))
}
