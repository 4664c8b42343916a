import type { Logger } from '@sluice/base'
import type { AttemptEvent } from '@sluice/contract'
import type { SignalResult } from '@sluice/executor'
import type { Waiting } from '../retry.ts'
import type { Session } from '../session.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { type Reporter, createReporter } from './reporter.ts'

/** One attempt that this delegate cares for: its entry in the journal, and what only this process knows. */
export interface Attempt {
  readonly id: string
  readonly entry: JournalEntry
  /** Aborted when the runner must not be started any more; the reason is a sentence. */
  readonly noStart: AbortController
  readonly reporter: Reporter
  /** The relay saw the control plane acknowledge the runner's completion. */
  completionSeen: boolean
  /** Whether the runner has ended. */
  ended: boolean
  /** When this process first saw that it had ended, monotonic. */
  endedAt: number | undefined
  /** Between the offer and a started runner. */
  isStarting: boolean
  /** What has to be done once more, since it failed. */
  again: (() => Promise<void>) | undefined
  /** What asking the runner to stop came to last. */
  lastSignal: SignalResult | undefined
  /** The runner is being stopped. */
  stopping: Promise<void> | undefined
  /** Changes the entry, on disk when it resolves. */
  update(change: Partial<JournalEntry>): Promise<void>
  /** Puts the attempt's end among the reports, once. */
  reportGone(event: Extract<AttemptEvent, { type: 'attempt.gone' }>): Promise<void>
  report(event: AttemptEvent): Promise<void>
}

export interface AttemptContext {
  readonly journal: Journal
  readonly session: Session
  readonly waiting: Waiting
  readonly logger: Logger
  readonly bootId: string
  /** Ends everything that this process does for attempts; runners go on. */
  readonly stop: AbortSignal
}

export function createAttempt(first: JournalEntry, context: AttemptContext): Attempt {
  const { journal, session, waiting, logger, bootId, stop } = context
  let entry = first
  const save = async (change: Partial<JournalEntry>): Promise<void> => {
    entry = { ...entry, ...change }
    await journal.save(entry)
  }
  const attempt: Attempt = {
    id: first.attemptId,
    get entry() {
      return entry
    },
    noStart: new AbortController(),
    reporter: createReporter({
      attemptId: first.attemptId,
      epoch: first.epoch,
      bootId,
      attemptToken: () => entry.attemptToken,
      pending: first.pending,
      persist: (pending) => save({ pending }),
      session,
      waiting,
      logger,
      signal: stop,
    }),
    completionSeen: false,
    ended: false,
    endedAt: undefined,
    isStarting: false,
    again: undefined,
    lastSignal: undefined,
    stopping: undefined,
    update: save,
    report: (event) => attempt.reporter.report(event),
    async reportGone(event) {
      if (entry.goneReported) return
      // One write: a report without the mark would be made twice after a crash.
      entry = { ...entry, goneReported: true }
      await attempt.reporter.report(event)
    },
  }
  return attempt
}
