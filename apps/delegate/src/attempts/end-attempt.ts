import { join } from 'node:path'
import type { AttemptEnd } from '@sluice/executor'
import type { Attempt } from './attempt.ts'
import { type AttemptHost, describe, forgetAttempt, untilStop } from './attempt-host.ts'
import { goneEvent, notPlacedEvent } from './end-message.ts'
import { salvageLogs } from './log-salvage.ts'

const tailBytesMax = 2048

/** Waits for the runner's end, and then ends the attempt. */
export function watchRunner(host: AttemptHost, attempt: Attempt): void {
  const { executor, logger, stop } = host
  void executor.wait(attempt.id, stop).then(
    (end) => finishAttempt(host, attempt, end),
    (error: unknown) => {
      if (!stop.aborted) logger.error({ attemptId: attempt.id, error }, 'A runner cannot be watched.')
    },
  )
}

/** Everything after the runner's end, from whatever point an earlier process had come to. What fails is left to the sweeper. */
export async function finishAttempt(host: AttemptHost, attempt: Attempt, end: AttemptEnd): Promise<void> {
  try {
    await finish(host, attempt, end)
  } catch (error) {
    if (host.stop.aborted) return
    host.logger.error({ attemptId: attempt.id, error }, 'An attempt could not be finished; the sweeper tries again.')
    attempt.again = () => finishAttempt(host, attempt, end)
  }
}

async function finish(host: AttemptHost, attempt: Attempt, end: AttemptEnd): Promise<void> {
  const { session, waiting, logger, metrics, stop, at } = host
  const { id } = attempt
  attempt.ended = true
  attempt.endedAt ??= waiting.clock.monotonic()
  const isComplete = end.how === 'completed' || attempt.completionSeen
  at('ended')
  if (attempt.entry.phase !== 'finishing') {
    metrics.add('attempts_ended_total', { how: isComplete ? 'completed' : end.how })
    logger.info({ attemptId: id, ...end }, 'A runner has ended.')
    await attempt.update({ phase: 'finishing' })
  }
  if (!isComplete && !attempt.entry.unwanted) {
    const detail = end.detail === undefined ? undefined : host.masks.maskText(end.detail)
    await attempt.reportGone(goneEvent({ ...end, detail }, await maskedTail(host, attempt)))
    await untilStop(host, attempt.reporter.settled())
    at('gone-acknowledged')
    const folder = join(host.attemptsDir, id)
    await salvageLogs({ attemptId: id, epoch: attempt.entry.epoch, folder, session, waiting, logger, signal: stop })
  }
  if (!stop.aborted) await forgetAttempt(host, attempt)
}

/** What the runner said last, where all that it could say can be masked. */
async function maskedTail({ executor, masks }: AttemptHost, attempt: Attempt): Promise<string> {
  if (attempt.entry.hasSecrets && !masks.has(attempt.id)) return ''
  return masks.maskText(await executor.tail(attempt.id, tailBytesMax).catch(() => ''))
}

/** The attempt never had a runner: says so and removes it. */
export async function giveBack(
  host: AttemptHost,
  attempt: Attempt,
  reason: 'placement' | 'secret' | 'policy',
  message: string,
): Promise<void> {
  const { masks, metrics, logger, waiting, stop } = host
  const detail = masks.maskText(message)
  attempt.ended = true
  attempt.isStarting = false
  attempt.endedAt ??= waiting.clock.monotonic()
  metrics.add('attempts_ended_total', { how: 'notStarted' })
  logger.warn({ attemptId: attempt.id, reason, detail }, 'An attempt was given back without a runner.')
  if (!attempt.entry.unwanted) {
    await attempt.reportGone(notPlacedEvent(reason, detail))
    await untilStop(host, attempt.reporter.settled())
  }
  if (!stop.aborted) await forgetAttempt(host, attempt)
}

/** Runs on its own; a failure that nobody foresaw ends the attempt, not the process. */
export function inBackground(host: AttemptHost, attempt: Attempt, work: Promise<void>): void {
  work.catch((error: unknown) => {
    if (host.stop.aborted) return
    host.logger.error({ attemptId: attempt.id, error }, 'An attempt failed in the delegate.')
    if (attempt.entry.phase === 'running' || !host.attempts.has(attempt.id)) return
    const tryAgain = (): Promise<void> =>
      giveBack(host, attempt, 'placement', `The delegate failed: ${describe(error)}`).catch(() => {
        attempt.again = tryAgain
      })
    attempt.ended = true
    attempt.endedAt ??= host.waiting.clock.monotonic()
    attempt.again = tryAgain
  })
}
