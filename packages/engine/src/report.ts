import type { ChangesetKey } from './changeset-key.ts'
import type { KeptRows } from './database.ts'
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

export interface SyncReport extends CommandReport {
  readonly kind: 'sync'
}

export interface ClearChecksumsReport extends CommandReport {
  readonly kind: 'clearChecksums'
  /** Rows that lost their checksum. */
  readonly rows: number
}

/** One statement of `executeSql`. */
export interface ExecutedStatement {
  /** As it was sent. */
  readonly sql: string
  /** As the database names it, for example `INSERT`. */
  readonly command: string
  /** Rows that it changed or returned; undefined where the database gives no count. */
  readonly rows: number | undefined
  /** The first rows of its answer; undefined where there are no columns to answer with. `rows` tells how many there were. */
  readonly kept: KeptRows | undefined
  readonly durationMs: number
}

export interface ExecuteSqlReport extends CommandReport {
  readonly kind: 'executeSql'
  readonly statements: readonly ExecutedStatement[]
}

/** What became of an update, of its rollback, and of the update again. */
export interface TestRollbackReport extends CommandReport {
  readonly kind: 'testRollback'
  readonly update: ApplyReport
  readonly rollback: RollbackReport | undefined
  readonly updateAgain: ApplyReport | undefined
  /** Where it ended; undefined when all three went well. */
  readonly failedPhase: 'update' | 'rollback' | 'updateAgain' | undefined
}

export interface TagReport extends CommandReport {
  readonly kind: 'tag'
  readonly tag: string
  /** The row that carries it now. */
  readonly changeset: ChangesetKey | undefined
  /** The tag that stood there before, or null. */
  readonly replacedTag: string | null
}
