import { AppError } from '@sluice/base'
import { executionEndpoints } from '@sluice/contract'
import { getExecutionSummary, writeAudit } from '@sluice/store'
import type { App } from '../app-context.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import type { ExecutionControl } from './execution-control.ts'
import { toExecutionSummary } from './execution-summary.ts'
import { requireProject } from './require-execution.ts'

/** Starts a stored pipeline. An answer of 200 instead of 201 says that the idempotency key had started it before. */
export function registerRunEndpoint(app: App, control: ExecutionControl): void {
  const { store } = app.context
  registerEndpoint(app, executionEndpoints.run, async ({ body, caller, reply, requestId }) => {
    const { pipelineIdentifier, idempotencyKey, inputs } = body
    const place = { org: body.orgIdentifier, project: body.projectIdentifier }
    requireProject(caller, place)
    const request = { ...place, pipelineIdentifier, inputs, idempotencyKey, triggeredBy: caller.name }
    const { executionId, created } = await control.startExecution(request)
    const row = await getExecutionSummary(store.db, executionId)
    if (row === undefined) throw new AppError('internal', 'INVARIANT', 'A started execution is not there.')
    if (created) {
      const details = { executionId }
      await writeAudit(store.db, {
        actor: caller.name,
        action: 'execution.run',
        subject: pipelineIdentifier,
        ...place,
        requestId,
        details,
      })
      return toExecutionSummary(row)
    }
    if (row.pipeline_identifier !== pipelineIdentifier) {
      throw new AppError('conflict', 'IDEMPOTENCY_KEY_USED', 'The idempotency key belongs to a run of another pipeline.', {
        hint: 'Use a new key for every run.',
        details: { executionId },
      })
    }
    return reply.code(200).header('cache-control', 'no-store').send(toExecutionSummary(row))
  })
}
