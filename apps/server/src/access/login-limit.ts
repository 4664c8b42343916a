import type { Clock } from '@sluice/base'
import { HttpError } from '../http/http-error.ts'

const windowMs = 60_000
const failuresMax = 10
/** Addresses remembered at most; the one that failed longest ago goes first. */
const addressesMax = 10_000

/** Counts failed logins per address, so that guessing is slow. Bounded, in this process's memory. */
export interface LoginLimit {
  /** Throws 429 when the address has failed too often within a minute. */
  check(address: string): void
  noteFailure(address: string): void
}

export function createLoginLimit(clock: Clock): LoginLimit {
  const failures = new Map<string, { count: number; since: number }>()
  return {
    check(address) {
      const entry = failures.get(address)
      if (entry === undefined) return
      const leftMs = entry.since + windowMs - clock.monotonic()
      if (leftMs <= 0) {
        failures.delete(address)
        return
      }
      if (entry.count < failuresMax) return
      const seconds = Math.ceil(leftMs / 1000)
      throw new HttpError(429, 'limitExceeded', 'LOGIN_LIMIT', 'Too many failed logins from this address.', {
        hint: `Try again in ${String(seconds)} s.`,
        headers: { 'retry-after': String(seconds) },
      })
    },
    noteFailure(address) {
      const now = clock.monotonic()
      const entry = failures.get(address)
      failures.delete(address)
      if (entry !== undefined && entry.since + windowMs > now)
        failures.set(address, { count: entry.count + 1, since: entry.since })
      else failures.set(address, { count: 1, since: now })
      const [oldest] = failures.keys()
      if (failures.size > addressesMax && oldest !== undefined) failures.delete(oldest)
    },
  }
}
