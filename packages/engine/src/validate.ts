import type { Diagnostic } from '@sluice/base'
import type { Changelog } from '@sluice/changelog'
import type { Database } from './database.ts'
import type { Dialect } from './dialect.ts'
import type { HistoryRow } from './history-row.ts'
import type { SelectionOptions } from './options.ts'
import { decideChangesets } from './planning/decisions.ts'
import { createNameCheck } from './planning/name-limits.ts'
import { resolveStatements } from './planning/statements.ts'
import { readHistoryRows } from './tracking/history.ts'
import { readTracking } from './tracking/tables.ts'

export interface ValidateInput {
  /** Undefined = without the history: only what the changelog alone shows. */
  readonly database?: Database | undefined
  /** Needed where there is no database. */
  readonly dialect?: Dialect | undefined
  readonly changelog: Changelog
  readonly options?: SelectionOptions | undefined
}

/** Every problem of the changelog: identities, checksums against the history, SQL that cannot be split, changes without SQL here. */
export async function validateChangelog(input: ValidateInput): Promise<readonly Diagnostic[]> {
  const { database, changelog, options } = input
  const dialect = database?.dialect ?? input.dialect
  if (dialect === undefined) return []
  const tracking = database === undefined ? undefined : await readTracking(database, options)
  const history: readonly HistoryRow[] =
    database === undefined || tracking === undefined ? [] : await readHistoryRows(database, tracking)
  const decisions = decideChangesets(changelog, history, dialect, options)
  const context = { dialect, defaultSchema: tracking?.facts.defaultSchema, serverMajor: undefined, selection: options }
  return [
    ...decisions.diagnostics,
    ...decisions.run.flatMap(createNameCheck(dialect, tracking?.history.columns)),
    ...changelog.changesets.flatMap((changeset) => resolveStatements(changeset, changeset.changes, context).diagnostics),
  ]
}
