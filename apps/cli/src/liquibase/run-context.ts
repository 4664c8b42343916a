import type { DatabaseUrl } from '@sluice/base'
import type { Changelog } from '@sluice/changelog'
import type { Database, EngineEvent, SelectionOptions, WriteOptions } from '@sluice/engine'
import type { FoundCommand } from './commands.ts'
import type { Output } from './output.ts'
import type { Settings } from './settings.ts'

/** What every command gets. */
export interface RunContext {
  readonly command: FoundCommand
  readonly settings: Settings
  readonly output: Output
  readonly signal: AbortSignal
  readonly env: NodeJS.ProcessEnv
  /** `-D…` and `parameter.…`, the command line first. */
  readonly parameters: Readonly<Record<string, string>>
}

/** A run with its database. */
export interface Session {
  readonly context: RunContext
  readonly database: Database
  readonly url: DatabaseUrl
  /** `user@jdbc:postgresql://host:5432/shop`, as Liquibase names a database; never a password or parameter. */
  readonly place: string
  /** History tables, contexts, labels. */
  readonly selection: SelectionOptions
  /** Id, lock and limits of a command that writes. */
  readonly write: Omit<WriteOptions, 'beforeFirstWrite'>
  readonly onEvent: (event: EngineEvent) => void
  /** Reads the changelog that the command names. */
  readonly readChangelog: () => Promise<Changelog>
}

/** Does a command's work. Throws `AppError` for whatever ends it; a return is success. */
export type CommandHandler = (session: Session) => Promise<void>
