/**
 * Whether the server can be reached, as one thing for the whole page: calls and event streams report to it, the banner shows it, and
 * whoever waits before a retry is woken when a person asks or the browser comes back online.
 */
export interface Connection {
  readonly report: (source: string, isUp: boolean) => void
  /** Forgets a source that nobody uses any more. */
  readonly forget: (source: string) => void
  /** When the connection was lost, in milliseconds since the epoch; undefined while it is there. */
  readonly lostSince: () => number | undefined
  readonly subscribe: (listener: () => void) => () => void
  /** Resolves after `ms`, on `retryNow` or on abort. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
  readonly retryNow: () => void
}

export function createConnection(now: () => number = Date.now): Connection {
  const lost = new Set<string>()
  const listeners = new Set<() => void>()
  const waiting = new Set<() => void>()
  let since: number | undefined
  const update = (): void => {
    const next = lost.size === 0 ? undefined : (since ?? now())
    if (next === since) return
    since = next
    for (const listener of listeners) listener()
  }
  return {
    report(source, isUp) {
      if (isUp) lost.delete(source)
      else lost.add(source)
      update()
    },
    forget(source) {
      lost.delete(source)
      update()
    },
    lostSince: () => since,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    pause: (ms, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          waiting.delete(end)
          signal.removeEventListener('abort', end)
          resolve()
        }
        const timer = setTimeout(end, ms)
        waiting.add(end)
        signal.addEventListener('abort', end, { once: true })
        if (signal.aborted) end()
      }),
    retryNow() {
      for (const wake of waiting) wake()
    },
  }
}
