import type { Clock } from '@sluice/base'
import { HttpError } from '../http/http-error.ts'

/** Keeps callers from asking more often than anybody has reason to. Per process, in memory. */
export interface RateLimiter {
  /** Counts one call of `key`. Throws 429 with `Retry-After` when it made too many. */
  take(key: string): void
}

/** Callers remembered at once; the longest silent ones are forgotten. */
const keysMax = 20_000

/** A token bucket per key: `burst` calls at once, refilled with `perSecond`. */
export function createRateLimiter(options: {
  readonly clock: Clock
  readonly perSecond: number
  readonly burst: number
}): RateLimiter {
  const { clock, perSecond, burst } = options
  const buckets = new Map<string, { left: number; at: number }>()
  return {
    take(key) {
      const now = clock.monotonic()
      const bucket = buckets.get(key) ?? { left: burst, at: now }
      bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * perSecond)
      bucket.at = now
      // Set anew, so that the map is in the order of last use.
      buckets.delete(key)
      buckets.set(key, bucket)
      if (buckets.size > keysMax) {
        const oldest = buckets.keys().next().value
        if (oldest !== undefined) buckets.delete(oldest)
      }
      if (bucket.left < 1) {
        const waitSeconds = Math.max(1, Math.ceil((1 - bucket.left) / perSecond))
        throw new HttpError(429, 'unavailable', 'TOO_MANY_REQUESTS', 'This caller makes more calls than it has reason to.', {
          hint: `Wait ${String(waitSeconds)} s, then go on more slowly.`,
          headers: { 'retry-after': String(waitSeconds) },
        })
      }
      bucket.left -= 1
    },
  }
}
