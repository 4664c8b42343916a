import type { ChangesetKey } from './changeset-key.ts'
import type { SessionInfo } from './database.ts'
import type { LockHolder } from './events.ts'

/** What a step that ended without a word was going to do. */
export interface ExpectedWork {
  readonly direction: 'apply' | 'rollback'
  /** In the order in which they would have run. */
  readonly changesets: readonly ChangesetKey[]
  /** The step's run id, as it stands in LOCKEDBY and the side table. */
  readonly runId: string
  /** Sessions whose application name begins with this count as the step's own: `sluice:<instance>:<epoch>:<attempt>`. */
  readonly applicationNamePrefix: string
}

/** What is in the database now, compared with what was expected. */
export interface Inspection {
  /** `none`: nothing happened. `all`: everything did. `prefix`: the first `done` of them did. `mixed`: some, but not the first ones. */
  readonly finding: 'none' | 'all' | 'prefix' | 'mixed'
  readonly done: number
  readonly expected: number
  readonly doneChangesets: readonly ChangesetKey[]
  /** Rows newer than the last expected one that this step was not going to write. */
  readonly unexpected: readonly ChangesetKey[]
  /** Changesets of which only a part of the statements ran, or may have run. */
  readonly partial: readonly PartialChangeset[]
  /** The step's own sessions that still live. While there is one, nothing is final. */
  readonly sessions: readonly SessionInfo[]
  readonly lock: LockHolder | undefined
  /** True when `finding` can be trusted to stay: no live session of the step, no partial changeset. */
  readonly settled: boolean
  /** One sentence for people. */
  readonly summary: string
}

/** A changeset without a transaction whose run was interrupted. */
export interface PartialChangeset {
  readonly changeset: ChangesetKey
  readonly runId: string
  readonly statements: number
  /** Statements that surely ran. */
  readonly done: number
  /** The last of the statements after those done (1-based) that may or may not have taken effect; undefined when none of them did. */
  readonly uncertain: number | undefined
  readonly since: string
}
