import type { Logger } from '@sluice/base'
import type { Waiting } from '../retry.ts'
import type { Session } from '../session.ts'
import type { Attempt } from './attempt.ts'

export interface SalvageOptions {
  readonly attempt: Attempt
  /** Folder that holds the attempts' folders. */
  readonly dir: string
  readonly session: Session
  readonly waiting: Waiting
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Sends what a runner that died had written of its logs and not sent, for at most `logSealMs`. */
export async function salvageLogs(_options: SalvageOptions): Promise<void> {}
