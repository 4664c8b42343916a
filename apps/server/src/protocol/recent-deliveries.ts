import type { Clock } from '@sluice/base'

/**
 * What was told to whom a moment ago. Commands are repeated until they show an effect, since any reply may be lost; told again in
 * every reply, they would turn long polls into busy loops.
 */
export interface RecentDeliveries {
  /** Whether this was told to this listener less than `quietMs` ago. If not, it counts as told now. */
  isRepeat(listener: string, what: string, quietMs: number): boolean
}

const entriesMax = 50_000

export function createRecentDeliveries(clock: Clock): RecentDeliveries {
  const told = new Map<string, number>()
  return {
    isRepeat(listener, what, quietMs) {
      const key = `${listener} ${what}`
      const now = clock.monotonic()
      const before = told.get(key)
      if (before !== undefined && now - before < quietMs) return true
      told.delete(key)
      told.set(key, now)
      if (told.size > entriesMax) {
        const oldest = told.keys().next().value
        if (oldest !== undefined) told.delete(oldest)
      }
      return false
    },
  }
}
