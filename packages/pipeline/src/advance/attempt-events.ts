import type { AttemptAcceptedEvent, AttemptCompletedEvent, AttemptEndedEvent, GroupRejectedEvent, Reason } from '../events.ts'
import type { Failure, GroupState, StepState } from '../execution-state.ts'
import { quote } from '../report.ts'
import { findGroup, isStepOver, stepsOf } from '../state-queries.ts'
import type { GroupPlace } from '../state-queries.ts'
import { toStorableText } from '../storable-json.ts'
import { placeGroup } from './progress.ts'
import { timeoutFailure } from './step-events.ts'
import { attemptsMax, timerKey } from './transition.ts'
import type { Transition } from './transition.ts'

export function onAttemptAccepted(work: Transition, event: AttemptAcceptedEvent): void {
  const place = findKnown(work, event.groupId, event.type)
  if (place === undefined) return
  const { group } = place
  const { groupId, attemptId } = event
  if (group.endedAttemptIds.includes(attemptId) || group.attemptId === attemptId) {
    work.ignore(`The attempt ${attemptId} of ${quote(group.identifier)} is known already.`)
  } else if (group.status !== 'Queued') {
    // It was accepted in the moment in which it stopped being needed: let it go, it was given no step.
    work.ignore(`The attempt ${attemptId} of ${quote(group.identifier)} is not needed; the group is ${group.status}.`)
    work.effects.push({ type: 'finishGroup', groupId, attemptId })
  } else {
    group.status = 'Running'
    group.attemptId = attemptId
    group.startedAt ??= work.at
    work.clearTimer(timerKey('queueTimeout', groupId, group.attemptNumber))
    work.changed = true
  }
}

/** The runner ended in order. With steps still open it did not, whatever it says. */
export function onAttemptCompleted(work: Transition, event: AttemptCompletedEvent): void {
  const message = 'The runner completed its attempt without having reported all of its steps.'
  endAttempt(work, event.groupId, event.attemptId, { code: 'ATTEMPT_INCOMPLETE', message }, event.type)
}

export function onAttemptEnded(work: Transition, event: AttemptEndedEvent): void {
  endAttempt(work, event.groupId, event.attemptId, event.reason, event.type)
}

/** The server found that the group cannot be placed at all. */
export function onGroupRejected(work: Transition, event: GroupRejectedEvent): void {
  const place = findKnown(work, event.groupId, event.type)
  if (place === undefined) return
  const { group } = place
  if (group.status !== 'Queued') {
    work.ignore(`Step group ${quote(group.identifier)} is ${group.status}; that it was rejected changes nothing.`)
    return
  }
  const { kind, code, message, hint } = event.failure
  const failure: Failure = {
    kind,
    code: toStorableText(code),
    message: toStorableText(message),
    ...(hint === undefined ? {} : { hint: toStorableText(hint) }),
  }
  leaveQueue(work, group)
  work.closeGroup(group, 'Failed', { failure })
}

/** Takes a queued group out of the queue. */
export function leaveQueue(work: Transition, group: GroupState): void {
  work.clearTimer(timerKey('queueTimeout', group.groupId, group.attemptNumber))
  work.effects.push({ type: 'withdrawTask', groupId: group.groupId })
}

function endAttempt(work: Transition, groupId: string, attemptId: string, reason: Reason, type: string): void {
  const place = findKnown(work, groupId, type)
  if (place === undefined) return
  const { group } = place
  // While queued no attempt is known by its id: one that is new is the current one, gone before it was heard of.
  const isCurrent = group.attemptId === attemptId || (group.status === 'Queued' && group.attemptId === undefined)
  if (group.endedAttemptIds.includes(attemptId) || !isCurrent) {
    work.ignore(`The attempt ${attemptId} of ${quote(group.identifier)} is not its current one; its end changes nothing.`)
    return
  }
  group.endedAttemptIds.push(attemptId)
  work.changed = true
  const steps = stepsOf(group)
  if (steps.every((step) => isStepOver(step) || step.status === 'Unknown')) return
  const failure: Failure = {
    kind: 'infrastructure',
    code: toStorableText(reason.code),
    message: toStorableText(`The attempt for ${quote(group.identifier)} ended: ${reason.message}`),
    ...(reason.hint === undefined ? {} : { hint: toStorableText(reason.hint) }),
  }
  const isStopping = work.draft.cancel !== undefined
  if (!isStopping && steps.every((step) => step.startedAt === undefined)) {
    if (reason.final === true) giveUp(work, group, failure)
    else placeAgain(work, place, failure)
  } else endOpenSteps(work, group, failure)
}

/** None of the steps began, and none would on another try. */
function giveUp(work: Transition, group: GroupState, failure: Failure): void {
  if (group.status === 'Queued') work.clearTimer(timerKey('queueTimeout', group.groupId, group.attemptNumber))
  work.closeGroup(group, 'Failed', { failure })
}

/** None of the steps began, so another delegate may have the group. */
function placeAgain(work: Transition, { stage, group }: GroupPlace, failure: Failure): void {
  if (group.status === 'Queued') work.clearTimer(timerKey('queueTimeout', group.groupId, group.attemptNumber))
  for (const step of stepsOf(group)) delete step.offeredAt
  delete group.attemptId
  if (group.attemptNumber < attemptsMax) {
    work.note(`${failure.message} None of its steps had started, so it is placed again.`)
    placeGroup(work, stage, group)
    return
  }
  const message = `${failure.message} It was placed ${group.attemptNumber} times.`
  work.closeGroup(group, 'Failed', { failure: { ...failure, message } })
}

/** The runner is gone: what it was doing fails if it had no permit to write, and is Unknown if it had. */
function endOpenSteps(work: Transition, group: GroupState, failure: Failure): void {
  for (const step of stepsOf(group)) {
    if (isStepOver(step) || step.status === 'Unknown') continue
    if (step.permitted === true) work.loseStep(step, failure)
    else if (step.stop !== undefined) endStopped(work, step)
    else if (step.status === 'Running') work.endStep(step, 'Failed', failure)
  }
  work.skipRest(group, failure)
}

/** A step without a permit that was asked to stop and whose runner is gone, or silent: it has not written anything. */
export function endStopped(work: Transition, step: StepState): void {
  if (step.stop?.cause === 'timeout') work.endStep(step, 'Failed', timeoutFailure(step))
  else if (step.status === 'Pending') work.endUnstarted(step, 'Cancelled', { reason: 'The execution was cancelled.' })
  else work.endStep(step, 'Cancelled')
}

function findKnown(work: Transition, groupId: string, type: string): GroupPlace | undefined {
  const place = findGroup(work.draft, groupId)
  if (place === undefined) work.ignore(`${type} of an unknown step group ${groupId} changes nothing.`)
  return place
}
