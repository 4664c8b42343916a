import type { Diagnostic } from '@sluice/base'
import type { Changeset } from '@sluice/changelog'
import type { ChangesetKey } from './changeset-key.ts'
import type { PlannedStatement } from './plan.ts'

/** How far back: to the state right after the row with a tag, or a number of rows. */
export type RollbackTarget =
  | { readonly tag: string; readonly tagVersion?: 'newest' | 'oldest' | undefined }
  | { readonly count: number }

/** A row of the history that will be undone and removed. */
export interface PlannedRollback {
  readonly key: ChangesetKey
  /** Undefined when the changelog does not have it any more and the rollback kept at apply time is used. */
  readonly changeset: Changeset | undefined
  /** `custom`: written in the changelog. `generated`: inverses of its changes. `kept`: stored when it was applied. `none`: intentionally nothing. */
  readonly source: 'custom' | 'generated' | 'kept' | 'none'
  readonly statements: readonly PlannedStatement[]
  readonly transactional: boolean
  readonly nonTransactionalReason: string | undefined
}

/** What a rollback would do. Made without a lock and without writing. */
export interface RollbackPlan {
  readonly kind: 'rollback'
  readonly target: RollbackTarget
  /** Errors: an unknown tag, a changeset without a rollback, a row that the changelog does not have and no kept rollback. */
  readonly diagnostics: readonly Diagnostic[]
  /** Newest first. */
  readonly changesets: readonly PlannedRollback[]
  /** Rows inside the range that stay, because filters leave their changesets out. */
  readonly left: readonly { readonly key: ChangesetKey; readonly reason: 'context' | 'labels' | 'dbms' | 'ignored' }[]
  readonly digest: string
  readonly isEmpty: boolean
}
