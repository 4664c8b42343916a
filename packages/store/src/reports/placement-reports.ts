import { toStorableText } from '../json.ts'
import type { Queryable } from '../queryable.ts'

/** The delegate has begun to place the attempt, or the runner runs at `place`. */
export async function markAttemptPhase(
  connection: Queryable,
  attemptId: string,
  phase: { readonly state: 'accepted' | 'running'; readonly place?: string | undefined },
): Promise<void> {
  await connection.query({
    name: 'mark-attempt-phase',
    text: `
      update attempts set state = case when state = 'accepted' then $2 else state end, place = coalesce($3, place),
        waiting_for = null, waiting_hint = null
      where id = $1`,
    values: [attemptId, phase.state, phase.place === undefined ? null : toStorableText(phase.place)],
  })
}

/** What the attempt waits for now, in words. */
export async function markAttemptWaiting(
  connection: Queryable,
  attemptId: string,
  waiting: { readonly what: string; readonly hint: string | undefined },
): Promise<void> {
  await connection.query({
    name: 'mark-attempt-waiting',
    text: 'update attempts set waiting_for = $2, waiting_hint = $3 where id = $1',
    values: [attemptId, toStorableText(waiting.what), waiting.hint === undefined ? null : toStorableText(waiting.hint)],
  })
}

/** What was said last that the attempt waits for, or that is wrong with its pod. */
export async function readAttemptWaiting(
  connection: Queryable,
  attemptId: string,
): Promise<{ readonly what: string; readonly hint: string | undefined } | undefined> {
  const { rows } = await connection.query<{ what: string | null; hint: string | null }>({
    name: 'read-attempt-waiting',
    text: 'select waiting_for as what, waiting_hint as hint from attempts where id = $1',
    values: [attemptId],
  })
  const [row] = rows
  return row === undefined || row.what === null ? undefined : { what: row.what, hint: row.hint ?? undefined }
}

/** A report of a delegate with what a cluster said about an attempt's objects. */
export interface KubernetesEventReport {
  readonly attemptId: string
  readonly groupPath: string
  readonly epoch: number
  readonly events: readonly Record<string, unknown>[]
}

/** Kubernetes events that delegates reported of an execution's attempts, as they were reported, oldest first. */
export async function listKubernetesEvents(
  connection: Queryable,
  executionId: string,
  reportsMax: number,
): Promise<KubernetesEventReport[]> {
  const { rows } = await connection.query<KubernetesEventReport & Record<string, unknown>>({
    name: 'list-kubernetes-events',
    text: `
      select a.id as "attemptId", t.group_path as "groupPath", a.epoch, e.body -> 'events' as events
      from attempts a join tasks t on t.id = a.task_id
      join attempt_events e on e.attempt_id = a.id and e.source = 'delegate' and e.body ->> 'type' = 'attempt.kubernetesEvents'
      where a.execution_id = $1
      order by a.id, e.received_at, e.seq limit $2`,
    values: [executionId, reportsMax],
  })
  return rows
}
