import type { ExecutionState } from '@sluice/pipeline'
import { toJson } from '../json.ts'
import type { Queryable } from '../queryable.ts'

/** The next number of a pipeline's executions. Held until the transaction ends, so that numbers have no gaps. */
export async function nextSequence(
  connection: Queryable,
  pipeline: { org: string; project: string; identifier: string },
): Promise<number> {
  const { rows } = await connection.query<{ last: number }>({
    name: 'next-sequence',
    text: `
      insert into pipeline_sequences (org, project, pipeline, last) values ($1, $2, $3, 1)
      on conflict (org, project, pipeline) do update set last = pipeline_sequences.last + 1 returning last`,
    values: [pipeline.org, pipeline.project, pipeline.identifier],
  })
  return rows[0]?.last ?? 1
}

/**
 * The execution that this key has started within a day. A key that is older is taken off its execution, so that it may be used again.
 * Holds the key until the transaction ends.
 */
export async function takeIdempotencyKey(
  connection: Queryable,
  place: { readonly org: string; readonly project: string },
  key: string,
): Promise<string | undefined> {
  await connection.query({
    name: 'lock-idempotency-key',
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
    values: [JSON.stringify(['idempotency', place.org, place.project, key])],
  })
  await connection.query({
    name: 'expire-idempotency-key',
    text: `
      update executions set idempotency_key = null
      where org = $1 and project = $2 and idempotency_key = $3 and created_at < now() - interval '1 day'`,
    values: [place.org, place.project, key],
  })
  const { rows } = await connection.query<{ id: string }>({
    name: 'find-idempotency-key',
    text: 'select id from executions where org = $1 and project = $2 and idempotency_key = $3',
    values: [place.org, place.project, key],
  })
  return rows[0]?.id
}

export interface NewExecution {
  readonly state: ExecutionState
  readonly yaml: string
  readonly inputs: Readonly<Record<string, string>>
  readonly idempotencyKey?: string | undefined
}

export async function insertExecution(
  connection: Queryable,
  { state, yaml, inputs, idempotencyKey }: NewExecution,
): Promise<void> {
  await connection.query({
    name: 'insert-execution',
    text: `
      insert into executions (id, sequence, org, project, pipeline_identifier, pipeline_name, yaml, inputs, state, status, triggered_by,
        idempotency_key)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      state.executionId,
      state.sequence,
      state.org,
      state.project,
      state.pipeline.identifier,
      state.pipeline.name,
      yaml,
      toJson(inputs),
      toJson(state),
      state.status,
      state.triggeredBy.name,
      idempotencyKey ?? null,
    ],
  })
}

/** Marks an execution as asked to stop: from this commit on none of its steps gets a permit. False when it is over or not there. */
export async function markCancelRequested(connection: Queryable, executionId: string): Promise<boolean> {
  const { rowCount } = await connection.query({
    name: 'mark-cancel-requested',
    text: `
      update executions set cancel_requested = true, version = version + 1
      where id = $1 and status in ('Pending', 'Running', 'Unknown')`,
    values: [executionId],
  })
  return rowCount === 1
}

/** The state of an execution; undefined when there is none. */
export async function readExecutionState(connection: Queryable, executionId: string): Promise<ExecutionState | undefined> {
  const { rows } = await connection.query<{ state: ExecutionState }>({
    name: 'read-execution-state',
    text: 'select state from executions where id = $1',
    values: [executionId],
  })
  return rows[0]?.state
}

/** A task that waits, with what the selection trace says of it. */
export interface WaitingTask {
  readonly taskId: string
  readonly groupPath: string
  readonly kind: 'stepGroup' | 'inspection'
  readonly state: string
  readonly queuedForMs: number
  readonly org: string
  readonly project: string
  readonly selectors: string[]
  readonly recipients: string[] | null
  readonly infra: 'process' | 'kubernetes'
  readonly offeredTo: string | null
  readonly declines: readonly { readonly delegateId: string; readonly code: string; readonly reason: string }[]
}

/** Tasks of an execution that no delegate has accepted yet. */
export async function listWaitingTasks(connection: Queryable, executionId: string): Promise<WaitingTask[]> {
  const { rows } = await connection.query<WaitingTask & Record<string, unknown>>({
    name: 'list-waiting-tasks',
    text: `
      select t.id as "taskId", t.group_path as "groupPath", t.kind, t.state, t.org, t.project, t.selectors, t.recipients, t.infra,
        extract(epoch from (now() - t.queued_at))::double precision * 1000 as "queuedForMs",
        (select a.delegate_name from attempts a where a.task_id = t.id and a.epoch = t.fence and a.state = 'offered') as "offeredTo",
        (select coalesce(jsonb_agg(jsonb_build_object('delegateId', d.delegate_id, 'code', d.code, 'reason', d.reason)), '[]')
          from task_declines d where d.task_id = t.id and d.until > now()) as declines
      from tasks t where t.execution_id = $1 and t.state in ('queued', 'offered') order by t.id limit 200`,
    values: [executionId],
  })
  return rows
}
