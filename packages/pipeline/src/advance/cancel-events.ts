import type { CancelRequestedEvent, TimerEvent } from '../events.ts'
import type { GroupState, StepState } from '../execution-state.ts'
import { formatDuration } from '../duration.ts'
import { quote } from '../report.ts'
import { findGroup, findStep, groupsOf, isExecutionOver, isStepOpen, stepsOf } from '../state-queries.ts'
import type { StepPlace } from '../state-queries.ts'
import { toStorableText } from '../storable-json.ts'
import { endStopped, leaveQueue } from './attempt-events.ts'
import { timerKey } from './transition.ts'
import type { Transition } from './transition.ts'

/** Ends at once what has not begun, and asks the rest to stop: politely where a permit is out, since a write may be under way. */
export function onCancelRequested(work: Transition, event: CancelRequestedEvent): void {
  const { draft } = work
  if (isExecutionOver(draft) || draft.cancel !== undefined) {
    work.ignore(
      `The execution is ${draft.cancel === undefined ? draft.status : 'being cancelled already'}; cancelling it changes nothing.`,
    )
    return
  }
  draft.cancel = { by: toStorableText(event.by), reason: toStorableText(event.reason), at: work.at }
  // Never started: from here on it is an execution like any other, whose nodes are all cancelled.
  if (draft.status === 'Pending') draft.status = 'Running'
  work.changed = true
  const reason = 'The execution was cancelled.'
  for (const stage of draft.stages) {
    for (const group of groupsOf(stage)) {
      if (group.status === 'Pending') work.closeGroup(group, 'Cancelled', { reason })
      else if (group.status === 'Queued') {
        leaveQueue(work, group)
        work.closeGroup(group, 'Cancelled', { reason })
      } else if (group.status === 'Running') stopGroup(work, group, reason)
    }
    if (stage.status === 'Pending') {
      stage.status = 'Cancelled'
      stage.reason = reason
      stage.endedAt = work.at
    }
  }
}

function stopGroup(work: Transition, group: GroupState, reason: string): void {
  const open: StepState[] = []
  for (const step of stepsOf(group)) {
    if (isStepOpen(step)) {
      step.stop ??= { cause: 'cancel', at: work.at }
      open.push(step)
    } else if (step.status === 'Pending') work.endUnstarted(step, 'Cancelled', { reason })
  }
  if (open.length === 0) return
  const { cancelInterruptMs, cancelForceMs } = work.draft.timings
  work.cancelAttempt(group, open.some((step) => step.permitted === true) ? 'graceful' : 'interrupt')
  work.setTimer(timerKey('cancelInterrupt', group.groupId), cancelInterruptMs)
  work.setTimer(timerKey('cancelForce', group.groupId), cancelForceMs)
}

export function onTimer(work: Transition, event: TimerEvent): void {
  const [name = '', id = '', number] = event.key.split(':')
  const group = findGroup(work.draft, id)
  const step = findStep(work.draft, id)
  if (name === 'queueTimeout' && group !== undefined) onQueueTimeout(work, group.group, Number(number))
  else if (name === 'stepTimeout' && step !== undefined) onStepTimeout(work, step)
  else if (name === 'cancelInterrupt' && group !== undefined) onCancelInterrupt(work, group.group)
  else if (name === 'cancelForce' && group !== undefined) onGroupForce(work, group.group)
  else if (name === 'cancelForce' && step !== undefined) onStepForce(work, step)
  else work.ignore(`The timer ${quote(event.key)} belongs to nothing here.`)
}

function onQueueTimeout(work: Transition, group: GroupState, attemptNumber: number): void {
  if (group.status !== 'Queued' || group.attemptNumber !== attemptNumber) {
    work.ignore(`${quote(group.identifier)} does not wait for a delegate any more.`)
    return
  }
  leaveQueue(work, group)
  work.closeGroup(group, 'Failed', {
    failure: {
      kind: 'infrastructure',
      code: 'QUEUE_TIMEOUT',
      message: `No delegate took ${quote(group.identifier)} within ${formatDuration(work.draft.timings.queueTimeoutMs)}.`,
      hint: 'Look at the delegates, their tags and the selection trace of the execution.',
    },
  })
}

/** Time is up: the statement is to be cancelled at the database, and then the runner says what came of it. */
function onStepTimeout(work: Transition, { group, step }: StepPlace): void {
  if (step.status !== 'Running' || step.stop !== undefined || group.attemptId === undefined) {
    work.ignore(`Step ${quote(step.identifier)} is ${step.status}; its timeout changes nothing.`)
    return
  }
  step.stop = { cause: 'timeout', at: work.at }
  work.effects.push({ type: 'cancelStep', stepRunId: step.stepRunId, attemptId: group.attemptId, mode: 'interrupt' })
  work.setTimer(timerKey('cancelForce', step.stepRunId), work.draft.timings.cancelForceMs)
  work.changed = true
}

function onCancelInterrupt(work: Transition, group: GroupState): void {
  if (group.status === 'Running' && stepsOf(group).some((step) => step.stop?.cause === 'cancel' && isStepOpen(step))) {
    work.cancelAttempt(group, 'interrupt')
    return
  }
  work.ignore(`${quote(group.identifier)} is ${group.status}; there is nothing to interrupt.`)
}

/** No confirmation in time. What may have written is Unknown; what cannot have is over. */
function onGroupForce(work: Transition, group: GroupState): void {
  const open = stepsOf(group).filter((step) => isStepOpen(step) && step.stop !== undefined)
  if (open.length === 0 || work.draft.cancel === undefined) {
    work.ignore(`${quote(group.identifier)} is ${group.status}; there is nothing to force.`)
    return
  }
  for (const step of open) giveUp(work, group, step)
  forceIfHarmless(work, group)
}

function onStepForce(work: Transition, { group, step }: StepPlace): void {
  if (!isStepOpen(step) || step.stop?.cause !== 'timeout') {
    work.ignore(`Step ${quote(step.identifier)} is ${step.status}; there is nothing to force.`)
    return
  }
  giveUp(work, group, step)
  forceIfHarmless(work, group)
}

function giveUp(work: Transition, group: GroupState, step: StepState): void {
  if (step.permitted !== true) {
    endStopped(work, step)
    if (step.failure !== undefined) work.skipRest(group, step.failure)
    return
  }
  const why = step.stop?.cause === 'timeout' ? 'its time was up' : 'the execution was cancelled'
  const failure = {
    kind: 'timeout' as const,
    code: 'STOP_NOT_CONFIRMED',
    message: `Step ${quote(step.identifier)} was asked to stop since ${why}, and nothing confirmed its end in time.`,
    hint: 'Look at its target, then resolve the step.',
  }
  work.loseStep(step, failure)
  work.skipRest(group, failure)
}

/** A process that may hold an open write is never ended by force. */
function forceIfHarmless(work: Transition, group: GroupState): void {
  const mayWrite = stepsOf(group).some(
    (step) => step.permitted === true && (step.status === 'Running' || step.status === 'Unknown'),
  )
  if (!mayWrite) work.cancelAttempt(group, 'force')
}
