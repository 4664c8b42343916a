import type { ExecutionControl } from '../executions/execution-control.ts'
import type { OrchestrationDeps } from './deps.ts'
import { requestCancel, requestInspection, resolveStep } from './requests.ts'
import { selectionTrace } from './selection-trace.ts'
import { startExecution } from './start-execution.ts'

/** What the API may ask of orchestration, bound to this server. */
export function createExecutionControl(deps: OrchestrationDeps): ExecutionControl {
  return {
    startExecution: (request) => startExecution(deps, request),
    requestCancel: (request) => requestCancel(deps, request),
    resolveStep: (request) => resolveStep(deps, request),
    requestInspection: (request) => requestInspection(deps, request),
    selectionTrace: (executionId) => selectionTrace(deps, executionId),
  }
}
