import { type Clock, type Timings, backoffMs, toAppError } from '@sluice/base'
import { HttpCallError } from '@sluice/client'

/** What waiting needs; tests give their own. */
export interface Waiting {
  readonly clock: Clock
  readonly timings: Timings
  readonly random?: (() => number) | undefined
}

/**
 * How long to wait before the next try after `failures` failed ones (from 1): exponential with full jitter, so that a fleet that lost
 * its server does not come back at once. A server that named a moment (`Retry-After`) is given that long and then the jitter on top.
 */
export function retryDelayMs(failures: number, error: unknown, { timings, random }: Waiting): number {
  const jitter = backoffMs(Math.max(0, failures - 1), timings.retryBaseMs, timings.retryMaxMs, random)
  const named = error instanceof HttpCallError ? error.retryAfterMs : undefined
  // Bounded: a wrong header must not silence a delegate for a day.
  return named === undefined ? Math.max(1, jitter) : Math.min(named, timings.retryMaxMs) + jitter
}

/** Whether the same call may be answered differently later. */
export function isWorthRepeating(error: unknown): boolean {
  if (error instanceof HttpCallError)
    return error.status === 0 || error.status === 408 || error.status === 429 || error.status >= 500
  return toAppError(error).retryable
}

/** Calls until an answer that a repeat cannot change. Throws that answer, or the signal's reason. */
export async function insist<T>(
  call: () => Promise<T>,
  waiting: Waiting,
  signal: AbortSignal,
  onFailure: (error: unknown, failures: number) => void = () => {},
): Promise<T> {
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted()
    try {
      return await call()
    } catch (error) {
      if (signal.aborted || !isWorthRepeating(error)) throw error
      onFailure(error, failures)
      await waiting.clock.sleep(retryDelayMs(failures, error, waiting), signal)
    }
  }
}
