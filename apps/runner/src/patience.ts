import type { Timings } from '@sluice/base'

/** How long a runner waits for a relay that may never come back: its delegate may be gone for good. */
export interface Patience {
  /** Aborted a while after the attempt's life: no order can be for it any more, and nobody needs to be told that there are none. */
  readonly orders: AbortSignal
  /** Aborted much later: an outcome that was not told settles a step that the control plane calls Unknown by then. */
  readonly reports: AbortSignal
  close(): void
}

/** setTimeout takes at most 2^31-1 ms, about 24 days. */
const timerMsMax = 2 ** 31 - 1

/** Begins now, with the attempt's life still to come. */
export function openPatience(notAfterMs: number, { sweepSlackMs, reportLingerMs }: Timings): Patience {
  const orders = new AbortController()
  const reports = new AbortController()
  const end = (controller: AbortController, afterMs: number): NodeJS.Timeout =>
    setTimeout(
      () => controller.abort(new Error('The attempt’s time is over, and nobody takes its reports.')),
      Math.min(afterMs, timerMsMax),
    )
  const timers = [end(orders, notAfterMs + sweepSlackMs), end(reports, notAfterMs + reportLingerMs)]
  return {
    orders: orders.signal,
    reports: reports.signal,
    close() {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
