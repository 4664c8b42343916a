import { notify } from '../notifications.ts'
import type { Queryable } from '../queryable.ts'
import { intervalMs } from '../queryable.ts'

export interface AcceptedTask {
  readonly attemptId: string
  readonly taskId: string
  readonly executionId: string
  readonly epoch: number
  readonly spec: Record<string, unknown>
}

/** A delegate's word that it takes an offer. */
export interface AcceptInput {
  readonly attemptId: string
  readonly instanceId: string
  readonly epoch: number
  readonly bootId: string
  readonly leaseMs: number
  /** Milliseconds since the epoch, for the execution's event. */
  readonly at: number
}

/**
 * Takes offered attempts for their instances, and tells the executions; one statement, so of each either all is stored or nothing. Gives
 * one answer per input; undefined where nothing was taken: see `readAccepted`. Rows are locked in one order, so that two servers do not wait for each other.
 */
export async function acceptAttempts(
  connection: Queryable,
  inputs: readonly AcceptInput[],
): Promise<readonly (AcceptedTask | undefined)[]> {
  const { rows } = await connection.query<AcceptedTask & { instanceId: string; bootId: string; kind: string }>({
    name: 'accept-attempts',
    text: `
      with wanted as (
        select * from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[])
          as wanted (attempt_id, instance_id, epoch, boot_id, lease_ms, at)
      ), offered as (
        select tasks.id, wanted.* from wanted
        join attempts on attempts.id = wanted.attempt_id and attempts.delegate_instance_id = wanted.instance_id
          and attempts.epoch = wanted.epoch
        join tasks on tasks.id = attempts.task_id
        where tasks.state = 'offered' and tasks.fence = attempts.epoch
        order by tasks.id for no key update of tasks
      ), task as (
        update tasks set state = 'accepted' from offered
        where tasks.id = offered.id and tasks.state = 'offered' and tasks.fence = offered.epoch
        returning tasks.id, tasks.execution_id, tasks.group_id, tasks.kind, tasks.spec, offered.attempt_id, offered.instance_id,
          offered.epoch, offered.boot_id, offered.lease_ms, offered.at
      ), attempt as (
        update attempts set state = 'accepted', boot_id = task.boot_id, accepted_at = now(), offer_until = null,
          lease_until = now() + ${intervalMs('task.lease_ms')},
          not_after = now() + ${intervalMs(`(task.spec ->> 'notAfterMs')`)}
        from task where attempts.id = task.attempt_id
      ), event as (
        insert into execution_events (execution_id, event)
        select execution_id, jsonb_build_object('type', 'attemptAccepted', 'at', at, 'groupId', group_id, 'attemptId', attempt_id)
        from task where kind = 'stepGroup'
      )
      select attempt_id as "attemptId", instance_id as "instanceId", boot_id as "bootId", id as "taskId", execution_id as "executionId", epoch, spec,
        kind
      from task`,
    values: [
      inputs.map(({ attemptId }) => attemptId),
      inputs.map(({ instanceId }) => instanceId),
      inputs.map(({ epoch }) => epoch),
      inputs.map(({ bootId }) => bootId),
      inputs.map(({ leaseMs }) => leaseMs),
      inputs.map(({ at }) => at),
    ],
  })
  const groups = rows.filter(({ kind }) => kind === 'stepGroup')
  await notify(connection, 'sluice_execution', ...new Set(groups.map(({ executionId }) => `inbox:${executionId}`)))
  const taken = new Map(rows.map((row) => [row.attemptId, row]))
  return inputs.map(({ attemptId, instanceId, bootId, epoch }) => {
    const row = taken.get(attemptId)
    // Two callers may name one attempt: it is given to the one whose it is.
    return row?.instanceId === instanceId && row.bootId === bootId && row.epoch === epoch ? row : undefined
  })
}

/** The task of an attempt that this boot of the instance took before, while the attempt lives: a reply may have been lost. */
export async function readAccepted(
  connection: Queryable,
  { attemptId, instanceId, epoch, bootId }: AcceptInput,
): Promise<AcceptedTask | undefined> {
  const { rows } = await connection.query<AcceptedTask & Record<string, unknown>>({
    name: 'read-accepted',
    text: `
      select a.id as "attemptId", a.task_id as "taskId", a.execution_id as "executionId", a.epoch, t.spec
      from attempts a join tasks t on t.id = a.task_id
      where a.id = $1 and a.delegate_instance_id = $2 and a.epoch = $3 and a.boot_id = $4 and t.fence = a.epoch
        and a.state in ('accepted', 'running', 'finishing')`,
    values: [attemptId, instanceId, epoch, bootId],
  })
  return rows[0]
}
