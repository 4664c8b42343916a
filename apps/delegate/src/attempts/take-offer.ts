import { HttpCallError } from '@sluice/client'
import { type DelegateCommand, type TaskSpec, protocolEndpoints } from '@sluice/contract'
import { isDraining } from '../drain-state.ts'
import { insist } from '../retry.ts'
import type { Attempt } from './attempt.ts'
import {
  type AttemptHost,
  blankEntry,
  countRunning,
  describe,
  forgetAttempt,
  isError,
  listOf,
  openAttempt,
} from './attempt-host.ts'
import { deadlineIn } from './deadline.ts'
import { giveBack, inBackground, watchRunner } from './end-attempt.ts'
import { isAttemptId } from './journal.ts'
import { executorsOf } from './executors-of.ts'
import type { ResolvedSlots } from './task-guard.ts'

export type Offer = Extract<DelegateCommand, { type: 'offer' }>
type DeclineCode = 'policy' | 'capacity' | 'draining' | 'unsupported'

/** Takes or declines an offer. Resolves when that is settled with the control plane; the work goes on. */
export async function takeOffer(host: AttemptHost, offer: Offer, declined: Set<string>): Promise<void> {
  host.metrics.add('offers_total')
  if (host.attempts.has(offer.attemptId)) return
  const refusal = judge(host, offer)
  if (refusal !== undefined) return decline(host, offer, refusal, declined)
  const attempt = openAttempt(host, { ...blankEntry(offer.attemptId, offer.epoch, 'accepting'), hasSecrets: false })
  attempt.isStarting = true
  // On disk before the accept: an attempt that this delegate holds is never one that its next start does not know.
  await attempt.update({})
  host.at('offered')
  await accept(host, attempt)
}

function judge(host: AttemptHost, offer: Offer): { code: DeclineCode; message: string } | undefined {
  if (!isAttemptId(offer.attemptId))
    return { code: 'unsupported', message: 'The attempt’s id is not one that this delegate understands.' }
  if (isDraining(host.drain)) return { code: 'draining', message: 'This delegate takes no more work.' }
  if (!executorsOf(host).some((executor) => executor === offer.infraType) && offer.infraType !== host.executor.kind) {
    return { code: 'unsupported', message: `This delegate does not place step groups as "${offer.infraType}".` }
  }
  const refusals = host.guard.judgeOffer(offer).filter(isError)
  if (refusals.length > 0) return { code: 'policy', message: listOf(refusals) }
  if (countRunning(host) < host.capacity) return undefined
  return { code: 'capacity', message: `All ${host.capacity} places of this delegate are taken.` }
}

async function decline(
  { session, logger, metrics, bootId, stop }: AttemptHost,
  { attemptId, epoch }: Offer,
  { code, message }: { code: DeclineCode; message: string },
  declined: Set<string>,
): Promise<void> {
  const key = `${attemptId} ${epoch}`
  if (declined.has(key)) return
  // Offers repeat; one decline is enough. Bounded: what falls out is only declined once more.
  if (declined.size > 1000) declined.clear()
  declined.add(key)
  metrics.add('declines_total', { reason: code })
  logger.info({ attemptId, code, detail: message }, 'An offer was declined.')
  const body = { epoch, bootId, reason: { code, message: message.slice(0, 4096) } }
  try {
    await session.call(protocolEndpoints.decline, { params: { attemptId }, body, signal: stop })
  } catch (error) {
    // Offers expire: a lost decline costs a moment, not correctness.
    declined.delete(key)
    if (!stop.aborted) logger.debug({ attemptId, error }, 'A decline was not taken.')
  }
}

async function accept(host: AttemptHost, attempt: Attempt): Promise<void> {
  const { session, waiting, logger, stop, at } = host
  const { id, entry } = attempt
  const startedAt = waiting.clock.monotonic()
  const signal = AbortSignal.any([stop, attempt.noStart.signal, AbortSignal.timeout(waiting.timings.leaseMs)])
  let reply: { task: TaskSpec; attemptToken: string }
  try {
    const input = { params: { attemptId: id }, body: { epoch: entry.epoch, bootId: host.bootId }, signal }
    reply = await insist(() => session.call(protocolEndpoints.accept, input), waiting, signal)
  } catch (error) {
    if (stop.aborted) return
    if (error instanceof HttpCallError && [404, 409, 410].includes(error.status)) {
      logger.info({ attemptId: id, code: error.code }, 'The offer was gone before it was accepted.')
      await forgetAttempt(host, attempt)
      return
    }
    // It may have been accepted all the same, so its end has to be told.
    inBackground(host, attempt, giveBack(host, attempt, 'placement', `The offer could not be accepted: ${describe(error)}`))
    return
  }
  at('accepted')
  const { task, attemptToken } = reply
  if (task.attemptId !== id || task.epoch !== entry.epoch) {
    inBackground(host, attempt, giveBack(host, attempt, 'placement', 'The control plane sent the task of another attempt.'))
    return
  }
  // Not waited for before there is something to be found: a start that finds the entry of before gives the attempt back, too.
  const saved = attempt.update({
    phase: 'preparing',
    attemptToken,
    hasSecrets: task.secrets.length > 0,
    deadline: deadlineIn(task.notAfterMs, host.uptime),
  })
  saved.catch(() => {})
  inBackground(host, attempt, place(host, attempt, task, { attemptToken, startedAt, saved }))
}

/** From a task to a running runner, or to a report why there is none. `startedAt`: when it was accepted, monotonic. */
async function place(
  host: AttemptHost,
  attempt: Attempt,
  task: TaskSpec,
  {
    attemptToken,
    startedAt,
    saved,
  }: { readonly attemptToken: string; readonly startedAt: number; readonly saved: Promise<void> },
): Promise<void> {
  const { executor, guard, masks, metrics, waiting, logger, stop, at } = host
  const { id, noStart } = attempt
  const refusals = guard.judgeTask(task).filter(isError)
  if (refusals.length > 0) return giveBack(host, attempt, 'policy', listOf(refusals))
  void attempt.report({ type: 'attempt.preparing' })
  at('preparing')
  let values: ReadonlyMap<string, Uint8Array> = new Map()
  try {
    // The pod-init request: here, and nowhere before, references become values.
    const resolved = await resolveSlots(host, task, AbortSignal.any([stop, noStart.signal]))
    if (resolved.values === undefined)
      return await giveBack(host, attempt, 'secret', listOf(resolved.diagnostics.filter(isError)))
    values = resolved.values
    masks.add(id, values)
    await executor.prepare({ attemptId: id, epoch: task.epoch, task, attemptToken, relay: host.relay })
    at('prepared')
    await saved
    if (stop.aborted) return
    if (noStart.signal.aborted) return await giveBack(host, attempt, 'placement', describe(noStart.signal.reason))
    await attempt.update({ phase: 'running' })
    const placed = await executor.place(id, values)
    at('placed')
    const tookMs = waiting.clock.monotonic() - startedAt
    metrics.add('place_seconds_sum', {}, tookMs / 1000)
    metrics.add('place_seconds_count')
    const facts = { attemptId: id, executionId: task.executionId, place: placed.place, tookMs: Math.round(tookMs) }
    logger.info(facts, 'A runner was started.')
    await attempt.report({ type: 'attempt.running', place: placed.place })
    watchRunner(host, attempt)
  } catch (error) {
    if (stop.aborted) return
    await giveBack(host, attempt, 'placement', describe(noStart.signal.aborted ? noStart.signal.reason : error))
  } finally {
    for (const value of values.values()) value.fill(0)
    attempt.isStarting = false
  }
}

async function resolveSlots(
  { guard, metrics, waiting }: AttemptHost,
  task: TaskSpec,
  signal: AbortSignal,
): Promise<ResolvedSlots> {
  const startedAt = waiting.clock.monotonic()
  try {
    return await guard.resolve(task, signal)
  } finally {
    metrics.add('secret_resolve_seconds_sum', {}, (waiting.clock.monotonic() - startedAt) / 1000)
    metrics.add('secret_resolve_seconds_count')
  }
}
