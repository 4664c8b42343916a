import { AppError, hasErrors } from '@sluice/base'
import { executionEndpoints } from '@sluice/contract'
import { parsePipeline } from '@sluice/pipeline'
import { findByIdempotencyKey, getEntity, getExecutionSummary, writeAudit } from '@sluice/store'
import type { App } from '../app-context.ts'
import { toIssue } from '../entities/prepare-entity.ts'
import { notFound } from '../http/http-error.ts'
import { inputInvalid, registerEndpoint } from '../http/register-endpoint.ts'
import type { ExecutionControl } from './execution-control.ts'
import { toExecutionSummary } from './execution-summary.ts'
import { requireProject } from './require-execution.ts'

/** Starts a stored pipeline. */
export function registerRunEndpoint(app: App, control: ExecutionControl): void {
  const { store } = app.context
  registerEndpoint(app, executionEndpoints.run, async ({ body, caller, reply, requestId }) => {
    const { pipelineIdentifier, idempotencyKey, inputs } = body
    const place = { org: body.orgIdentifier, project: body.projectIdentifier }
    requireProject(caller, place)
    const entity = await getEntity(store.db, { kind: 'pipeline', ...place, identifier: pipelineIdentifier })
    if (entity === undefined) {
      throw notFound('pipeline', pipelineIdentifier, `It was looked for in project "${place.org}/${place.project}".`)
    }
    if (idempotencyKey !== undefined) {
      const earlier = await findByIdempotencyKey(store.db, { ...place, idempotencyKey })
      if (earlier !== undefined) {
        if (earlier.pipeline_identifier !== pipelineIdentifier) {
          throw new AppError('conflict', 'IDEMPOTENCY_KEY_USED', 'The idempotency key belongs to a run of another pipeline.', {
            hint: 'Use a new key for every run.',
          })
        }
        void reply.code(200)
        return reply.send(toExecutionSummary(earlier))
      }
    }
    const yaml = String(entity.body['yaml'])
    const { pipeline, diagnostics } = parsePipeline(yaml)
    if (pipeline === undefined)
      throw inputInvalid(
        diagnostics.map((one) => toIssue(one)),
        'PIPELINE_INVALID',
      )
    const started = await control.startExecution({
      ...place,
      pipeline,
      yaml,
      inputs,
      triggeredBy: caller.name,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    })
    if (started.executionId === undefined || hasErrors(started.diagnostics)) {
      throw inputInvalid(
        started.diagnostics.map((one) => toIssue(one)),
        'RUN_INVALID',
      )
    }
    const row = await getExecutionSummary(store.db, started.executionId)
    if (row === undefined) throw new AppError('internal', 'INVARIANT', 'A started execution is not there.')
    const details = { executionId: row.id }
    await writeAudit(store.db, {
      actor: caller.name,
      action: 'execution.run',
      subject: pipelineIdentifier,
      ...place,
      requestId,
      details,
    })
    return toExecutionSummary(row)
  })
}
