import type { Queryable } from '../queryable.ts'
import { intervalMs } from '../queryable.ts'

export interface AcceptedTask {
  readonly attemptId: string
  readonly taskId: string
  readonly executionId: string
  readonly epoch: number
  readonly spec: Record<string, unknown>
}

/**
 * Takes an offered attempt for an instance, and tells the execution; one statement, so either all of it is stored or nothing. Repeating it
 * with the same boot id gives the same task while the attempt lives. Undefined: the offer is not this caller's any more.
 */
export async function acceptAttempt(
  connection: Queryable,
  input: {
    readonly attemptId: string
    readonly instanceId: string
    readonly epoch: number
    readonly bootId: string
    readonly leaseMs: number
    /** Milliseconds since the epoch, for the execution's event. */
    readonly at: number
  },
): Promise<AcceptedTask | undefined> {
  const taken = await connection.query<AcceptedTask & { notified: unknown }>({
    name: 'accept-attempt',
    text: `
      with task as (
        update tasks set state = 'accepted' from attempts
        where attempts.id = $1 and attempts.delegate_instance_id = $2 and attempts.epoch = $3
          and tasks.id = attempts.task_id and tasks.state = 'offered' and tasks.fence = attempts.epoch
        returning tasks.id, tasks.execution_id, tasks.group_id, tasks.kind, tasks.spec
      ), attempt as (
        update attempts set state = 'accepted', boot_id = $4, accepted_at = now(), offer_until = null,
          lease_until = now() + ${intervalMs('$5')},
          not_after = now() + ${intervalMs(`(task.spec ->> 'notAfterMs')`)}
        from task where attempts.id = $1
      ), event as (
        insert into execution_events (execution_id, event)
        select execution_id, jsonb_build_object('type', 'attemptAccepted', 'at', $6::bigint, 'groupId', group_id, 'attemptId', $1::text)
        from task where kind = 'stepGroup'
      )
      select $1::text as "attemptId", id as "taskId", execution_id as "executionId", $3::integer as epoch, spec,
        pg_notify('sluice_execution', 'inbox:' || execution_id) as notified
      from task`,
    values: [input.attemptId, input.instanceId, input.epoch, input.bootId, input.leaseMs, input.at],
  })
  if (taken.rows[0] !== undefined) return taken.rows[0]
  const again = await connection.query<AcceptedTask & Record<string, unknown>>({
    name: 'accept-attempt-again',
    text: `
      select a.id as "attemptId", a.task_id as "taskId", a.execution_id as "executionId", a.epoch, t.spec
      from attempts a join tasks t on t.id = a.task_id
      where a.id = $1 and a.delegate_instance_id = $2 and a.epoch = $3 and a.boot_id = $4 and t.fence = a.epoch
        and a.state in ('accepted', 'running', 'finishing')`,
    values: [input.attemptId, input.instanceId, input.epoch, input.bootId],
  })
  return again.rows[0]
}
