import type { ChangesetKey } from './changeset-key.ts'
import type { SessionInfo } from './database.ts'

/** Who stands in the way of the lock. */
export interface LockHolder {
  /** `session`: another Sluice process holds the session lock. `row`: the lock row is somebody else's, for example Liquibase's. */
  readonly by: 'session' | 'row'
  /** LOCKEDBY of the row, as stored. */
  readonly lockedBy: string | undefined
  /** LOCKGRANTED of the row, as the database's text. */
  readonly since: string | undefined
  readonly session: SessionInfo | undefined
}

export type ChangesetDirection = 'apply' | 'rollback'

/** How a changeset's part of a command ended. */
export type ChangesetResult =
  /** Its statements ran and the history says so. */
  | 'executed'
  | 'reran'
  /** Preconditions said MARK_RAN: recorded without running. */
  | 'markedRan'
  /** Preconditions said CONTINUE: not run, not recorded. */
  | 'skipped'
  /** Another run applied it between plan and lock. */
  | 'alreadyApplied'
  /** It failed, its changelog says `failOnError: false`, and nothing was recorded. */
  | 'failedIgnored'
  | 'rolledBack'
  /** Recorded as done without running it. */
  | 'synced'

/** Everything that a command tells while it works, in order. Durations are milliseconds. */
export type EngineEvent =
  | { readonly type: 'lockWaiting'; readonly holder: LockHolder; readonly waitedMs: number; readonly boundMs: number }
  | { readonly type: 'lockAcquired'; readonly waitedMs: number }
  /** The row belonged to a Sluice run whose session is gone. */
  | { readonly type: 'lockTakenOver'; readonly from: string; readonly since: string | undefined }
  | { readonly type: 'lockReleased' }
  | {
      readonly type: 'changesetStarted'
      readonly changeset: ChangesetKey
      readonly direction: ChangesetDirection
      /** 1-based position among those that run, and how many run. */
      readonly position: number
      readonly total: number
      readonly statements: number
      readonly transactional: boolean
    }
  /** The text is cut at 4,000 characters. */
  | {
      readonly type: 'statementStarted'
      readonly changeset: ChangesetKey
      readonly statement: number
      readonly of: number
      readonly sql: string
    }
  | {
      readonly type: 'statementFinished'
      readonly changeset: ChangesetKey
      readonly statement: number
      readonly of: number
      readonly rows: number | undefined
      readonly durationMs: number
    }
  | {
      readonly type: 'changesetFinished'
      readonly changeset: ChangesetKey
      readonly result: ChangesetResult
      readonly rows: number
      readonly durationMs: number
    }
  | {
      readonly type: 'changesetFailed'
      readonly changeset: ChangesetKey
      readonly error: EngineFailure
      readonly durationMs: number
    }
  /** A statement of `executeSql` ended well. */
  | {
      readonly type: 'sqlExecuted'
      readonly statement: number
      readonly of: number
      readonly sql: string
      readonly rows: number | undefined
      readonly durationMs: number
    }
  | { readonly type: 'tagged'; readonly tag: string; readonly changeset: ChangesetKey }
  | { readonly type: 'notice'; readonly severity: string; readonly message: string }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }

/** Why a command or a changeset failed, as data: what happened, where, and what to do next. */
export interface EngineFailure {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly changeset: ChangesetKey | undefined
  /** 1-based statement inside the changeset, and its text cut at 4,000 characters. */
  readonly statement: number | undefined
  readonly sql: string | undefined
  /** Where the statement stands in the user's files. */
  readonly file: string | undefined
  readonly line: number | undefined
  /** SQLSTATE or the database's own code, and what it added. */
  readonly databaseCode: string | undefined
  readonly detail: string | undefined
}

export type OnEngineEvent = (event: EngineEvent) => void
