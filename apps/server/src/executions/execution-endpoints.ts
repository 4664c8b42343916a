import { type ExecutionSummary, executionEndpoints, type KubernetesEvent } from '@sluice/contract'
import type { ExecutionStatus } from '@sluice/pipeline'
import {
  type ExecutionSummaryRow,
  listExecutionChangesets,
  listExecutions,
  listKubernetesEvents,
  readExecution,
  writeAudit,
} from '@sluice/store'
import type { Caller } from '../access/caller.ts'
import { listedPlace, requireListedPlace } from '../access/require-listed-place.ts'
import type { App } from '../app-context.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { notFound } from '../http/http-error.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import type { ExecutionControl } from './execution-control.ts'
import { toExecutionSummary } from './execution-summary.ts'
import { toExecutionView } from './execution-view.ts'
import { requireExecution } from './require-execution.ts'

const kubernetesReportsMax = 1000
const kubernetesEventsMax = 5000

/** Reading executions, and asking them to stop or to go on. */
export function registerExecutionEndpoints(app: App, control: ExecutionControl): void {
  const { store } = app.context

  registerEndpoint(app, executionEndpoints.list, async ({ query, caller }) => {
    const cursor = decodeCursor(query.cursor, 1)
    const within = listedPlace(query)
    const rows = await listExecutions(
      store.db,
      {
        within,
        visibleTo: caller.scope,
        pipeline: query.pipelineIdentifier,
        statuses: query.state === undefined ? undefined : statusesOf(query.state),
        dbInstance: query.dbInstance,
      },
      { limit: query.limit + 1, beforeId: cursor?.[0] },
    )
    // Executions outlive their project: those of one that was deleted are listed.
    if (rows.length === 0) await requireListedPlace(store.db, caller, within)
    return toPage(rows, query.limit, (row) => [row.id], rows.slice(0, query.limit).map(toExecutionSummary))
  })

  registerEndpoint(app, executionEndpoints.get, async ({ params, caller }) => {
    await requireExecution(store, caller, params.executionId)
    const details = await readExecution(store.db, params.executionId)
    if (details === undefined) throw notFound('execution', params.executionId)
    return toExecutionView(details)
  })

  registerEndpoint(app, executionEndpoints.changesets, async ({ params, query, caller }) => {
    await requireExecution(store, caller, params.executionId)
    const [after] = decodeCursor(query.cursor, 1) ?? []
    const rows = await listExecutionChangesets(store.db, params.executionId, {
      stepRunId: query.stepRunId,
      limit: query.limit + 1,
      afterId: after === undefined ? undefined : Number(after) || 0,
    })
    const items = rows.slice(0, query.limit).map((row) => ({
      stepRunId: row.step_run_id,
      dbInstance: row.db_instance,
      id: row.changeset_id,
      author: row.author,
      path: row.path,
      state: row.state,
      durationMs: row.duration_ms,
      statements: row.statements,
      ...(row.checksum === null ? {} : { checksum: row.checksum }),
      ...(row.description === null ? {} : { description: row.description }),
      ...(row.message === null ? {} : { message: row.message }),
      at: row.at.toISOString(),
    }))
    return toPage(rows, query.limit, (row) => [String(row.id)], items)
  })

  registerEndpoint(app, executionEndpoints.kubernetesEvents, async ({ params, caller }) => {
    await requireExecution(store, caller, params.executionId)
    const reports = await listKubernetesEvents(store.pool, params.executionId, kubernetesReportsMax)
    const items = reports.flatMap(({ attemptId, groupPath, events }) =>
      events.map((event) => ({ attemptId, groupPath, ...(event as KubernetesEvent) })),
    )
    return { items: items.slice(0, kubernetesEventsMax) }
  })

  registerEndpoint(app, executionEndpoints.selection, async ({ params, caller }) => {
    await requireExecution(store, caller, params.executionId)
    return control.selectionTrace(params.executionId)
  })

  registerEndpoint(app, executionEndpoints.cancel, async ({ params, body, caller, requestId }) => {
    const row = await requireExecution(store, caller, params.executionId)
    await control.requestCancel({ executionId: row.id, by: caller.name, reason: body.reason })
    await audit(caller, 'execution.cancel', row, requestId, { reason: body.reason ?? '' })
    return toExecutionSummary(await requireExecution(store, caller, row.id))
  })

  registerEndpoint(app, executionEndpoints.resolve, async ({ params, body, caller, requestId }) => {
    const row = await requireExecution(store, caller, params.executionId)
    await control.resolveStep({ executionId: row.id, stepRunId: params.stepRunId, by: caller.name, ...body })
    await audit(caller, 'execution.resolve', row, requestId, { ...body, stepRunId: params.stepRunId })
    return toExecutionSummary(await requireExecution(store, caller, row.id))
  })

  registerEndpoint(app, executionEndpoints.inspect, async ({ params, caller, requestId }) => {
    const row = await requireExecution(store, caller, params.executionId)
    await control.requestInspection({ executionId: row.id, stepRunId: params.stepRunId, by: caller.name })
    await audit(caller, 'execution.inspect', row, requestId, { stepRunId: params.stepRunId })
    return {}
  })

  const audit = (caller: Caller, action: string, row: ExecutionSummaryRow, requestId: string, details: Record<string, unknown>) =>
    writeAudit(store.db, {
      actor: caller.name,
      action,
      subject: row.id,
      org: row.org,
      project: row.project,
      requestId,
      details,
    })
}

function statusesOf(state: ExecutionSummary['state']): ExecutionStatus[] {
  return state === 'Running' ? ['Pending', 'Running'] : [state]
}
