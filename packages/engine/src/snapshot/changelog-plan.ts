import type { Diagnostic } from '@sluice/base'
import type { SnapshotProduct } from './model.ts'

/** One changeset to be written. */
export interface ChangelogStep {
  /** Starts the changeset's id, for example `create-table-orders`; what it says is added to it as a short hash. */
  readonly name: string
  /** Says more to readers, one line each; a warning about lost data begins with `WARNING`. */
  readonly comments: readonly string[]
  readonly statements: readonly string[]
  /** Undefined: there is no plain way back, so a rollback of this changeset is refused. */
  readonly rollback: readonly string[] | undefined
  /** Why running it may lose data; undefined when it cannot. */
  readonly losesData: string | undefined
}

/** Changesets in the order in which they can run. */
export interface ChangelogPlan {
  readonly product: SnapshotProduct
  readonly steps: readonly ChangelogStep[]
  /** Warnings: lost data, what cannot be done by a statement, what is not carried. */
  readonly diagnostics: readonly Diagnostic[]
}
