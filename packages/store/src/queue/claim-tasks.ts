import type { Queryable } from '../queryable.ts'
import { intervalMs } from '../queryable.ts'
import type { TaskFit } from './fit.ts'

/** A place that a delegate instance has free, with the id of the attempt that would fill it. */
export interface ClaimSlot {
  readonly attemptId: string
  readonly instanceId: string
  readonly delegateId: string
  readonly delegateName: string
}

/** A task that was offered just now. */
export interface ClaimedTask {
  readonly attemptId: string
  readonly instanceId: string
  readonly taskId: string
  readonly epoch: number
  readonly org: string
  readonly project: string
  readonly infra: 'process' | 'kubernetes'
}

/**
 * Offers the first tasks of a fit key to the slots, in order, in one statement. Tasks that one of the slots' delegates declined lately
 * are passed over. Losing an offer in a crash of the database costs nothing, so the commit does not wait for the disk; the accept does.
 */
export async function claimTasks(
  connection: Queryable,
  input: { readonly fitKey: string; readonly slots: readonly ClaimSlot[]; readonly offerMs: number },
): Promise<ClaimedTask[]> {
  if (input.slots.length === 0) return []
  const { rows } = await connection.query<ClaimedTask>({ name: 'claim-tasks', text: claimText, values: claimValues(input) })
  return rows
}

/** The claim's statement: for tests that look at its plan. */
export const claimText = `
  with settings as materialized (
    select set_config('synchronous_commit', 'off', true)
  ), picked as (
    select id, row_number() over () as place from (
      select id from tasks, settings
      where state = 'queued' and fit_key = $1 and not exists (
        select 1 from task_declines d where d.task_id = tasks.id and d.delegate_id = any ($4::text[]) and d.until > now()
      )
      order by priority, id
      limit $7
      for update of tasks skip locked
    ) as first
  ), taken as (
    update tasks set state = 'offered', fence = fence + 1
    from picked where tasks.id = picked.id
    returning tasks.id, tasks.execution_id, tasks.fence, tasks.org, tasks.project, tasks.infra, picked.place
  )
  insert into attempts (id, task_id, execution_id, epoch, state, delegate_id, delegate_instance_id, delegate_name, offer_until)
  select slot.attempt_id, taken.id, taken.execution_id, taken.fence, 'offered', slot.delegate_id, slot.instance_id, slot.delegate_name,
    now() + ${intervalMs('$6')}
  from taken
  join unnest($2::text[], $3::text[], $4::text[], $5::text[]) with ordinality
    as slot (attempt_id, instance_id, delegate_id, delegate_name, place) using (place)
  returning id as "attemptId", delegate_instance_id as "instanceId", task_id as "taskId", epoch,
    (select org from taken where taken.id = attempts.task_id) as org,
    (select project from taken where taken.id = attempts.task_id) as project,
    (select infra from taken where taken.id = attempts.task_id) as infra`

export function claimValues(input: {
  readonly fitKey: string
  readonly slots: readonly ClaimSlot[]
  readonly offerMs: number
}): unknown[] {
  const { fitKey, slots, offerMs } = input
  return [
    fitKey,
    slots.map((slot) => slot.attemptId),
    slots.map((slot) => slot.instanceId),
    slots.map((slot) => slot.delegateId),
    slots.map((slot) => slot.delegateName),
    offerMs,
    slots.length,
  ]
}

/** Which kinds of tasks wait, each with its head; found by hopping over the index, so a long backlog of one kind costs one step. */
export async function listQueuedKeys(connection: Queryable): Promise<string[]> {
  const { rows } = await connection.query<{ key: string }>({
    name: 'list-queued-keys',
    text: `
      with recursive keys as (
        (select fit_key as key from tasks where state = 'queued' order by fit_key limit 1)
        union all
        select (select fit_key from tasks where state = 'queued' and fit_key > keys.key order by fit_key limit 1)
        from keys where keys.key is not null
      )
      select key from keys where key is not null limit 10000`,
  })
  return rows.map((row) => row.key)
}

/** The keys among these that have a queued task, by the order in which their heads should go. */
export async function orderKeys(connection: Queryable, fitKeys: readonly string[]): Promise<string[]> {
  const { rows } = await connection.query<{ key: string }>({
    name: 'order-keys',
    text: `
      select wanted.key from unnest($1::text[]) as wanted (key)
      cross join lateral (
        select priority, id from tasks where state = 'queued' and fit_key = wanted.key order by priority, id limit 1
      ) as head
      order by head.priority, head.id`,
    values: [fitKeys],
  })
  return rows.map((row) => row.key)
}

/** What a fit key stands for; undefined when no such task waits any more. */
export async function readFit(connection: Queryable, fitKey: string): Promise<TaskFit | undefined> {
  const { rows } = await connection.query<{
    org: string
    project: string
    selectors: string[]
    recipients: string[] | null
    infra: 'process' | 'kubernetes'
  }>({
    name: 'read-fit',
    text: `select org, project, selectors, recipients, infra from tasks where state = 'queued' and fit_key = $1 order by priority, id limit 1`,
    values: [fitKey],
  })
  const row = rows[0]
  if (row === undefined) return undefined
  const { org, project, selectors, recipients, infra } = row
  return { org, project, selectors, recipients: recipients ?? undefined, ...(infra === 'process' ? {} : { infra }) }
}

/** Fit keys with a waiting task that somebody declined lately: those are claimed one delegate at a time. */
export async function listContestedKeys(connection: Queryable): Promise<string[]> {
  const { rows } = await connection.query<{ key: string }>({
    name: 'list-contested-keys',
    text: `
      select distinct tasks.fit_key as key from task_declines
      join tasks on tasks.id = task_declines.task_id
      where task_declines.until > now() and tasks.state = 'queued' limit 10000`,
  })
  return rows.map((row) => row.key)
}
