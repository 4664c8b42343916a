import { AppError } from '@sluice/base'
import type { AttemptEvent, ReportedFailure } from '@sluice/contract'
import { type Failure, runnerStoppedCode } from '@sluice/pipeline'
import {
  type AttemptFacts,
  type ChangesetReport,
  insertExecutionEvent,
  lockReportedSteps,
  markStepFinished,
  markStepStarted,
  markStepWaiting,
  notify,
  readAttemptWaiting,
  type Queryable,
  releasePermit,
  type ReportedStep,
  storeChangesets,
  storeInspection,
  storePlan,
  storeResolvedSource,
} from '@sluice/store'

type StepEvent = Extract<AttemptEvent, { stepRunId: string }>

/**
 * What follows from what a runner reports, in order. Outcomes count even from an attempt that was given up meanwhile: its runner knows best.
 * Refused as a whole when an event speaks of a step that is not the attempt's.
 */
export async function applyRunnerEvents(
  connection: Queryable,
  attempt: AttemptFacts,
  events: readonly AttemptEvent[],
  at: number,
): Promise<void> {
  if (events.length === 0) return
  const stepEvents = events.filter((event): event is StepEvent => 'stepRunId' in event)
  const ids = [...new Set(stepEvents.filter((event) => event.type !== 'inspection.finished').map((event) => event.stepRunId))]
  const steps = await lockReportedSteps(connection, attempt.attemptId, ids)
  const changesets: ChangesetReport[] = []
  for (const event of stepEvents) {
    if (event.type === 'inspection.finished') await applyInspection(connection, attempt, event)
    else {
      const step = steps.get(event.stepRunId)
      if (step === undefined) throw unknownStep(attempt, event.stepRunId)
      if (event.type === 'changeset.finished') changesets.push({ ...event, step })
      else await applyStepEvent(connection, attempt, step, event, at)
    }
  }
  await storeChangesets(connection, attempt.executionId, changesets)
  await notify(connection, 'sluice_execution', attempt.executionId)
}

async function applyStepEvent(
  connection: Queryable,
  attempt: AttemptFacts,
  step: ReportedStep,
  event: Exclude<StepEvent, { type: 'changeset.finished' | 'inspection.finished' }>,
  at: number,
): Promise<void> {
  const { executionId, attemptId } = attempt
  const { stepRunId } = step
  switch (event.type) {
    case 'step.started':
      await markStepStarted(connection, stepRunId)
      await insertExecutionEvent(connection, executionId, { type: 'stepStarted', at, stepRunId, attemptId })
      return
    case 'source.resolved':
      await storeResolvedSource(connection, { executionId, stepRunId, sourceKey: event.sourceKey, commit: event.commit })
      return
    case 'plan.ready':
      await storePlan(connection, stepRunId, event)
      return
    case 'step.waiting':
      await markStepWaiting(connection, stepRunId, event.what)
      return
    case 'step.finished':
      await markStepFinished(connection, stepRunId, { unknown: event.outcome === 'Unknown', summary: event.summary })
      if (event.outcome !== 'Unknown') await releasePermit(connection, stepRunId)
      await insertExecutionEvent(connection, executionId, {
        type: 'stepFinished',
        at,
        stepRunId,
        attemptId,
        outcome: event.outcome,
        ...(event.failure === undefined ? {} : { failure: await explain(connection, attemptId, event.failure) }),
        ...(event.outputs === undefined ? {} : { outputs: event.outputs }),
      })
  }
}

async function applyInspection(
  connection: Queryable,
  attempt: AttemptFacts,
  event: StepEvent & { type: 'inspection.finished' },
): Promise<void> {
  if (attempt.kind !== 'inspection' || attempt.inspectedStepRunId !== event.stepRunId) throw unknownStep(attempt, event.stepRunId)
  await storeInspection(connection, { stepRunId: event.stepRunId, taskId: attempt.taskId, finding: event })
  await notify(connection, 'sluice_attempt', attempt.attemptId)
}

function unknownStep(attempt: AttemptFacts, stepRunId: string): AppError {
  return new AppError('notFound', 'STEP_NOT_FOUND', `The attempt "${attempt.attemptId}" has no step "${stepRunId}".`)
}

/** A runner does not know why it was asked to end; where the delegate has said what is wrong with the pod, that is why. */
async function explain(connection: Queryable, attemptId: string, reported: ReportedFailure): Promise<Failure> {
  const failure = toFailure(reported)
  if (failure.code !== runnerStoppedCode) return failure
  const waiting = await readAttemptWaiting(connection, attemptId)
  if (waiting === undefined) return failure
  return { ...failure, message: waiting.what, ...(waiting.hint === undefined ? {} : { hint: waiting.hint }) }
}

function toFailure({ hint, ...failure }: ReportedFailure): Failure {
  return hint === undefined ? failure : { ...failure, hint }
}
