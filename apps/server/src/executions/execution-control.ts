import type { selectionTrace } from '@sluice/contract'
import type { StepResolution } from '@sluice/pipeline'
import type { z } from 'zod'

export interface StartRequest {
  readonly org: string
  readonly project: string
  readonly pipelineIdentifier: string
  readonly inputs: Readonly<Record<string, string>>
  readonly triggeredBy: string
  /** The same key within a day in the same project starts nothing new. */
  readonly idempotencyKey?: string | undefined
}

export interface StepRequest {
  readonly executionId: string
  readonly stepRunId: string
  readonly by: string
}

/** What the API asks of the part that runs executions. Each call is one transaction; what follows happens by itself. */
export interface ExecutionControl {
  /** Throws `notFound` for a pipeline that is not there, `invalid` with all problems of its YAML or the inputs. */
  startExecution(request: StartRequest): Promise<{
    readonly executionId: string
    /** False when the idempotency key had started it before. */
    readonly created: boolean
  }>
  /** Throws conflict when it is over. */
  requestCancel(request: {
    readonly executionId: string
    readonly by: string
    readonly reason?: string | undefined
  }): Promise<void>
  /** Throws conflict when the step's outcome is not unknown. */
  resolveStep(request: StepRequest & { readonly as: StepResolution; readonly reason: string }): Promise<void>
  /** Throws conflict when the step's outcome is not unknown. */
  requestInspection(request: StepRequest): Promise<void>
  /** Why the execution's tasks wait. */
  selectionTrace(executionId: string): Promise<z.input<typeof selectionTrace>>
}
