import { limits } from '@sluice/base'
import { runnerStoppedCode } from '../events.ts'
import type { StepFinishedEvent, StepPermittedEvent, StepResolvedEvent, StepStartedEvent } from '../events.ts'
import type { Failure, StepState } from '../execution-state.ts'
import { formatDuration } from '../duration.ts'
import { quote } from '../report.ts'
import { findStep, isStepOpen } from '../state-queries.ts'
import type { StepPlace } from '../state-queries.ts'
import { toStorableJson, toStorableText } from '../storable-json.ts'
import { timerKey } from './transition.ts'
import type { Transition } from './transition.ts'

/** The step that a runner speaks of, if it is one that this attempt may speak of. */
function findReported(work: Transition, event: StepStartedEvent | StepPermittedEvent | StepFinishedEvent): StepPlace | undefined {
  const place = findStep(work.draft, event.stepRunId)
  if (place === undefined) {
    work.ignore(`${event.type} of an unknown step ${event.stepRunId} changes nothing.`)
    return undefined
  }
  const { group, step } = place
  if (group.attemptId !== event.attemptId) {
    work.ignore(
      `${event.type} of step ${quote(step.identifier)} comes from the attempt ${event.attemptId}, which is not the current one.`,
    )
    return undefined
  }
  return place
}

export function onStepStarted(work: Transition, event: StepStartedEvent): void {
  const place = findReported(work, event)
  if (place === undefined) return
  if (place.step.status === 'Pending' && place.step.offeredAt !== undefined) start(work, place.step)
  else work.ignore(`Step ${quote(place.step.identifier)} is ${place.step.status}; that it started changes nothing.`)
}

export function onStepPermitted(work: Transition, event: StepPermittedEvent): void {
  const place = findReported(work, event)
  if (place === undefined) return
  const { step } = place
  if (!isStepOpen(step) || step.permitted === true) {
    work.ignore(`Step ${quote(step.identifier)} is ${step.status}; its permit changes nothing.`)
    return
  }
  if (step.status === 'Pending') start(work, step)
  step.permitted = true
  step.permittedAt = work.at
  work.changed = true
  // Planning and the wait for the target are over: the step's own time begins. One that was asked to stop keeps its bound.
  if (step.stop === undefined) work.setTimer(timerKey('stepTimeout', step.stepRunId), step.timeoutMs)
}

function start(work: Transition, step: StepState): void {
  step.status = 'Running'
  step.startedAt = work.at
  work.changed = true
  work.setTimer(timerKey('stepTimeout', step.stepRunId), step.timeoutMs + work.draft.timings.targetWaitMs)
}

/** The runner's word, which counts also for a step that was given up as Unknown in the meantime. */
export function onStepFinished(work: Transition, event: StepFinishedEvent): void {
  const place = findReported(work, event)
  if (place === undefined) return
  const { group, step } = place
  const isLate = step.status === 'Unknown'
  if (!isStepOpen(step) && !(isLate && event.outcome !== 'Unknown')) {
    work.ignore(`Step ${quote(step.identifier)} is ${step.status}; the report ${event.outcome} changes nothing.`)
    return
  }
  if (isLate) work.note(`Step ${quote(step.identifier)} was Unknown; its runner now says ${event.outcome}.`)
  keepOutputs(work, step, event.outputs)
  switch (event.outcome) {
    case 'Succeeded':
      work.endStep(step, 'Succeeded')
      return
    case 'Failed':
      work.endStep(
        step,
        'Failed',
        step.stop?.cause === 'timeout' ? timeoutFailure(step, event.failure) : reported(step, event.failure),
      )
      return
    case 'Cancelled':
      if (step.stop?.cause === 'timeout') work.endStep(step, 'Failed', timeoutFailure(step, event.failure))
      // Nobody asked for it: the runner was taken away, and that is no cancellation.
      else if (step.stop === undefined && event.failure?.code === runnerStoppedCode)
        work.endStep(step, 'Failed', reported(step, event.failure))
      else work.endStep(step, 'Cancelled', event.failure === undefined ? undefined : reported(step, event.failure))
      return
    case 'Unknown': {
      const failure = event.failure === undefined ? unknownFailure(step) : reported(step, event.failure)
      work.loseStep(step, failure)
      work.skipRest(group, failure)
    }
  }
}

function keepOutputs(work: Transition, step: StepState, outputs: StepFinishedEvent['outputs']): void {
  if (outputs === undefined) return
  const stored = toStorableJson(outputs, limits.outputBytesMax)
  if (stored === undefined) work.note(`The outputs of step ${quote(step.identifier)} are too large or too deep and were dropped.`)
  else step.outputs = stored
}

/** A person's word on a step whose outcome is Unknown. */
export function onStepResolved(work: Transition, event: StepResolvedEvent): void {
  const place = findStep(work.draft, event.stepRunId)
  if (place?.step.status !== 'Unknown') {
    const what = place === undefined ? 'an unknown step' : `step ${quote(place.step.identifier)}, which is ${place.step.status},`
    work.ignore(`Only a step that is Unknown can be resolved; resolving ${what} changes nothing.`)
    return
  }
  const { step } = place
  const by = toStorableText(event.by)
  const reason = toStorableText(event.reason)
  const says = event.as === 'failed' ? 'RESOLVED_AS_FAILED' : 'RESOLVED_AS_NOT_STARTED'
  const failure: Failure = {
    kind: 'step',
    code: says,
    message: `${by} resolved step ${quote(step.identifier)} as ${event.as}: ${reason}`,
  }
  if (event.as === 'succeeded') work.endStep(step, 'Succeeded')
  else work.endStep(step, event.as === 'failed' ? 'Failed' : 'NotStarted', failure)
  step.resolution = { as: event.as, by, reason, at: work.at }
}

function reported(step: StepState, failure: Failure | undefined): Failure {
  if (failure === undefined)
    return { kind: 'step', code: 'STEP_FAILED', message: `Step ${quote(step.identifier)} failed without a reason.` }
  return {
    kind: failure.kind,
    code: toStorableText(failure.code),
    message: toStorableText(failure.message),
    ...(failure.hint === undefined ? {} : { hint: toStorableText(failure.hint) }),
  }
}

/** A step that was cancelled since its time was up. */
export function timeoutFailure(step: StepState, failure?: Failure): Failure {
  const detail = failure === undefined ? '' : ` ${toStorableText(failure.message)}`
  return {
    kind: 'timeout',
    code: 'STEP_TIMEOUT',
    message: `Step ${quote(step.identifier)} ran longer than its ${formatDuration(step.timeoutMs)} and was cancelled.${detail}`,
    hint: 'Give it a longer timeout, or find what it waited for.',
  }
}

function unknownFailure(step: StepState): Failure {
  return {
    kind: 'step',
    code: 'STEP_UNKNOWN',
    message: `The runner of step ${quote(step.identifier)} cannot say what came of it.`,
  }
}
