import type { Clock } from '@sluice/base'
import type { Changelog } from '@sluice/changelog'
import type { ChangesetKey } from './changeset-key.ts'
import type { Database } from './database.ts'
import type { OnEngineEvent } from './events.ts'
import type { ClearChecksumsPlan, ExecuteSqlPlan, SyncPlan, TestRollbackPlan, UpdatePlan } from './plan.ts'
import type { RollbackPlan } from './rollback-plan.ts'

/** Where the history lives. Names as Liquibase's `database-changelog-table-name` and `liquibase-schema-name` take them. */
export interface TrackingOptions {
  /** Undefined = the connection's default schema. */
  readonly trackingSchema?: string | undefined
  /** Undefined = DATABASECHANGELOG. */
  readonly historyTable?: string | undefined
  /** Undefined = DATABASECHANGELOGLOCK. */
  readonly lockTable?: string | undefined
}

/** Which changesets a command is about. */
export interface SelectionOptions extends TrackingOptions {
  /** Run-time contexts; empty or undefined = every changeset but those that require one with `@`. */
  readonly contexts?: readonly string[] | undefined
  /** Label filter expression, as Liquibase's `--label-filter`. */
  readonly labels?: string | undefined
  /**
   * Whether `executeCommand` changes may run commands on this host, with the rights of this process. Without it they are errors of the
   * plan. Default false.
   */
  readonly allowCommands?: boolean | undefined
}

/** How far through a changelog a command goes. */
export interface LimitOptions {
  /** At most this many changesets; 0 = none. */
  readonly count?: number | undefined
  /** Stop after the changeset that sets this tag. */
  readonly toTag?: string | undefined
  /** Only these changesets, wherever they stand. One that the changelog does not have is an error of the plan. */
  readonly only?: readonly ChangesetKey[] | undefined
}

/** Which changesets a sync records: pending ones only, whatever their preconditions say. */
export interface SyncOptions extends SelectionOptions, LimitOptions {}

export interface UpdateOptions extends SelectionOptions, LimitOptions {
  /** Tag that the last row carries afterwards. */
  readonly tag?: string | undefined
  /**
   * Tag written on the last row before the first change, so that a rollback to it undoes this run: `sluice-<execution>-<step>`.
   * Used only where the last row has no tag and there is something to apply. Undefined = no anchor.
   */
  readonly anchorTag?: string | undefined
  /** What to do with a changeset of which an earlier, interrupted run says that only a part of its statements ran. Default: stop. */
  readonly onPartial?: 'stop' | 'resume' | undefined
}

/** How a command that writes takes the lock and asks its caller. */
export interface WriteOptions {
  /** Id of this run: it stands in LOCKEDBY and in the side table, and lets a later run recognise ours. No blanks. */
  readonly runId: string
  /** `host (ip)` for LOCKEDBY; undefined = `unknown`. */
  readonly host?: string | undefined
  /** How long to wait for the lock, in milliseconds. Default 300,000, as Liquibase. */
  readonly lockWaitMs?: number | undefined
  /**
   * How long a statement may wait for a lock of another session, and how long it may run, in milliseconds; undefined = as the connection was
   * opened. A limit that the database cannot keep is told about by a warning `TIMEOUT_UNSUPPORTED`.
   */
  readonly lockTimeoutMs?: number | undefined
  readonly statementTimeoutMs?: number | undefined
  /** After a cancel: how long to wait for the statement's end before the outcome counts as unknown. Default 30,000. */
  readonly cancelWaitMs?: number | undefined
  /** What the LIQUIBASE column says; at most 20 characters. Default: `sluice <version>`. */
  readonly toolVersion?: string | undefined
  /**
   * Called once, immediately before the first write (the lock row included), with what will run. It throws to prevent it. A plan
   * with nothing to write never calls it.
   */
  readonly beforeFirstWrite?: ((plan: WritePlan) => Promise<void>) | undefined
}

/** What a command is about to write, for the permit that it asks. `kind` tells which; each has a `digest`. */
export type WritePlan = UpdatePlan | RollbackPlan | TagPlan | SyncPlan | ClearChecksumsPlan | ExecuteSqlPlan | TestRollbackPlan

/** What `tag` will write: nothing but a tag. */
export interface TagPlan {
  readonly kind: 'tag'
  readonly tag: string
  readonly digest: string
  readonly isEmpty: boolean
}

/** What every command takes. */
export interface CommandInput<Options> {
  readonly database: Database
  readonly changelog: Changelog
  readonly options?: Options | undefined
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: OnEngineEvent | undefined
  readonly clock?: Clock | undefined
}
