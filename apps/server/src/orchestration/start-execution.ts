import { AppError, createId, type Diagnostic, hasErrors } from '@sluice/base'
import type { PipelineEntity } from '@sluice/contract'
import { compileExecution, type JsonValue, parsePipeline } from '@sluice/pipeline'
import { getEntity, inTransaction, insertExecution, insertExecutionEvent, nextSequence, takeIdempotencyKey } from '@sluice/store'
import { notFound } from '../http/http-error.ts'
import type { OrchestrationDeps } from './deps.ts'

export interface StartExecutionInput {
  readonly org: string
  readonly project: string
  readonly pipelineIdentifier: string
  /** By variable name, or `stage.name`. */
  readonly inputs: Readonly<Record<string, string>>
  /** Who started it, for people. */
  readonly triggeredBy: string
  /** What `<+trigger.…>` reads; nothing when a person started it. */
  readonly trigger?: Readonly<Record<string, JsonValue>> | undefined
  /** The same key within a day starts nothing new. */
  readonly idempotencyKey?: string | undefined
}

export interface StartedExecution {
  readonly executionId: string
  /** False when the idempotency key had started it before. */
  readonly created: boolean
}

/**
 * Starts a pipeline: reads and compiles its YAML, binds the inputs, stores the execution with its first event. Throws `notFound` for a
 * pipeline that is not there, and `invalid` with all problems as `details.issues`.
 */
export async function startExecution(deps: OrchestrationDeps, input: StartExecutionInput): Promise<StartedExecution> {
  const { store, clock, timings } = deps
  const { org, project, pipelineIdentifier, idempotencyKey } = input
  const entity = await getEntity(store.db, { kind: 'pipeline', org, project, identifier: pipelineIdentifier })
  if (entity === undefined) throw notFound('pipeline', pipelineIdentifier, `Look in "${org}/${project}": sluice get pipelines.`)
  const { yaml } = entity.body as unknown as PipelineEntity
  const parsed = parsePipeline(yaml)
  if (parsed.pipeline === undefined || hasErrors(parsed.diagnostics))
    throw invalid('PIPELINE_INVALID', pipelineIdentifier, parsed.diagnostics)
  const { pipeline } = parsed

  return inTransaction(store.pool, async (connection) => {
    if (idempotencyKey !== undefined) {
      const earlier = await takeIdempotencyKey(connection, { org, project }, idempotencyKey)
      if (earlier !== undefined) return { executionId: earlier, created: false }
    }
    const now = clock.now()
    const executionId = createId('exe', now)
    const compiled = compileExecution({
      pipeline,
      inputs: input.inputs,
      facts: {
        executionId,
        sequence: await nextSequence(connection, { org, project, identifier: pipelineIdentifier }),
        org,
        project,
        triggeredBy: { name: input.triggeredBy },
        startedAt: now,
        trigger: input.trigger,
      },
      timings,
    })
    // Thrown inside, so that a refused run uses no number up.
    if (compiled.state === undefined) throw invalid('INPUTS_INVALID', pipelineIdentifier, compiled.diagnostics)
    await insertExecution(connection, { state: compiled.state, yaml, inputs: input.inputs, idempotencyKey })
    await insertExecutionEvent(connection, executionId, { type: 'started', at: now })
    return { executionId, created: true }
  })
}

function invalid(code: string, identifier: string, diagnostics: readonly Diagnostic[]): AppError {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error')
  const first = errors[0]
  return new AppError(
    'invalid',
    code,
    errors.length === 1 && first !== undefined
      ? `The pipeline "${identifier}" cannot run: ${first.message}`
      : `The pipeline "${identifier}" cannot run: it has ${String(errors.length)} problems.`,
    { ...(first?.hint === undefined ? {} : { hint: first.hint }), details: { issues: errors } },
  )
}
