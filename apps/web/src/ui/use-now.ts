import { useCallback, useSyncExternalStore } from 'react'

/** The time now, renewed (and rounded down) to every `intervalMs`; undefined as interval stops the clock. */
export function useNow(intervalMs: number | undefined): number {
  const subscribe = useCallback(
    (changed: () => void) => {
      if (intervalMs === undefined) return () => {}
      const timer = setInterval(changed, intervalMs)
      return () => clearInterval(timer)
    },
    [intervalMs],
  )
  // The same value between two ticks, as React asks of a snapshot.
  return useSyncExternalStore(subscribe, () => (intervalMs === undefined ? 0 : Math.floor(Date.now() / intervalMs) * intervalMs))
}
