import type { ExecutionEvent } from '@sluice/pipeline'
import { toJson } from '../json.ts'
import { notify } from '../notifications.ts'
import type { Queryable } from '../queryable.ts'
import { intervalMs } from '../queryable.ts'

/** An event that waits to be advanced. */
export interface InboxEvent {
  readonly id: number
  readonly event: ExecutionEvent
  readonly timerKey: string | null
  readonly tries: number
}

/** Puts an event into an execution's inbox and wakes a server to advance it, both when the transaction commits. */
export async function insertExecutionEvent(connection: Queryable, executionId: string, event: ExecutionEvent): Promise<void> {
  await connection.query({
    name: 'insert-execution-event',
    text: `insert into execution_events (execution_id, event, due_at) values ($1, $2, clock_timestamp())`,
    values: [executionId, toJson(event)],
  })
  await notify(connection, 'sluice_execution', `inbox:${executionId}`)
}

/** Sets or replaces a timer: an event that is due later. */
export async function setTimer(connection: Queryable, executionId: string, key: string, afterMs: number): Promise<void> {
  await connection.query({
    name: 'set-timer',
    text: `
      insert into execution_events (execution_id, event, due_at, timer_key)
      values ($1, jsonb_build_object('type', 'timer', 'key', $2::text), clock_timestamp() + ${intervalMs('$3')}, $2)
      on conflict (execution_id, timer_key) do update set due_at = excluded.due_at, tries = 0, parked = false, error = null`,
    values: [executionId, key, afterMs],
  })
}

export async function clearTimer(connection: Queryable, executionId: string, key: string): Promise<void> {
  await connection.query({
    name: 'clear-timer',
    text: 'delete from execution_events where execution_id = $1 and timer_key = $2',
    values: [executionId, key],
  })
}

/** Executions with an event that is due, the longest waiting first. */
export async function listDueExecutions(connection: Queryable, limit: number): Promise<string[]> {
  const { rows } = await connection.query<{ id: string }>({
    name: 'list-due-executions',
    text: `
      select execution_id as id from (
        select execution_id, due_at from execution_events where not parked and due_at <= now() order by due_at, id limit $1 * 20
      ) as due group by execution_id order by min(due_at) limit $1`,
    values: [limit],
  })
  return rows.map((row) => row.id)
}

/** Milliseconds until the next event that is not due yet; undefined when there is none. */
export async function msUntilNextDue(connection: Queryable): Promise<number | undefined> {
  const { rows } = await connection.query<{ ms: number | null }>({
    name: 'next-due',
    text: `
      select extract(epoch from (due_at - clock_timestamp()))::double precision * 1000 as ms from execution_events
      where not parked and due_at > now() order by due_at, id limit 1`,
  })
  return rows[0]?.ms ?? undefined
}

/**
 * The events of an execution that are due: reports in the order in which they were stored, then timers, so that a report that is here
 * beats the timeout of the same thing.
 */
export async function readDueEvents(connection: Queryable, executionId: string, limit: number): Promise<InboxEvent[]> {
  const { rows } = await connection.query<{ id: number; event: ExecutionEvent; timerKey: string | null; tries: number }>({
    name: 'read-due-events',
    text: `
      select id, event, timer_key as "timerKey", tries from execution_events
      where execution_id = $1 and not parked and due_at <= clock_timestamp()
      order by timer_key is not null, id limit $2`,
    values: [executionId, limit],
  })
  return rows
}

/** Whether an execution has an event that is due. */
export async function hasDueEvents(connection: Queryable, executionId: string): Promise<boolean> {
  const { rows } = await connection.query({
    name: 'has-due-events',
    text: `select 1 from execution_events where execution_id = $1 and not parked and due_at <= clock_timestamp() limit 1`,
    values: [executionId],
  })
  return rows.length > 0
}

/** Whether somebody's word on a step (the event `stepResolved`) waits to be advanced. */
export async function isResolutionWaiting(connection: Queryable, executionId: string, stepRunId: string): Promise<boolean> {
  const { rows } = await connection.query({
    name: 'is-resolution-waiting',
    text: `
      select 1 from execution_events
      where execution_id = $1 and not parked and event ->> 'type' = 'stepResolved' and event ->> 'stepRunId' = $2 limit 1`,
    values: [executionId, stepRunId],
  })
  return rows.length > 0
}

export async function deleteEvents(connection: Queryable, ids: readonly number[]): Promise<void> {
  await connection.query({
    name: 'delete-events',
    text: 'delete from execution_events where id = any ($1::bigint[])',
    values: [ids],
  })
}

/** Puts an event that could not be advanced off, or aside for good once it failed too often. */
export async function postponeEvent(
  connection: Queryable,
  input: { readonly id: number; readonly afterMs: number; readonly park: boolean; readonly error: string },
): Promise<void> {
  await connection.query({
    name: 'postpone-event',
    text: `
      update execution_events set tries = tries + 1, due_at = clock_timestamp() + ${intervalMs('$2')}, parked = $3, error = $4 where id = $1`,
    values: [input.id, input.afterMs, input.park, input.error.slice(0, 4096)],
  })
}
