import type { Clock, Timings } from '@sluice/base'

/**
 * Whether this server may judge that others are silent. It may not while it is, or was a moment ago, deaf itself: just started, its
 * event loop stalled, its database away or slow. Healthy delegates would be taken for lost ones.
 */
export interface HealthGate {
  /** To be called about every `sweepEveryMs`, with a query that shows that the database answers. */
  check(probe: () => Promise<unknown>): Promise<void>
  readonly isOpen: boolean
}

export function createHealthGate({ clock, timings }: { readonly clock: Clock; readonly timings: Timings }): HealthGate {
  // A pause that is shorter leaves every heartbeat in time for its lease.
  const stallMs = timings.leaseMs / 4
  let healthySince = clock.monotonic()
  let lastCheckAt = clock.monotonic()
  const fail = (): void => {
    healthySince = clock.monotonic()
  }
  return {
    async check(probe) {
      const startedAt = clock.monotonic()
      if (startedAt - lastCheckAt > timings.sweepEveryMs + stallMs) fail()
      try {
        await probe()
      } catch {
        fail()
      }
      lastCheckAt = clock.monotonic()
      if (lastCheckAt - startedAt > stallMs) fail()
    },
    get isOpen() {
      const now = clock.monotonic()
      return now - healthySince >= timings.leaseGraceMs && now - lastCheckAt <= timings.sweepEveryMs + stallMs
    },
  }
}
