import { type AttemptHost, blankEntry, forgetAttempt, openAttempt } from './attempt-host.ts'
import { finishAttempt, giveBack, inBackground, watchRunner } from './end-attempt.ts'
import { stopRunner } from './stop-runner.ts'

const notStarted = 'The delegate was restarted before the runner was started.'

/** Goes on with what an earlier process left: what the executor finds, told apart by what the journal says about it. */
export async function adoptAttempts(host: AttemptHost): Promise<void> {
  const { executor, journal, logger } = host
  const entries = new Map((await journal.load()).map((entry) => [entry.attemptId, entry]))
  for (const { attemptId, epoch, phase, place, end } of await executor.adopt()) {
    const entry = entries.get(attemptId) ?? blankEntry(attemptId, epoch, 'running')
    entries.delete(attemptId)
    const attempt = openAttempt(host, entry)
    logger.info({ attemptId, phase, place }, 'An attempt was adopted.')
    if (phase === 'running') {
      if (entry.phase !== 'running') await attempt.update({ phase: 'running' })
      watchRunner(host, attempt)
      if (entry.unwanted) void stopRunner(host, attempt, 'nobody wants it')
    } else if (end !== undefined && end.how !== 'notStarted') {
      void finishAttempt(host, attempt, end)
    } else inBackground(host, attempt, giveBack(host, attempt, 'placement', end?.detail ?? notStarted))
  }
  // Those without a place: it was not made yet, or it is removed already.
  for (const entry of entries.values()) {
    const attempt = openAttempt(host, entry)
    if (entry.phase === 'running') {
      void finishAttempt(host, attempt, { how: 'missing', exitCode: null, signal: null })
    } else if (entry.phase === 'finishing' && !entry.goneReported) {
      await forgetAttempt(host, attempt)
    } else inBackground(host, attempt, giveBack(host, attempt, 'placement', notStarted))
  }
}
