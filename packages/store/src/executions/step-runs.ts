import type { CancelMode } from '@sluice/pipeline'
import { toJson } from '../json.ts'
import { notify } from '../notifications.ts'
import type { Queryable } from '../queryable.ts'

export interface NewStepRun {
  readonly stepRunId: string
  readonly executionId: string
  readonly org: string
  readonly project: string
  readonly groupId: string
  readonly taskId: string
  readonly path: string
  readonly type: string
  /** Absent for steps that work on no database. */
  readonly dbSchema?: string
  readonly dbInstance?: string
  readonly targetKey?: string
}

/** Writes the step runs of a group that is placed; placing it again changes what they work on, never what they came to. */
export async function upsertStepRuns(connection: Queryable, steps: readonly NewStepRun[]): Promise<void> {
  await connection.query({
    name: 'upsert-step-runs',
    text: `
      insert into step_runs (id, execution_id, org, project, group_id, task_id, path, type, db_schema, db_instance, target_key)
      select "stepRunId", "executionId", org, project, "groupId", "taskId", path, type, "dbSchema", "dbInstance", "targetKey"
      from jsonb_to_recordset($1::jsonb) as planned ("stepRunId" text, "executionId" text, org text, project text, "groupId" text,
        "taskId" text, path text, type text, "dbSchema" text, "dbInstance" text, "targetKey" text)
      on conflict (id) do update set task_id = excluded.task_id, db_schema = excluded.db_schema, db_instance = excluded.db_instance,
        target_key = excluded.target_key, attempt_id = null, state = 'pending', step_order = null, cancel_mode = null
      where step_runs.state in ('pending', 'offered')`,
    values: [toJson(steps)],
  })
}

/** The runner of this attempt may have the step from now on. */
export async function offerStepRun(
  connection: Queryable,
  input: { readonly stepRunId: string; readonly attemptId: string; readonly order: object },
): Promise<void> {
  await connection.query({
    name: 'offer-step-run',
    text: `
      update step_runs set state = 'offered', attempt_id = $2, step_order = $3, offered_at = now()
      where id = $1 and state in ('pending', 'offered')`,
    values: [input.stepRunId, input.attemptId, toJson(input.order)],
  })
  await notify(connection, 'sluice_attempt', input.attemptId)
}

/** No further step will come for this attempt. */
export async function finishAttemptSteps(connection: Queryable, attemptId: string): Promise<void> {
  await connection.query({
    name: 'finish-attempt-steps',
    text: `
      update attempts set finish = true, state = case when state in ('accepted', 'running') then 'finishing' else state end where id = $1`,
    values: [attemptId],
  })
  await notify(connection, 'sluice_attempt', attemptId)
}

/** Asks an attempt to stop; a stronger mode replaces a weaker one. Told to its runner and to its delegate. */
export async function cancelAttempt(connection: Queryable, attemptId: string, mode: CancelMode): Promise<void> {
  const { rows } = await connection.query<{ instance: string }>({
    name: 'cancel-attempt',
    text: `
      update attempts set cancel_mode = case
        when cancel_mode = 'force' or $2 = 'force' then 'force'
        when cancel_mode = 'interrupt' or $2 = 'interrupt' then 'interrupt' else 'graceful' end
      where id = $1 and state not in ('completed', 'ended') returning delegate_instance_id as instance`,
    values: [attemptId, mode],
  })
  await notify(connection, 'sluice_attempt', attemptId)
  if (rows[0] !== undefined) await notify(connection, 'sluice_task', `instance:${rows[0].instance}`)
}

/** Asks one step to stop. From this commit on it gets no permit. */
export async function cancelStepRun(
  connection: Queryable,
  input: { readonly stepRunId: string; readonly attemptId: string; readonly mode: CancelMode },
): Promise<void> {
  await connection.query({
    name: 'cancel-step-run',
    text: `
      update step_runs set cancel_mode = case
        when cancel_mode = 'force' or $2 = 'force' then 'force'
        when cancel_mode = 'interrupt' or $2 = 'interrupt' then 'interrupt' else 'graceful' end
      where id = $1 and state not in ('finished', 'unknown')`,
    values: [input.stepRunId, input.mode],
  })
  await notify(connection, 'sluice_attempt', input.attemptId)
}

/** The step's outcome is unknown: its permit, if it has one, stays open and blocks the target. */
export async function markStepUnknown(connection: Queryable, stepRunId: string): Promise<void> {
  await connection.query({
    name: 'mark-step-unknown',
    text: `update step_runs set state = 'unknown', waiting_for = null where id = $1 and state <> 'finished'`,
    values: [stepRunId],
  })
}

/** The step is over for good. */
export async function markStepOver(connection: Queryable, stepRunId: string): Promise<void> {
  await connection.query({
    name: 'mark-step-over',
    text: `update step_runs set state = 'finished', finished_at = coalesce(finished_at, now()), waiting_for = null where id = $1`,
    values: [stepRunId],
  })
}

/** Whether a step run is one of this attempt's. */
export async function stepBelongsTo(connection: Queryable, stepRunId: string, attemptId: string): Promise<boolean> {
  const { rows } = await connection.query({
    name: 'step-belongs-to',
    text: 'select 1 from step_runs where id = $1 and attempt_id = $2',
    values: [stepRunId, attemptId],
  })
  return rows.length > 0
}

/** What an order needs of its step's plan. */
export interface TaskStepFacts {
  readonly stepRunId: string
  /** Database steps only. */
  readonly sourceKey: string | null
  /** Run steps only: the slot of each secret, by the reference that names it. */
  readonly refs: Readonly<Record<string, string>> | null
}

/** The steps of a group's task with the key of each one's source. */
export async function readTaskSteps(connection: Queryable, executionId: string, groupId: string): Promise<TaskStepFacts[]> {
  const { rows } = await connection.query<TaskStepFacts & Record<string, unknown>>({
    name: 'read-task-steps',
    text: `
      select step ->> 'stepRunId' as "stepRunId", step -> 'source' ->> 'sourceKey' as "sourceKey", step -> 'refs' as refs
      from tasks, jsonb_array_elements(spec -> 'steps') as step
      where execution_id = $1 and group_id = $2 and kind = 'stepGroup'`,
    values: [executionId, groupId],
  })
  return rows
}
