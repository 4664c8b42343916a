import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { AppError, type Diagnostic, type Logger, formatDiagnostic, toAppError } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import { type DelegateCommand, protocolEndpoints } from '@sluice/contract'
import type { AttemptEnd, Executor } from '@sluice/executor'
import { type DrainState, isDraining } from '../drain-state.ts'
import type { LogMasks } from '../log-masks.ts'
import type { Metrics } from '../metrics.ts'
import { type Waiting, insist } from '../retry.ts'
import type { Session } from '../session.ts'
import { type Attempt, createAttempt } from './attempt.ts'
import { type UptimeClock, deadlineIn, overdueMs } from './deadline.ts'
import { goneEvent, notPlacedEvent } from './end-message.ts'
import { type Journal, type JournalEntry, isAttemptId } from './journal.ts'
import { salvageLogs } from './log-salvage.ts'
import type { TaskGuard } from './task-guard.ts'

type Offer = Extract<DelegateCommand, { type: 'offer' }>
type CancelMode = 'graceful' | 'interrupt' | 'force'

/** The attempts of this delegate: takes offers, places them, watches them, cleans up behind them. */
export interface Attempts {
  /** Finds what an earlier process left, before anything is taken. */
  adopt(): Promise<void>
  /** Takes or declines an offer. Resolves when that is settled with the control plane; the work goes on. */
  offer(offer: Offer): Promise<void>
  cancel(attemptId: string, mode: CancelMode): void
  /** Nobody wants the attempt any more: stop caring, and remove it as soon as that is safe. */
  discard(attemptId: string): void
  /** Told by the relay: the control plane has acknowledged the runner's completion. */
  completed(attemptId: string): void
  isKnown(attemptId: string): boolean
  readonly count: number
  /** How many more may be taken. */
  readonly free: number
  /** For heartbeats. */
  list(): { attemptId: string; epoch: number; phase: 'preparing' | 'running' | 'finishing' }[]
  /** Hands back what has no runner yet. Resolves when that is settled. */
  handBack(reason: string): Promise<void>
  /** Enforces ends of life and tidies; called now and then. */
  sweep(): Promise<void>
}

export interface AttemptsOptions {
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
  /** What runners are given as their relay. */
  readonly relay: string
  /** Folder of the executor, where runners leave their log spools. */
  readonly attemptsDir: string
  readonly stop: AbortSignal
  /** For tests: told at named points, so that they can kill this process there. */
  readonly at?: ((point: string) => void) | undefined
}

const tailBytesMax = 2048

export function createAttempts(options: AttemptsOptions): Attempts {
  const { executor, guard, journal, session, waiting, logger, masks, metrics, uptime, stop } = options
  const { clock, timings } = waiting
  const at = options.at ?? (() => {})
  const attempts = new Map<string, Attempt>()
  const declined = new Set<string>()
  setMaxListeners(0, stop)

  const open = (entry: JournalEntry): Attempt => {
    const attempt = createAttempt(entry, { journal, session, waiting, logger, bootId: options.bootId, stop })
    attempts.set(entry.attemptId, attempt)
    metrics.set('tasks_running', attempts.size)
    return attempt
  }

  const forget = async (attempt: Attempt): Promise<void> => {
    await executor.remove(attempt.id)
    masks.remove(attempt.id)
    attempts.delete(attempt.id)
    metrics.set('tasks_running', attempts.size)
    await journal.remove(attempt.id)
    at('removed')
  }

  /** Everything after the runner's end, from whatever point an earlier process had come to. */
  const finish = async (attempt: Attempt, end: AttemptEnd): Promise<void> => {
    const { id } = attempt
    attempt.ended = true
    attempt.endedAt ??= clock.monotonic()
    const isComplete = end.how === 'completed' || attempt.completionSeen
    at('ended')
    if (attempt.entry.phase !== 'finishing') {
      metrics.add('attempts_ended_total', { how: isComplete ? 'completed' : end.how })
      logger.info({ attemptId: id, ...end }, 'A runner has ended.')
      await attempt.update({ phase: 'finishing' })
    }
    if (!isComplete && !attempt.entry.unwanted) {
      await attempt.reportGone(goneEvent(end, await maskedTail(attempt)))
      await untilStop(attempt.reporter.settled())
      at('gone-acknowledged')
      await salvageLogs({
        attemptId: id,
        epoch: attempt.entry.epoch,
        folder: join(options.attemptsDir, id),
        session,
        waiting,
        logger,
        signal: stop,
      })
    }
    if (!stop.aborted) await forget(attempt)
  }

  /** What the runner said last, where all that it could say can be masked. */
  const maskedTail = async (attempt: Attempt): Promise<string> => {
    if (attempt.entry.hasSecrets && !masks.has(attempt.id)) return ''
    return masks.maskText(await executor.tail(attempt.id, tailBytesMax).catch(() => ''))
  }

  /** Waits, but not beyond this process's stop. */
  const untilStop = async (promise: Promise<unknown>): Promise<void> => {
    const { promise: stopped, resolve } = Promise.withResolvers<void>()
    const onStop = (): void => {
      resolve()
    }
    if (stop.aborted) return
    stop.addEventListener('abort', onStop, { once: true })
    await Promise.race([promise, stopped]).finally(() => {
      stop.removeEventListener('abort', onStop)
    })
  }

  const finishUntilDone = (attempt: Attempt, end: AttemptEnd): Promise<void> =>
    finish(attempt, end).catch((error: unknown) => {
      if (stop.aborted) return
      logger.error({ attemptId: attempt.id, error }, 'An attempt could not be finished; the sweeper tries again.')
      attempt.again = () => finishUntilDone(attempt, end)
    })

  const watch = (attempt: Attempt): void => {
    void executor.wait(attempt.id, stop).then(
      (end) => finishUntilDone(attempt, end),
      (error: unknown) => {
        if (!stop.aborted) logger.error({ attemptId: attempt.id, error }, 'A runner cannot be watched.')
      },
    )
  }

  /** The attempt never had a runner: says so and removes it. */
  const giveBack = async (attempt: Attempt, reason: 'placement' | 'secret' | 'policy', message: string): Promise<void> => {
    attempt.ended = true
    attempt.isStarting = false
    attempt.endedAt ??= clock.monotonic()
    metrics.add('attempts_ended_total', { how: 'notStarted' })
    logger.warn({ attemptId: attempt.id, reason, detail: masks.maskText(message) }, 'An attempt was given back without a runner.')
    if (!attempt.entry.unwanted) {
      await attempt.reportGone(notPlacedEvent(reason, masks.maskText(message)))
      await untilStop(attempt.reporter.settled())
    }
    if (!stop.aborted) await forget(attempt)
  }

  const accept = async (attempt: Attempt): Promise<void> => {
    const { id, entry } = attempt
    let reply
    try {
      reply = await insist(
        () =>
          session.call(protocolEndpoints.accept, {
            params: { attemptId: id },
            body: { epoch: entry.epoch, bootId: options.bootId },
            signal: AbortSignal.any([stop, attempt.noStart.signal]),
          }),
        waiting,
        AbortSignal.any([stop, attempt.noStart.signal, AbortSignal.timeout(timings.leaseMs)]),
      )
    } catch (error) {
      if (stop.aborted) return
      if (error instanceof HttpCallError && [404, 409, 410].includes(error.status)) {
        logger.info({ attemptId: id, code: error.code }, 'The offer was gone before it was accepted.')
        await forget(attempt)
        return
      }
      // It may have been accepted all the same, so its end has to be told.
      background(giveBack(attempt, 'placement', `The offer could not be accepted: ${describe(error)}`), id)
      return
    }
    at('accepted')
    const { task, attemptToken } = reply
    if (task.attemptId !== id || task.epoch !== entry.epoch) {
      background(giveBack(attempt, 'placement', 'The control plane sent the task of another attempt.'), id)
      return
    }
    await attempt.update({
      phase: 'preparing',
      attemptToken,
      hasSecrets: task.secrets.length > 0,
      deadline: deadlineIn(task.notAfterMs, uptime),
    })
    background(place(attempt, task, attemptToken), id)
  }

  const place = async (attempt: Attempt, task: Parameters<TaskGuard['judgeTask']>[0], attemptToken: string): Promise<void> => {
    const { id, noStart } = attempt
    const refusals = guard.judgeTask(task).filter(isError)
    if (refusals.length > 0) return giveBack(attempt, 'policy', listOf(refusals))
    await attempt.report({ type: 'attempt.preparing' })
    at('preparing')
    let values: ReadonlyMap<string, Uint8Array> = new Map()
    try {
      // The pod-init request: here, and nowhere before, references become values.
      const resolved = await resolve(task, AbortSignal.any([stop, noStart.signal]))
      if (resolved.values === undefined) return await giveBack(attempt, 'secret', listOf(resolved.diagnostics.filter(isError)))
      values = resolved.values
      masks.add(id, values)
      await executor.prepare({ attemptId: id, epoch: task.epoch, task, attemptToken, relay: options.relay })
      at('prepared')
      if (stop.aborted) return
      if (noStart.signal.aborted) return await giveBack(attempt, 'placement', reasonOf(noStart.signal))
      await attempt.update({ phase: 'running' })
      const placed = await executor.place(id, values)
      at('placed')
      logger.info({ attemptId: id, executionId: task.executionId, place: placed.place }, 'A runner was started.')
      await attempt.report({ type: 'attempt.running', place: placed.place })
      watch(attempt)
    } catch (error) {
      if (stop.aborted) return
      await giveBack(attempt, 'placement', noStart.signal.aborted ? reasonOf(noStart.signal) : describe(error))
    } finally {
      for (const value of values.values()) value.fill(0)
      attempt.isStarting = false
    }
  }

  const resolve: TaskGuard['resolve'] = async (task, signal) => {
    const startedAt = clock.monotonic()
    try {
      return await guard.resolve(task, signal)
    } finally {
      metrics.add('secret_resolve_seconds_sum', {}, (clock.monotonic() - startedAt) / 1000)
      metrics.add('secret_resolve_seconds_count')
    }
  }

  /** Runs on its own; a failure that nobody foresaw ends the attempt, not the process. */
  const background = (work: Promise<void>, attemptId: string): void => {
    work.catch((error: unknown) => {
      if (stop.aborted) return
      logger.error({ attemptId, error }, 'An attempt failed in the delegate.')
      const attempt = attempts.get(attemptId)
      if (attempt === undefined || attempt.entry.phase === 'running') return
      void giveBack(attempt, 'placement', `The delegate failed: ${describe(error)}`).catch(() => {})
    })
  }

  const stopRunner = (attempt: Attempt, why: string): Promise<void> => {
    attempt.stopping ??= (async () => {
      const first = await executor.signal(attempt.id, 'terminate')
      // Asked for again and again while a permit is open: said once.
      if (first !== attempt.lastSignal) logger.info({ attemptId: attempt.id, why, result: first }, 'A runner is asked to stop.')
      attempt.lastSignal = first
      if (first === 'sent') {
        const graceMs = Math.max(1, timings.heartbeatMs / 2)
        const timer = AbortSignal.any([stop, AbortSignal.timeout(graceMs)])
        const hasEnded = await executor.wait(attempt.id, timer).then(
          () => true,
          () => false,
        )
        if (!hasEnded && !stop.aborted) {
          const second = await executor.signal(attempt.id, 'kill')
          logger.warn({ attemptId: attempt.id, why, result: second }, 'A runner did not stop when asked to.')
        }
      }
    })()
      .catch((error: unknown) => {
        logger.error({ attemptId: attempt.id, error }, 'A runner could not be stopped.')
      })
      .finally(() => {
        attempt.stopping = undefined
      })
    return attempt.stopping
  }

  const decline = async (
    offer: Offer,
    code: 'policy' | 'capacity' | 'draining' | 'unsupported',
    message: string,
  ): Promise<void> => {
    metrics.add('declines_total', { reason: code })
    const key = `${offer.attemptId} ${offer.epoch}`
    if (declined.has(key)) return
    // Offers repeat; one decline is enough. Bounded: what falls out is only declined once more.
    if (declined.size > 1000) declined.clear()
    declined.add(key)
    logger.info({ attemptId: offer.attemptId, code, detail: message }, 'An offer was declined.')
    await session
      .call(protocolEndpoints.decline, {
        params: { attemptId: offer.attemptId },
        body: { epoch: offer.epoch, bootId: options.bootId, reason: { code, message: message.slice(0, 4096) } },
        signal: stop,
      })
      .catch((error: unknown) => {
        // Offers expire: a lost decline costs a moment, not correctness.
        declined.delete(key)
        if (!stop.aborted) logger.debug({ attemptId: offer.attemptId, error }, 'A decline was not taken.')
      })
  }

  const running = (): number => [...attempts.values()].filter((attempt) => !attempt.ended).length

  return {
    async adopt() {
      const entries = new Map((await journal.load()).map((entry) => [entry.attemptId, entry]))
      for (const placed of await executor.adopt()) {
        const entry = entries.get(placed.attemptId) ?? lostEntry(placed.attemptId, placed.epoch)
        entries.delete(placed.attemptId)
        const attempt = open(entry)
        logger.info({ attemptId: attempt.id, phase: placed.phase, place: placed.place }, 'An attempt was adopted.')
        if (placed.phase === 'running') {
          if (entry.phase !== 'running') await attempt.update({ phase: 'running' })
          watch(attempt)
          if (entry.unwanted) void stopRunner(attempt, 'nobody wants it')
        } else if (placed.phase === 'ended' && placed.end !== undefined && placed.end.how !== 'notStarted') {
          void finishUntilDone(attempt, placed.end)
        } else background(giveBack(attempt, 'placement', 'The delegate was restarted before the runner was started.'), attempt.id)
      }
      // Those without a place.
      for (const entry of entries.values()) {
        const attempt = open(entry)
        if (entry.phase === 'running') {
          void finishUntilDone(attempt, { how: 'missing', exitCode: null, signal: null })
        } else if (entry.phase === 'finishing' && !entry.goneReported) {
          await forget(attempt)
        } else background(giveBack(attempt, 'placement', 'The delegate was restarted before the runner was started.'), attempt.id)
      }
    },

    async offer(offer) {
      metrics.add('offers_total')
      if (attempts.has(offer.attemptId)) return
      if (!isAttemptId(offer.attemptId))
        return decline(offer, 'unsupported', 'The attempt’s id is not one that this delegate understands.')
      if (isDraining(options.drain)) return decline(offer, 'draining', 'This delegate takes no more work.')
      if (offer.infraType !== executor.kind && offer.infraType !== 'process') {
        return decline(offer, 'unsupported', `This delegate runs step groups as processes, not on "${offer.infraType}".`)
      }
      const refusals = guard.judgeOffer(offer).filter(isError)
      if (refusals.length > 0) return decline(offer, 'policy', listOf(refusals))
      if (running() >= options.capacity)
        return decline(offer, 'capacity', `All ${options.capacity} places of this delegate are taken.`)
      const attempt = open({ ...lostEntry(offer.attemptId, offer.epoch), phase: 'accepting', hasSecrets: false })
      // On disk before the accept: an attempt that this delegate holds is never one that its next start does not know.
      attempt.isStarting = true
      await attempt.update({})
      at('offered')
      await accept(attempt)
    },

    cancel(attemptId, mode) {
      const attempt = attempts.get(attemptId)
      if (attempt === undefined || attempt.ended) return
      attempt.noStart.abort(
        new AppError('canceled', 'ATTEMPT_CANCELED', 'The attempt was cancelled before its runner was started.'),
      )
      // The runner hears of the gentle modes itself, and knows how to stop a statement; this is for one that does not listen.
      if (mode === 'force' && attempt.entry.phase === 'running') void stopRunner(attempt, 'cancelled by force')
    },

    discard(attemptId) {
      const attempt = attempts.get(attemptId)
      if (attempt === undefined || attempt.entry.unwanted) return
      attempt.noStart.abort(
        new AppError('canceled', 'ATTEMPT_FENCED', 'The attempt was taken back before its runner was started.'),
      )
      background(discardSoon(attempt), attemptId)
    },

    completed(attemptId) {
      const attempt = attempts.get(attemptId)
      if (attempt !== undefined) attempt.completionSeen = true
    },

    isKnown: (attemptId) => attempts.has(attemptId),
    get count() {
      return attempts.size
    },
    get free() {
      return isDraining(options.drain) ? 0 : Math.max(0, options.capacity - running())
    },
    list: () =>
      [...attempts.values()].flatMap(({ id, entry, ended }) =>
        entry.phase === 'accepting'
          ? []
          : [
              {
                attemptId: id,
                epoch: entry.epoch,
                phase: ended ? ('finishing' as const) : entry.phase === 'finishing' ? 'finishing' : entry.phase,
              },
            ],
      ),

    async handBack(reason) {
      const unstarted = [...attempts.values()].filter(({ ended, isStarting }) => ended || isStarting)
      for (const attempt of unstarted) attempt.noStart.abort(new AppError('canceled', 'DELEGATE_DRAINING', reason))
      // Ways out: the runner runs, or the end is told and the attempt is off the map.
      const isSettled = (attempt: Attempt): boolean => !attempts.has(attempt.id) || (!attempt.isStarting && !attempt.ended)
      while (!stop.aborted && !unstarted.every(isSettled)) await clock.sleep(timings.retryBaseMs / 4, stop).catch(() => {})
    },

    async sweep() {
      await executor.tend()
      for (const attempt of attempts.values()) {
        const { again } = attempt
        attempt.again = undefined
        void again?.()
        const overdue = overdueMs(attempt.entry.deadline, uptime)
        if (!attempt.ended && attempt.entry.phase === 'running') {
          if (attempt.entry.unwanted) void stopRunner(attempt, 'nobody wants it')
          else if (overdue !== undefined && overdue > 0) void stopRunner(attempt, 'its life is over')
        } else if (attempt.ended && isForgotten(attempt, overdue)) {
          metrics.add('orphans_removed_total')
          logger.warn({ attemptId: attempt.id }, 'A place is removed although the control plane has not acknowledged its end.')
          attempt.reporter.drop()
          await forget(attempt).catch((error: unknown) => {
            logger.error({ attemptId: attempt.id, error }, 'A place could not be removed.')
          })
        }
      }
    },
  }

  function isForgotten(attempt: Attempt, overdue: number | undefined): boolean {
    if (attempt.endedAt === undefined) return false
    const endedForMs = clock.monotonic() - attempt.endedAt
    // Both: never before the end of its life plus slack, and never without having tried for that long to report it.
    return endedForMs > timings.sweepSlackMs && (overdue === undefined || overdue > timings.sweepSlackMs)
  }

  async function discardSoon(attempt: Attempt): Promise<void> {
    // A runner that has just completed is about to end by itself.
    await clock.sleep(Math.max(1, timings.heartbeatMs / 5), stop).catch(() => {})
    if (stop.aborted || !attempts.has(attempt.id)) return
    await attempt.update({ unwanted: true })
    attempt.reporter.drop()
    if (attempt.entry.phase === 'running' && !attempt.ended) await stopRunner(attempt, 'nobody wants it')
  }
}

function lostEntry(attemptId: string, epoch: number): JournalEntry {
  return {
    attemptId,
    epoch,
    phase: 'running',
    // What is not known may not be shown.
    hasSecrets: true,
    pending: [],
    goneReported: false,
    unwanted: false,
  }
}

function isError({ severity }: Diagnostic): boolean {
  return severity === 'error'
}

function listOf(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(formatDiagnostic).join('\n')
}

function describe(error: unknown): string {
  const { message, hint } = toAppError(error)
  return hint === undefined ? message : `${message} ${hint}`
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : 'The attempt was stopped before its runner was started.'
}
