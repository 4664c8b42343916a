import type { LoopOptions } from './poll-loop.ts'

/** Sweeps now and then until the signal says stop, and has the health written each time. */
export async function runSweepLoop(
  { attempts, waiting, logger, signal }: LoopOptions,
  saveHealth: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await waiting.clock.sleep(waiting.timings.sweepEveryMs, signal).catch(() => {})
    if (signal.aborted) return
    await attempts.sweep().catch((error: unknown) => {
      logger.error({ error }, 'Sweeping failed.')
    })
    await saveHealth()
  }
}
