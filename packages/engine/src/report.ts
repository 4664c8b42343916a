import type { ChangesetKey } from './changeset-key.ts'
import type { ChangesetResult, EngineFailure } from './events.ts'

/** One changeset's part of a command. */
export interface ReportEntry {
  readonly changeset: ChangesetKey
  /** `unknown`: the connection was lost, or a cancel unanswered, at a moment when the change may or may not have become durable. */
  readonly state: 'done' | 'failed' | 'unknown' | 'notReached'
  /** Set when done. */
  readonly result: ChangesetResult | undefined
  readonly statements: number
  /** Statements that ended well; with `transactional` false these are durable even when the changeset failed. */
  readonly statementsDone: number
  readonly transactional: boolean
  readonly rows: number
  readonly durationMs: number
  readonly error: EngineFailure | undefined
}

/** What a command that writes did. Failures are data here; it throws only for misuse. */
export interface CommandReport {
  readonly state: 'succeeded' | 'failed' | 'canceled' | 'unknown'
  /** One per changeset of the plan, in order. */
  readonly entries: readonly ReportEntry[]
  readonly firstError: EngineFailure | undefined
  /** Whether changes of this run are, or with `unknown` may be, in the database (tags included, lock and empty tracking tables not). */
  readonly wrote: boolean
  /** Ten digits, or undefined when nothing was written. */
  readonly deploymentId: string | undefined
  readonly durationMs: number
}

export interface ApplyReport extends CommandReport {
  readonly kind: 'update'
  /** The tag that a rollback of this run goes back to: the last row's own, or the anchor; null when there is none. */
  readonly preStartTag: string | null
  /** The tag that the last row carries now because this run was asked for it, else null. */
  readonly tag: string | null
}

export interface RollbackReport extends CommandReport {
  readonly kind: 'rollback'
}

export interface TagReport extends CommandReport {
  readonly kind: 'tag'
  readonly tag: string
  /** The row that carries it now. */
  readonly changeset: ChangesetKey | undefined
  /** The tag that stood there before, or null. */
  readonly replacedTag: string | null
}
