import { setMaxListeners } from 'node:events'
import { AppError } from '@sluice/base'
import type { PlaceNotice } from '@sluice/executor'
import { isDraining } from '../drain-state.ts'
import { adoptAttempts } from './adopt-attempts.ts'
import type { Attempt } from './attempt.ts'
import { type AttemptHost, countRunning } from './attempt-host.ts'
import { inBackground } from './end-attempt.ts'
import { discardAttempt, stopRunner } from './stop-runner.ts'
import { executorsOf } from './executors-of.ts'
import { noticeEvent } from './notice-event.ts'
import { sweepAttempts } from './sweep-attempts.ts'
import { type Offer, takeOffer } from './take-offer.ts'

/** An attempt as heartbeats list it. */
export interface ListedAttempt {
  readonly attemptId: string
  readonly epoch: number
  readonly phase: 'preparing' | 'running' | 'finishing'
}

/** The attempts of this delegate: takes offers, places them, watches them, cleans up behind them. */
export interface Attempts {
  /** Finds what an earlier process left, before anything is taken. */
  adopt(): Promise<void>
  /** Takes or declines an offer. Resolves when that is settled with the control plane; the work goes on. */
  offer(offer: Offer): Promise<void>
  /** The runner hears of the gentle modes itself; `force` is for one that does not listen. */
  cancel(attemptId: string, mode: 'graceful' | 'interrupt' | 'force'): void
  /** Nobody wants the attempt any more: stop caring, and remove it as soon as that is safe. */
  discard(attemptId: string): void
  /** Told by the relay: the control plane has acknowledged the runner's completion. */
  completed(attemptId: string): void
  /** What a heartbeat's answer says about an attempt's permits. */
  notePermits(attemptId: string, said: { readonly noneWillFollow: boolean; readonly open: boolean | undefined }): void
  /** Told by an executor: what stands in the way of a start, and what the cluster says. */
  notice(attemptId: string, notice: PlaceNotice): void
  /** Where step groups can be placed here. */
  readonly executors: ('process' | 'kubernetes')[]
  isKnown(attemptId: string): boolean
  readonly count: number
  /** How many more may be taken. */
  readonly free: number
  list(): ListedAttempt[]
  /** Hands back what has no runner yet. Resolves when that is settled. */
  handBack(reason: string): Promise<void>
  /** Enforces ends of life and tidies; called now and then. */
  sweep(): Promise<void>
}

export type AttemptsOptions = Omit<AttemptHost, 'attempts'>

export function createAttempts(options: AttemptsOptions): Attempts {
  const host: AttemptHost = { ...options, attempts: new Map() }
  const { attempts, waiting, stop } = host
  const declined = new Set<string>()
  // Every attempt waits on it.
  setMaxListeners(0, stop)

  return {
    adopt: () => adoptAttempts(host),
    offer: (offer) => takeOffer(host, offer, declined),

    cancel(attemptId, mode) {
      const attempt = attempts.get(attemptId)
      if (attempt === undefined || attempt.ended) return
      attempt.noStart.abort(notStarted('ATTEMPT_CANCELED', 'The attempt was cancelled before its runner was started.'))
      if (mode === 'force' && attempt.entry.phase === 'running') void stopRunner(host, attempt, 'cancelled by force')
    },

    discard(attemptId) {
      const attempt = attempts.get(attemptId)
      if (attempt === undefined || attempt.entry.unwanted) return
      attempt.noStart.abort(notStarted('ATTEMPT_FENCED', 'The attempt was taken back before its runner was started.'))
      inBackground(host, attempt, discardAttempt(host, attempt))
    },

    completed(attemptId) {
      const attempt = attempts.get(attemptId)
      if (attempt !== undefined) attempt.completionSeen = true
      // Its outcomes are stored: whatever it held is released.
      host.permits?.cleared(attemptId)
    },

    notePermits(attemptId, { noneWillFollow, open }) {
      if (noneWillFollow && open === false) host.permits?.cleared(attemptId)
    },

    notice(attemptId, notice) {
      const attempt = attempts.get(attemptId)
      if (attempt === undefined || attempt.entry.unwanted) return
      void attempt.report(noticeEvent(notice, host.masks))
    },

    executors: executorsOf(host),

    isKnown: (attemptId) => attempts.has(attemptId),
    get count() {
      return attempts.size
    },
    get free() {
      return isDraining(host.drain) ? 0 : Math.max(0, host.capacity - countRunning(host))
    },
    list: () => [...attempts.values()].flatMap(listed),

    async handBack(reason) {
      const unstarted = [...attempts.values()].filter(({ ended, isStarting }) => ended || isStarting)
      for (const attempt of unstarted) attempt.noStart.abort(notStarted('DELEGATE_DRAINING', reason))
      // Ways out: the runner runs, or the end is told and the attempt is off the map.
      const isSettled = (attempt: Attempt): boolean => !attempts.has(attempt.id) || (!attempt.isStarting && !attempt.ended)
      while (!stop.aborted && !unstarted.every(isSettled)) {
        await waiting.clock.sleep(waiting.timings.retryBaseMs / 4, stop).catch(() => {})
      }
    },

    sweep: () => sweepAttempts(host),
  }
}

/** The control plane does not know yet whether an attempt is accepted while that is being asked: it is not listed before. */
function listed({ id, entry, ended }: Attempt): ListedAttempt[] {
  if (entry.phase === 'accepting') return []
  return [{ attemptId: id, epoch: entry.epoch, phase: ended ? 'finishing' : entry.phase }]
}

function notStarted(code: string, message: string): AppError {
  return new AppError('canceled', code, message)
}
