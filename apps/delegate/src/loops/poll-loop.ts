import type { Logger } from '@sluice/base'
import { type DelegateCommand, protocolEndpoints } from '@sluice/contract'
import type { Attempts } from '../attempts/attempts.ts'
import { type DrainState, isDraining } from '../drain-state.ts'
import type { Metrics } from '../metrics.ts'
import { type Waiting, retryDelayMs } from '../retry.ts'
import { type Session, callTimeoutMs } from '../session.ts'

export interface LoopOptions {
  readonly session: Session
  readonly attempts: Attempts
  readonly bootId: string
  readonly waiting: Waiting
  readonly logger: Logger
  readonly metrics: Metrics
  readonly signal: AbortSignal
  readonly drain: DrainState
  readonly onConnected: (isConnected: boolean) => void
}

/** Asks for commands until the signal says stop. While the delegate is revoked it asks now and then whether it still is. */
export async function runPollLoop(options: LoopOptions): Promise<void> {
  const { session, attempts, waiting, logger, metrics, signal, drain } = options
  const { clock, timings } = waiting
  const timeoutMs = timings.pollHoldMs + callTimeoutMs(timings)
  let failures = 0
  let idleRounds = 0
  while (!signal.aborted) {
    const startedAt = clock.monotonic()
    const round = new AbortController()
    try {
      const { free } = attempts
      if (free === 0) void endWhenFree(options, round)
      const { commands } = await session.call(protocolEndpoints.poll, {
        body: { bootId: options.bootId, executors: attempts.executors, free, draining: isDraining(drain) },
        signal: AbortSignal.any([signal, round.signal]),
        timeoutMs,
      })
      metrics.set('last_poll_seconds', (clock.monotonic() - startedAt) / 1000)
      options.onConnected(true)
      failures = 0
      const isNew = await act(commands, options)
      // Commands repeat until they have taken effect, and an empty answer may come at once from something in between. Neither may make
      // this loop spin.
      const cameEarly = clock.monotonic() - startedAt < timings.pollHoldMs / 4
      idleRounds = cameEarly && !isNew ? idleRounds + 1 : 0
      if (idleRounds > 0) await clock.sleep(Math.min(5, idleRounds) * timings.retryBaseMs, signal)
    } catch (error) {
      if (signal.aborted) return
      if (round.signal.aborted) continue
      options.onConnected(false)
      metrics.add('call_failures_total', { loop: 'poll' })
      failures++
      logger[failures === 1 ? 'warn' : 'debug']({ error, failures }, 'Polling failed; trying again.')
      const waitMs = session.standing === 'ok' ? retryDelayMs(failures, error, waiting) : timings.retryMaxMs
      await clock.sleep(waitMs, signal).catch(() => {})
    } finally {
      round.abort()
    }
  }
}

/**
 * A poll that said "no room" brings no offers for as long as it is held, so it is given up once there is room: an attempt has ended, or
 * the draining has.
 */
async function endWhenFree({ attempts, waiting, signal }: LoopOptions, round: AbortController): Promise<void> {
  const either = AbortSignal.any([signal, round.signal])
  while (!either.aborted && attempts.free === 0) {
    await waiting.clock.sleep(waiting.timings.retryBaseMs, either).catch(() => {})
  }
  round.abort()
}

const seen = new WeakMap<Attempts, Set<string>>()

/** Acts on commands; whether there was anything that had not been acted on before. */
async function act(
  commands: readonly DelegateCommand[],
  { attempts, drain, waiting, logger, signal }: LoopOptions,
): Promise<boolean> {
  const known = seen.get(attempts) ?? new Set<string>()
  seen.set(attempts, known)
  if (known.size > 10_000) known.clear()
  let isNew = false
  const offers: Promise<void>[] = []
  for (const command of commands) {
    const key = JSON.stringify(command)
    if (!known.has(key)) isNew = true
    known.add(key)
    if (command.type === 'offer') offers.push(attempts.offer(command))
    else if (command.type === 'cancel') attempts.cancel(command.attemptId, command.mode)
    else if (command.type === 'cleanup') attempts.discard(command.attemptId)
    else if (!drain.byServer) {
      drain.byServer = true
      logger.info({}, 'The control plane drains this delegate: it takes no more work.')
    }
  }
  if (offers.length > 0) {
    // The next poll would bring the same offers again until they are answered; cancels must not wait longer than this.
    await Promise.race([Promise.allSettled(offers), waiting.clock.sleep(waiting.timings.retryBaseMs * 5, signal).catch(() => {})])
  }
  return isNew
}
