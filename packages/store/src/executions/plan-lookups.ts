import type { Queryable } from '../queryable.ts'
import { type AccountSettings, defaultSettings } from '../settings.ts'

/** An entity as planning reads it. */
export interface PlanEntity {
  readonly kind: string
  readonly org: string
  readonly project: string
  readonly identifier: string
  readonly body: Record<string, unknown>
  /** Secrets with a sealed value only. */
  readonly sealed: { readonly version: number; readonly record: Record<string, unknown>; readonly recipients: string[] } | null
}

/** Names one entity. */
export interface PlanKey {
  readonly kind: string
  readonly org: string
  readonly project: string
  readonly identifier: string
}

export function planKeyText({ kind, org, project, identifier }: PlanKey): string {
  return JSON.stringify([kind, org, project, identifier])
}

/** The entities that exist among these, by `planKeyText`; secrets with what is sealed of them. */
export async function readPlanEntities(connection: Queryable, keys: readonly PlanKey[]): Promise<Map<string, PlanEntity>> {
  if (keys.length === 0) return new Map()
  const { rows } = await connection.query<PlanEntity & Record<string, unknown>>({
    name: 'read-plan-entities',
    text: `
      select e.kind, e.org, e.project, e.identifier, e.body, case when v.entity_id is not null then
        jsonb_build_object('version', v.version, 'record', v.record, 'recipients', to_jsonb(v.recipients)) end as sealed
      from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as wanted (kind, org, project, identifier)
      join entities e on e.kind = wanted.kind and e.org = wanted.org and e.project = wanted.project and e.identifier = wanted.identifier
      left join secret_values v on v.entity_id = e.id`,
    values: [
      keys.map((key) => key.kind),
      keys.map((key) => key.org),
      keys.map((key) => key.project),
      keys.map((key) => key.identifier),
    ],
  })
  return new Map(rows.map((row) => [planKeyText(row), row]))
}

/** What an inspection has to know of the step it looks at. */
export interface InspectedStep {
  readonly stepRunId: string
  readonly executionId: string
  readonly org: string
  readonly project: string
  readonly path: string
  readonly type: string
  readonly dbSchema: string
  readonly dbInstance: string
  readonly attemptId: string
  readonly epoch: number
  readonly planDigest: string | null
  readonly commit: string | null
  readonly selectors: string[]
  /** Where its group was asked to run; null for a process. */
  readonly infraTarget: Record<string, unknown> | null
  readonly changesets: readonly { readonly id: string; readonly author: string; readonly path: string }[]
}

/** Reads a step that an attempt has worked on, with its plan; undefined when no attempt ever had it. */
export async function readInspectedStep(connection: Queryable, stepRunId: string): Promise<InspectedStep | undefined> {
  const { rows } = await connection.query<InspectedStep & Record<string, unknown>>({
    name: 'read-inspected-step',
    text: `
      select s.id as "stepRunId", s.execution_id as "executionId", s.org, s.project, s.path, s.type, s.db_schema as "dbSchema",
        s.db_instance as "dbInstance", a.id as "attemptId", a.epoch, s.plan_digest as "planDigest", s.commit_sha as commit, t.selectors,
        t.infra_target as "infraTarget",
        (select coalesce(jsonb_agg(jsonb_build_object('id', p.changeset_id, 'author', p.author, 'path', p.path) order by p.position), '[]')
          from step_plans p where p.step_run_id = s.id) as changesets
      from step_runs s
      left join permits pm on pm.step_run_id = s.id
      join attempts a on a.id = coalesce(pm.attempt_id, s.attempt_id)
      join tasks t on t.id = a.task_id
      where s.id = $1`,
    values: [stepRunId],
  })
  return rows[0]
}

/** Starts an inspection's record anew; `taskId` is missing when there could be no task for it, and `message` says why. */
export async function openInspection(
  connection: Queryable,
  input: { readonly stepRunId: string; readonly taskId: string | undefined; readonly message?: string | undefined },
): Promise<void> {
  await connection.query({
    name: 'open-inspection',
    text: `
      insert into inspections (step_run_id, state, task_id, message) values ($1, $2, $3, $4)
      on conflict (step_run_id) do update set state = excluded.state, task_id = excluded.task_id, message = excluded.message,
        finding = null, applied_count = null, expected_count = null, live_sessions = null, lock_holder = null, at = now()`,
    values: [input.stepRunId, input.taskId === undefined ? 'failed' : 'running', input.taskId ?? null, input.message ?? null],
  })
}

/** Takes inspections of a step out of the queue that nobody has begun. */
export async function withdrawInspections(connection: Queryable, stepRunId: string): Promise<void> {
  await connection.query({
    name: 'withdraw-inspections',
    text: `
      with task as (
        update tasks set state = 'withdrawn', done_at = now()
        where kind = 'inspection' and step_run_id = $1 and state in ('queued', 'offered') returning id, fence
      )
      update attempts set state = 'ended', ended_reason = 'withdrawn', ended_at = now()
      from task where attempts.task_id = task.id and attempts.epoch = task.fence and attempts.state = 'offered'`,
    values: [stepRunId],
  })
}

/** Steps whose inspection has waited for a delegate for too long. */
export async function listStaleInspections(
  connection: Queryable,
  olderThanMs: number,
): Promise<{ stepRunId: string; taskId: string }[]> {
  const { rows } = await connection.query<{ stepRunId: string; taskId: string }>({
    text: `
      select step_run_id as "stepRunId", id as "taskId" from tasks
      where kind = 'inspection' and state = 'queued' and queued_at < now() - $1::double precision * interval '1 millisecond' limit 100`,
    values: [olderThanMs],
  })
  return rows
}

/** The account's settings, read inside of a transaction. */
export async function readPlanSettings(connection: Queryable): Promise<AccountSettings> {
  const { rows } = await connection.query<{ settings: Partial<AccountSettings> }>({
    name: 'read-plan-settings',
    text: 'select settings from account_settings',
  })
  return { ...defaultSettings, ...rows[0]?.settings }
}

/** Whether the Database DevOps module is switched on, read inside of a transaction. */
export async function isModuleEnabled(connection: Queryable): Promise<boolean> {
  const { rows } = await connection.query<{ enabled: boolean | null }>({
    name: 'is-module-enabled',
    text: `select (settings ->> 'DBOPS_ENABLED')::boolean as enabled from account_settings`,
  })
  return rows[0]?.enabled ?? defaultSettings.DBOPS_ENABLED
}
