import type { Diagnostic } from '@sluice/base'
import type { Changeset, SourcePlace } from '@sluice/changelog'
import type { ChangesetKey } from './changeset-key.ts'
import type { ConditionQuery } from './dialect.ts'

/** One statement that will be sent, verbatim. */
export interface PlannedStatement {
  readonly sql: string
  readonly place: SourcePlace | undefined
  /** Runs on this host instead; `sql` is then a comment that names it. */
  readonly command?: HostCommand | undefined
  /** Set where the types of the table's columns decide how values are written: `sql`, with texts, is what a plan shows before they are known. */
  readonly typed?: TypedStatement | undefined
}

/** One statement of a loadData change, to be written anew when its turn comes: its table may be made in the same run. */
export interface TypedStatement {
  readonly load: TypedLoad
  /** Which of the load's statements it is, from 0. */
  readonly index: number
}

/** All statements of a change that loads rows. */
export interface TypedLoad {
  /** Rows of column name and type. */
  readonly query: ConditionQuery
  /** The statements by the types of their columns, as many as were planned. Throws `AppError` for values that their columns cannot hold. */
  write(columnTypes: ReadonlyMap<string, string>): readonly string[]
}

/** A command of an `executeCommand` change: run without a shell, on the host that migrates. */
export interface HostCommand {
  readonly executable: string
  readonly args: readonly string[]
  readonly timeoutMs: number
}

/** A changeset that will run. */
export interface PlannedChangeset {
  readonly key: ChangesetKey
  readonly changeset: Changeset
  readonly action: 'run' | 'rerun'
  /** Version 9, as it will be stored. */
  readonly checksum: string
  readonly statements: readonly PlannedStatement[]
  /** Texts of `output` changes, shown when it runs. */
  readonly messages: readonly string[]
  /** Text of a `stop` change: the run ends here, before the changeset does anything. */
  readonly stop: string | undefined
  /** False = statement by statement, each recorded in the side table before and after. */
  readonly transactional: boolean
  /** Why it is not transactional, for people; undefined when it is. */
  readonly nonTransactionalReason: string | undefined
}

/** `limit`: after the count or tag that was asked for. `notSelected`: not one of the changesets that were asked for. */
export type SkipReason = 'alreadyRan' | 'context' | 'labels' | 'dbms' | 'ignored' | 'limit' | 'notSelected'

export interface SkippedChangeset {
  readonly key: ChangesetKey
  readonly reason: SkipReason
}

/** What an update would do. Made without a lock and without writing. */
export interface UpdatePlan {
  readonly kind: 'update'
  /** Errors here mean that nothing may run: edited changesets, duplicate identities, unsupported changes. */
  readonly diagnostics: readonly Diagnostic[]
  /** In execution order. */
  readonly changesets: readonly PlannedChangeset[]
  readonly skipped: readonly SkippedChangeset[]
  /** Rows whose missing or older checksum will be brought to version 9. */
  readonly checksumUpgrades: readonly ChangesetKey[]
  /** Rows of the history that no changeset of the changelog stands for. */
  readonly unexpected: readonly ChangesetKey[]
  /** The tag that will be set at the end; undefined when none is asked for or the last row already carries it. */
  readonly tag: string | undefined
  /** The tag of the last row before anything runs, or null. */
  readonly lastTag: string | null
  /** SHA-256 (hex) over changesets and statements in order: what a permit or an approval is given for. */
  readonly digest: string
  /** Nothing to write: `applyPlan` will take no lock and write nothing. */
  readonly isEmpty: boolean
}

/** A changeset that a sync will record as done. */
export interface PlannedSync {
  readonly key: ChangesetKey
  readonly changeset: Changeset
  /** Version 9, as it will be stored. */
  readonly checksum: string
}

/** What a sync would record, without running any of it. */
export interface SyncPlan {
  readonly kind: 'sync'
  /** Errors here mean that nothing may be recorded: edited changesets, duplicate identities, an unknown tag. */
  readonly diagnostics: readonly Diagnostic[]
  readonly changesets: readonly PlannedSync[]
  readonly skipped: readonly SkippedChangeset[]
  readonly digest: string
  readonly isEmpty: boolean
}

/** The checksums that will be forgotten; the next update writes them anew. */
export interface ClearChecksumsPlan {
  readonly kind: 'clearChecksums'
  /** Rows that have a checksum now. */
  readonly rows: number
  readonly digest: string
  readonly isEmpty: boolean
}

/** Statements of a person that are no part of any changelog. */
export interface ExecuteSqlPlan {
  readonly kind: 'executeSql'
  readonly diagnostics: readonly Diagnostic[]
  readonly statements: readonly PlannedStatement[]
  /** True = all of them or none. */
  readonly transactional: boolean
  readonly nonTransactionalReason: string | undefined
  readonly digest: string
  readonly isEmpty: boolean
}

/** An update, its rollback and the update again: whether rollbacks work is found out on the database itself. */
export interface TestRollbackPlan {
  readonly kind: 'testRollback'
  /** Those of the update, and of every pending changeset that has no way back. */
  readonly diagnostics: readonly Diagnostic[]
  readonly update: UpdatePlan
  readonly digest: string
  readonly isEmpty: boolean
}

/** `planUpdate`'s answer has errors: nothing of it may run. */
export function hasPlanErrors(plan: { readonly diagnostics: readonly Diagnostic[] }): boolean {
  return plan.diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}
