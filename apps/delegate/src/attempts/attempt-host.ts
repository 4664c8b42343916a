import { type Diagnostic, type Logger, formatDiagnostic, toAppError } from '@sluice/base'
import type { Executor } from '@sluice/executor'
import type { DrainState } from '../drain-state.ts'
import type { PermitLog } from '../kubernetes/permit-log.ts'
import type { LogMasks } from '../log-masks.ts'
import type { Metrics } from '../metrics.ts'
import type { Waiting } from '../retry.ts'
import type { Session } from '../session.ts'
import { type Attempt, createAttempt } from './attempt.ts'
import type { UptimeClock } from './deadline.ts'
import type { Journal, JournalEntry } from './journal.ts'
import type { TaskGuard } from './task-guard.ts'

/** What all that happens to attempts shares: the parts of the delegate, and the attempts that are here. */
export interface AttemptHost {
  readonly executor: Executor
  readonly guard: TaskGuard
  readonly journal: Journal
  readonly session: Session
  readonly waiting: Waiting
  readonly logger: Logger
  readonly masks: LogMasks
  readonly metrics: Metrics
  readonly uptime: UptimeClock
  readonly bootId: string
  readonly capacity: number
  readonly drain: DrainState
  /** What is known about permits of attempts in pods; undefined without a cluster. */
  readonly permits?: PermitLog | undefined
  /** What runners are given as their relay. */
  readonly relay: string
  /** Folder of the executor, where runners leave their log spools. */
  readonly attemptsDir: string
  /** Ends what this process does for attempts; runners go on. */
  readonly stop: AbortSignal
  /** Told at named points, so that tests can kill this process there. */
  readonly at: (point: string) => void
  readonly attempts: Map<string, Attempt>
}

export function openAttempt(host: AttemptHost, entry: JournalEntry): Attempt {
  const attempt = createAttempt(entry, host)
  host.attempts.set(entry.attemptId, attempt)
  host.metrics.set('tasks_running', host.attempts.size)
  return attempt
}

/** Removes everything of an attempt: its place, its values' masks, its journal. */
export async function forgetAttempt(host: AttemptHost, attempt: Attempt): Promise<void> {
  await host.executor.remove(attempt.id)
  host.masks.remove(attempt.id)
  host.attempts.delete(attempt.id)
  host.metrics.set('tasks_running', host.attempts.size)
  await host.journal.remove(attempt.id)
  host.at('removed')
}

/** How many places are taken. */
export function countRunning({ attempts }: AttemptHost): number {
  return [...attempts.values()].filter((attempt) => !attempt.ended).length
}

/** Waits, but not beyond this process's stop. */
export async function untilStop({ stop }: AttemptHost, promise: Promise<unknown>): Promise<void> {
  if (stop.aborted) return
  const { promise: stopped, resolve } = Promise.withResolvers<void>()
  const onStop = (): void => {
    resolve()
  }
  stop.addEventListener('abort', onStop, { once: true })
  await Promise.race([promise, stopped]).finally(() => {
    stop.removeEventListener('abort', onStop)
  })
}

/** An entry of which nothing is known but the attempt. */
export function blankEntry(attemptId: string, epoch: number, phase: JournalEntry['phase']): JournalEntry {
  // Whether it has secrets is not known, so what it said may not be shown.
  return { attemptId, epoch, phase, hasSecrets: true, pending: [], goneReported: false, unwanted: false }
}

export function isError({ severity }: Diagnostic): boolean {
  return severity === 'error'
}

export function listOf(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(formatDiagnostic).join('\n')
}

export function describe(error: unknown): string {
  const { message, hint } = toAppError(error)
  return hint === undefined ? message : `${message} ${hint}`
}
