import { type Clock, type Timings, toAppError } from '@sluice/base'

export interface RetryOptions {
  readonly clock: Clock
  readonly timings: Timings
  readonly signal: AbortSignal
  /** One line for each failed try that another one follows. */
  readonly say: (line: string) => void
  readonly random?: (() => number) | undefined
}

/**
 * Does work that only reads, again and again for up to `connectRetryMs` while it fails as `unavailable`: a network that comes up or a server
 * that restarts is no reason to fail a step. What was refused is refused.
 *
 * Throws the last failure, or the signal's reason.
 */
export async function retryWhileUnavailable<Result>(work: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { clock, timings, signal, say, random = Math.random } = options
  const startedAt = clock.monotonic()
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (thrown) {
      signal.throwIfAborted()
      const error = toAppError(thrown)
      // From about a second to about a heartbeat, and never the same for all runners that lost one server.
      const longestMs = Math.min(timings.heartbeatMs, (timings.heartbeatMs / 10) * 2 ** Math.min(attempt, 10))
      const waitMs = longestMs * (0.5 + random() / 2)
      if (error.kind !== 'unavailable' || clock.monotonic() - startedAt + waitMs > timings.connectRetryMs) throw thrown
      say(`${error.message} Trying again in ${(waitMs / 1000).toFixed(1)} s.`)
      await clock.sleep(waitMs, signal)
    }
  }
}
