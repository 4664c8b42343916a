import type { Diagnostic } from '@sluice/base'
import type { selectionTrace } from '@sluice/contract'
import type { Pipeline, StepResolution } from '@sluice/pipeline'
import type { z } from 'zod'

export interface StartRequest {
  readonly org: string
  readonly project: string
  readonly pipeline: Pipeline
  /** What `pipeline` was parsed from: kept with the execution. */
  readonly yaml: string
  readonly inputs: Readonly<Record<string, string>>
  readonly triggeredBy: string
  /** The same key within a day in the same project starts nothing new. */
  readonly idempotencyKey?: string | undefined
}

/** Errors among the diagnostics mean that nothing was started. */
export type StartResult =
  | { readonly executionId: string; readonly created: boolean; readonly diagnostics: readonly Diagnostic[] }
  | { readonly executionId: undefined; readonly diagnostics: readonly Diagnostic[] }

/** What the API asks of the part that runs executions. Each call is one transaction; what follows happens by itself. */
export interface ExecutionControl {
  startExecution(request: StartRequest): Promise<StartResult>
  requestCancel(executionId: string, by: string, reason: string): Promise<void>
  /** Throws `failedPrecondition` when the step's outcome is not unknown. */
  resolveStep(executionId: string, stepRunId: string, as: StepResolution, by: string, reason: string): Promise<void>
  /** Throws `failedPrecondition` when the step's outcome is not unknown. */
  requestInspection(executionId: string, stepRunId: string): Promise<void>
  /** Why the execution's tasks wait. */
  selectionTrace(executionId: string): Promise<z.input<typeof selectionTrace>>
}
