import type { Attempt } from './attempt.ts'
import type { AttemptHost } from './attempt-host.ts'

/** Asks a runner to stop, and ends it when it does not. Neither happens while it holds an open permit. */
export function stopRunner(host: AttemptHost, attempt: Attempt, why: string): Promise<void> {
  const { logger } = host
  attempt.stopping ??= terminateThenKill(host, attempt, why)
    .catch((error: unknown) => {
      logger.error({ attemptId: attempt.id, error }, 'A runner could not be stopped.')
    })
    .finally(() => {
      attempt.stopping = undefined
    })
  return attempt.stopping
}

async function terminateThenKill(host: AttemptHost, attempt: Attempt, why: string): Promise<void> {
  const { executor, logger, waiting, stop } = host
  const first = await executor.signal(attempt.id, 'terminate')
  // Asked for again and again while a permit is open: said once.
  if (first !== attempt.lastSignal) logger.info({ attemptId: attempt.id, why, result: first }, 'A runner is asked to stop.')
  attempt.lastSignal = first
  if (first !== 'sent') return
  const grace = AbortSignal.any([stop, AbortSignal.timeout(Math.max(1, waiting.timings.heartbeatMs / 2))])
  const hasEnded = await executor.wait(attempt.id, grace).then(
    () => true,
    () => false,
  )
  if (hasEnded || stop.aborted) return
  const second = await executor.signal(attempt.id, 'kill')
  logger.warn({ attemptId: attempt.id, why, result: second }, 'A runner did not stop when asked to.')
}

/** Nobody wants the attempt any more. A runner that has just completed gets a moment to end by itself. */
export async function discardAttempt(host: AttemptHost, attempt: Attempt): Promise<void> {
  const { waiting, stop } = host
  await waiting.clock.sleep(Math.max(1, waiting.timings.heartbeatMs / 5), stop).catch(() => {})
  if (stop.aborted || !host.attempts.has(attempt.id)) return
  await attempt.update({ unwanted: true })
  attempt.reporter.drop()
  if (attempt.entry.phase === 'running' && !attempt.ended) await stopRunner(host, attempt, 'nobody wants it')
}
