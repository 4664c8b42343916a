import type { ExecutionSummary } from '@sluice/contract'
import type { ExecutionStatus } from '@sluice/pipeline'
import type { ExecutionSummaryRow } from '@sluice/store'

/** One row of the execution list. */
export function toExecutionSummary(row: ExecutionSummaryRow): ExecutionSummary {
  return {
    id: row.id,
    sequence: row.sequence,
    orgIdentifier: row.org,
    projectIdentifier: row.project,
    pipelineIdentifier: row.pipeline_identifier,
    pipelineName: row.pipeline_name,
    state: toState(row.status),
    cancelRequested: row.cancel_requested,
    triggeredBy: row.triggered_by,
    startedAt: (row.started_at ?? row.created_at).toISOString(),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
    dbInstances: row.db_instances,
    stepCounts: row.step_counts,
  }
}

/** `Pending` lasts for milliseconds and is nobody's business. */
function toState(status: ExecutionStatus): ExecutionSummary['state'] {
  return status === 'Pending' ? 'Running' : status
}

/** Whether nothing more will happen. */
export function isFinal(state: ExecutionSummary['state']): boolean {
  return state === 'Succeeded' || state === 'Failed' || state === 'Cancelled'
}
