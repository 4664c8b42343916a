import type { AttemptEvent } from '@sluice/contract'
import type { Reason } from '@sluice/pipeline'
import {
  type AttemptFacts,
  endAttempt,
  isLive,
  markAttemptPhase,
  markAttemptWaiting,
  notify,
  type Queryable,
  refuseTask,
} from '@sluice/store'

const goneCodes: Readonly<Record<string, string>> = {
  placement: 'PLACEMENT_FAILED',
  secret: 'SECRET_UNAVAILABLE',
  policy: 'DELEGATE_POLICY',
  exited: 'RUNNER_EXITED',
  killed: 'RUNNER_KILLED',
  missing: 'RUNNER_MISSING',
}

/** What follows from a placement fact. The end of an attempt that has completed, or has ended before, is no news. */
export async function applyPlacementEvent(
  connection: Queryable,
  attempt: AttemptFacts,
  event: AttemptEvent,
  { at, leaseMs }: { readonly at: number; readonly leaseMs: number },
): Promise<void> {
  if (event.type === 'attempt.preparing') {
    await markAttemptPhase(connection, attempt.attemptId, { state: 'accepted' })
    await notify(connection, 'sluice_execution', attempt.executionId)
  } else if (event.type === 'attempt.running') {
    await markAttemptPhase(connection, attempt.attemptId, { state: 'running', place: event.place })
    await notify(connection, 'sluice_execution', attempt.executionId)
  } else if (event.type === 'attempt.waiting') {
    await markAttemptWaiting(connection, attempt.attemptId, { what: event.what, hint: event.hint })
    await notify(connection, 'sluice_execution', attempt.executionId)
  } else if (event.type === 'attempt.gone' && isLive(attempt)) {
    const reason = toReason(event)
    // A policy says the same another time: only another delegate may have another one.
    const isRefused = event.reason === 'policy' && attempt.kind === 'stepGroup'
    const isFinal =
      isRefused && !(await refuseTask(connection, { attemptId: attempt.attemptId, message: event.message, leaseMs }))
    await endAttempt(connection, attempt, { reason: isFinal ? { ...reason, final: true } : reason, at, cleanup: false })
  }
}

function toReason(event: AttemptEvent & { type: 'attempt.gone' }): Reason {
  const { exitCode, signal } = event
  const facts = [
    ...(typeof exitCode === 'number' ? [`exit code ${String(exitCode)}`] : []),
    ...(typeof signal === 'string' ? [`signal ${signal.slice(0, 32)}`] : []),
  ]
  const message = facts.length === 0 ? event.message : `${event.message} (${facts.join(', ')})`
  return {
    code: goneCodes[event.reason] ?? 'ATTEMPT_GONE',
    message,
    ...(event.hint === undefined ? {} : { hint: event.hint }),
    ...(event.final === true ? { final: true } : {}),
  }
}
