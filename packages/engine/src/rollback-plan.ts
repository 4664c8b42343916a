import type { Diagnostic } from '@sluice/base'
import type { Changeset } from '@sluice/changelog'
import type { ChangesetKey } from './changeset-key.ts'
import type { PlannedStatement } from './plan.ts'

/** Which rows of the history are undone; each form of it is one of Liquibase's rollback commands. */
export type RollbackTarget =
  /** Everything after the row with a tag. */
  | { readonly tag: string; readonly tagVersion?: 'newest' | 'oldest' | undefined }
  /** The newest rows; 0 = none. */
  | { readonly count: number }
  /**
   * Every row with a DATEEXECUTED after this moment: `2026-03-01`, or `2026-03-01 12:30:00` with `T` or a blank, by the database's own
   * clock (DATEEXECUTED has no time zone, so neither has this).
   */
  | { readonly toDate: string }
  /** These changesets, wherever they stand (Liquibase Pro's rollback-one-changeset). */
  | { readonly changesets: readonly ChangesetKey[] }
  /** What one deployment applied (Liquibase Pro's rollback-one-update); undefined = the newest deployment. */
  | { readonly deployment: string | undefined }

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
  /**
   * Errors: an unknown tag, a changeset without a rollback, a row that the changelog does not have and no kept rollback. The warning
   * `ROLLBACK_OUT_OF_ORDER` says that newer changesets stay, which may depend on what is undone: ask before going on.
   */
  readonly diagnostics: readonly Diagnostic[]
  /** Newest first. */
  readonly changesets: readonly PlannedRollback[]
  /** Rows inside the range that stay, because filters leave their changesets out. */
  readonly left: readonly { readonly key: ChangesetKey; readonly reason: 'context' | 'labels' | 'dbms' | 'ignored' }[]
  readonly digest: string
  readonly isEmpty: boolean
}
