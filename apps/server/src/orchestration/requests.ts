import { AppError } from '@sluice/base'
import { type ExecutionState, findStep, type StepResolution } from '@sluice/pipeline'
import {
  addExecutionNote,
  awaitExecution,
  inTransaction,
  insertExecutionEvent,
  isResolutionWaiting,
  markCancelRequested,
  readExecutionState,
} from '@sluice/store'
import { notFound } from '../http/http-error.ts'
import { advanceExecution } from './advance-execution.ts'
import type { OrchestrationDeps } from './deps.ts'
import { startInspection } from './inspections.ts'

/**
 * Asks an execution to stop. When this returns no step of it gets a permit any more; what has one is asked to end. Throws `notFound`, and
 * conflict `EXECUTION_OVER`. Asking twice is asking once.
 */
export async function requestCancel(
  deps: OrchestrationDeps,
  input: { readonly executionId: string; readonly by: string; readonly reason?: string | undefined },
): Promise<void> {
  const { executionId, by } = input
  await inTransaction(deps.store.pool, async (connection) => {
    if (!(await markCancelRequested(connection, executionId))) {
      const state = await readExecutionState(connection, executionId)
      if (state === undefined) throw notFound('execution', executionId)
      throw new AppError('conflict', 'EXECUTION_OVER', `The execution "${executionId}" is over: ${state.status}.`)
    }
    await insertExecutionEvent(connection, executionId, {
      type: 'cancelRequested',
      at: deps.clock.now(),
      by,
      reason: input.reason ?? '',
    })
  })
  await advanceExecution(deps, executionId)
}

/**
 * Says what became of a step whose outcome is Unknown; its target is free again and the execution goes on. Throws `notFound`, and conflict
 * `STEP_NOT_UNKNOWN`.
 */
export async function resolveStep(
  deps: OrchestrationDeps,
  input: {
    readonly executionId: string
    readonly stepRunId: string
    readonly as: StepResolution
    readonly by: string
    readonly reason: string
  },
): Promise<void> {
  const { executionId, stepRunId, as, by, reason } = input
  // What has been reported but not read yet may settle it.
  await advanceExecution(deps, executionId, { wait: true })
  await inTransaction(deps.store.pool, async (connection) => {
    // Under the execution's lock, so that of two who resolve a step at the same moment one is told that it was too late.
    const execution = await awaitExecution(connection, executionId)
    const step = requireUnknownStep(execution?.state, executionId, stepRunId)
    if (await isResolutionWaiting(connection, executionId, stepRunId)) throw notUnknown(step.identifier, 'being resolved already')
    await insertExecutionEvent(connection, executionId, { type: 'stepResolved', at: deps.clock.now(), stepRunId, as, by, reason })
  })
  await advanceExecution(deps, executionId, { wait: true })
}

/** Looks at the database of an Unknown step (again). Throws as `resolveStep` does. */
export async function requestInspection(
  deps: OrchestrationDeps,
  input: { readonly executionId: string; readonly stepRunId: string; readonly by: string },
): Promise<void> {
  const { executionId, stepRunId, by } = input
  await advanceExecution(deps, executionId, { wait: true })
  requireUnknownStep(await readExecutionState(deps.store.pool, executionId), executionId, stepRunId)
  await inTransaction(deps.store.pool, async (connection) => {
    await startInspection(connection, deps, stepRunId)
    await addExecutionNote(connection, executionId, `${by} asked for an inspection of step ${stepRunId}.`)
  })
}

function requireUnknownStep(state: ExecutionState | undefined, executionId: string, stepRunId: string): { identifier: string } {
  if (state === undefined) throw notFound('execution', executionId)
  const place = findStep(state, stepRunId)
  if (place === undefined) throw notFound('step', stepRunId, `Steps of it: sluice execution show ${executionId}.`)
  const { step } = place
  if (step.status !== 'Unknown') throw notUnknown(step.identifier, step.status)
  return step
}

function notUnknown(step: string, status: string): AppError {
  return new AppError('conflict', 'STEP_NOT_UNKNOWN', `The step "${step}" is ${status}; only an Unknown one can be resolved.`, {
    details: { status },
  })
}
