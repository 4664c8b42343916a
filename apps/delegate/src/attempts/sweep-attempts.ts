import type { Attempt } from './attempt.ts'
import { type AttemptHost, forgetAttempt } from './attempt-host.ts'
import { overdueMs } from './deadline.ts'
import { stopRunner } from './stop-runner.ts'

/** Enforces ends of life, tries again what failed, and removes what the control plane has not asked about for too long. */
export async function sweepAttempts(host: AttemptHost): Promise<void> {
  const { executor, uptime, metrics, logger, waiting } = host
  await executor.tend()
  for (const attempt of host.attempts.values()) {
    const { again } = attempt
    attempt.again = undefined
    void again?.()
    const overdue = overdueMs(attempt.entry.deadline, uptime)
    if (!attempt.ended && attempt.entry.phase === 'running') {
      if (attempt.entry.unwanted) void stopRunner(host, attempt, 'nobody wants it')
      // The runner ends its life itself, in good order; this is for one that does not.
      else if (overdue !== undefined && overdue > waiting.timings.cancelForceMs)
        void stopRunner(host, attempt, 'its life is over')
    } else if (attempt.ended && isForgotten(host, attempt, overdue)) {
      metrics.add('orphans_removed_total')
      logger.warn({ attemptId: attempt.id }, 'A place is removed although the control plane has not acknowledged its end.')
      attempt.reporter.drop()
      await forgetAttempt(host, attempt).catch((error: unknown) => {
        logger.error({ attemptId: attempt.id, error }, 'A place could not be removed.')
      })
    }
  }
}

function isForgotten({ waiting }: AttemptHost, attempt: Attempt, overdue: number | undefined): boolean {
  if (attempt.endedAt === undefined) return false
  const { sweepSlackMs } = waiting.timings
  const endedForMs = waiting.clock.monotonic() - attempt.endedAt
  // Both: never before the end of its life plus slack, and never without having tried for that long to report it.
  return endedForMs > sweepSlackMs && (overdue === undefined || overdue > sweepSlackMs)
}
