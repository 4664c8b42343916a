import type { ChangesetKey } from '@sluice/engine'

/** Options that every `sluice db` command takes. */
export interface ConnectionOptions {
  readonly url: string
  readonly user?: string
  readonly passwordFile?: string
  readonly historySchema?: string
  readonly historyTable?: string
  readonly lockTable?: string
}

/** Options of those that read a changelog. */
export interface ChangelogOptions {
  readonly changelog: string
  readonly searchPath: string
  readonly contexts?: string
  readonly labels?: string
  readonly param: readonly string[]
  readonly allowCommands?: boolean
}

/** Options of those that write. */
export interface WritingOptions {
  /** All in milliseconds. */
  readonly lockWait?: number
  readonly lockTimeout?: number
  readonly statementTimeout?: number
}

/** Options of those that can show their plan and stop. */
export interface DryRunOptions {
  readonly dryRun: boolean
}

/** How far through a changelog. */
export interface LimitFlags {
  readonly count?: number
  readonly toTag?: string
  readonly changeset?: readonly ChangesetKey[]
}

/** One of these says what to roll back. */
export interface RollbackFlags {
  readonly toTag?: string
  readonly count?: number
  readonly toDate?: string
  readonly changeset?: readonly ChangesetKey[]
  /** True = the newest one. */
  readonly deployment?: string | true
  readonly tagVersion?: 'newest' | 'oldest'
}
