import { toJson, toStorableText } from '../json.ts'
import type { Queryable } from '../queryable.ts'
import type { ChangesetRunState, StepRunState, StepSummary } from '../schema.ts'

/** A step run as far as its reports need it. */
export interface ReportedStep {
  readonly stepRunId: string
  readonly state: StepRunState
  readonly org: string
  readonly project: string
  readonly dbInstance: string | null
}

/** The steps of an attempt among these ids, held until the transaction ends. */
export async function lockReportedSteps(
  connection: Queryable,
  attemptId: string,
  stepRunIds: readonly string[],
): Promise<Map<string, ReportedStep>> {
  const { rows } = await connection.query<ReportedStep & Record<string, unknown>>({
    name: 'lock-reported-steps',
    text: `
      select id as "stepRunId", state, org, project, db_instance as "dbInstance" from step_runs
      where attempt_id = $1 and id = any ($2::text[]) order by id for no key update`,
    values: [attemptId, stepRunIds],
  })
  return new Map(rows.map((row) => [row.stepRunId, row]))
}

/** The runner has begun the step. A permit that overtook this report stands. */
export async function markStepStarted(connection: Queryable, stepRunId: string): Promise<void> {
  await connection.query({
    name: 'mark-step-started',
    text: `
      update step_runs set state = case when state in ('pending', 'offered') then 'running' else state end,
        started_at = coalesce(started_at, now()) where id = $1`,
    values: [stepRunId],
  })
}

/** Keeps the commit of a source for the execution's later steps; the first one stays. */
export async function storeResolvedSource(
  connection: Queryable,
  input: { readonly executionId: string; readonly stepRunId: string; readonly sourceKey: string; readonly commit: string },
): Promise<void> {
  await connection.query({
    name: 'store-source',
    text: `
      insert into sources (execution_id, source_key, commit_sha) values ($1, $2, $3) on conflict do nothing`,
    values: [input.executionId, input.sourceKey, input.commit],
  })
  await connection.query({
    name: 'store-step-commit',
    text: 'update step_runs set commit_sha = $2 where id = $1',
    values: [input.stepRunId, input.commit],
  })
}

/** Adds the next part of a step's plan. */
export async function storePlan(
  connection: Queryable,
  stepRunId: string,
  plan: {
    readonly digest: string
    readonly total: number
    readonly changesets: readonly { readonly id: string; readonly author: string; readonly path: string }[]
  },
): Promise<void> {
  await connection.query({
    name: 'store-plan',
    text: `
      update step_runs set plan_digest = $2, waiting_for = null,
        counts = coalesce(counts, '{"planned":0,"applied":0,"rolledBack":0,"failed":0}') || jsonb_build_object('planned', $3::integer)
      where id = $1`,
    values: [stepRunId, plan.digest, plan.total],
  })
  if (plan.changesets.length === 0) return
  await connection.query({
    name: 'store-plan-rows',
    text: `
      insert into step_plans (step_run_id, position, changeset_id, author, path)
      select $1, (select coalesce(max(position), 0) from step_plans where step_run_id = $1) + place, id, author, path
      from unnest($2::text[], $3::text[], $4::text[]) with ordinality as planned (id, author, path, place)`,
    values: [
      stepRunId,
      plan.changesets.map((changeset) => toStorableText(changeset.id)),
      plan.changesets.map((changeset) => toStorableText(changeset.author)),
      plan.changesets.map((changeset) => toStorableText(changeset.path)),
    ],
  })
}

export interface ChangesetReport {
  readonly step: ReportedStep
  readonly id: string
  readonly author: string
  readonly path: string
  readonly state: ChangesetRunState
  readonly checksum?: string | undefined
  readonly description?: string | undefined
  readonly order?: number | undefined
  readonly durationMs: number
  readonly statements: number
  readonly message?: string | undefined
}

/** Stores what became of changesets, and counts them on their steps. */
export async function storeChangesets(
  connection: Queryable,
  executionId: string,
  reports: readonly ChangesetReport[],
): Promise<void> {
  if (reports.length === 0) return
  await connection.query({
    name: 'store-changesets',
    text: `
      insert into changeset_runs (execution_id, step_run_id, org, project, db_instance, changeset_id, author, path, state, duration_ms,
        statements, checksum, description, position, message)
      select $1, "stepRunId", org, project, "dbInstance", id, author, path, state, "durationMs", statements, checksum, description,
        position, message
      from jsonb_to_recordset($2::jsonb) as reported ("stepRunId" text, org text, project text, "dbInstance" text, id text, author text,
        path text, state text, "durationMs" double precision, statements integer, checksum text, description text, position integer,
        message text)`,
    values: [
      executionId,
      toJson(
        reports.map(({ step, order, ...report }) => ({
          ...report,
          position: order,
          stepRunId: step.stepRunId,
          org: step.org,
          project: step.project,
          dbInstance: step.dbInstance ?? '',
        })),
      ),
    ],
  })
  await connection.query({
    name: 'count-changesets',
    text: `
      update step_runs set counts = coalesce(counts, '{"planned":0}') || jsonb_build_object('applied', counted.applied,
        'rolledBack', counted.rolled_back, 'failed', counted.failed)
      from (
        select step_run_id, count(*) filter (where state in ('applied', 'reran', 'markedRan')) as applied,
          count(*) filter (where state = 'rolledBack') as rolled_back, count(*) filter (where state = 'failed') as failed
        from changeset_runs where step_run_id = any ($1::text[]) group by step_run_id
      ) as counted
      where step_runs.id = counted.step_run_id`,
    values: [[...new Set(reports.map((report) => report.step.stepRunId))]],
  })
}

export async function markStepWaiting(connection: Queryable, stepRunId: string, what: string): Promise<void> {
  await connection.query({
    name: 'mark-step-waiting',
    text: `update step_runs set waiting_for = $2 where id = $1 and state in ('offered', 'running', 'permitted')`,
    values: [stepRunId, toStorableText(what)],
  })
}

/** The runner's word on a step. One whose outcome is unknown keeps its permit open, which is what blocks the target. */
export async function markStepFinished(
  connection: Queryable,
  stepRunId: string,
  input: { readonly unknown: boolean; readonly summary: StepSummary | undefined },
): Promise<void> {
  await connection.query({
    name: 'mark-step-finished',
    text: `
      update step_runs set state = $2, finished_at = now(), waiting_for = null, summary = coalesce($3, summary) where id = $1`,
    values: [stepRunId, input.unknown ? 'unknown' : 'finished', input.summary === undefined ? null : toJson(input.summary)],
  })
}

export interface InspectionFinding {
  readonly finding: 'noneApplied' | 'allApplied' | 'partlyApplied' | 'cannotTell'
  readonly appliedCount: number
  readonly expectedCount: number
  readonly liveSessions: number
  readonly lockHolder: string | null
  readonly message: string
}

/** Stores what an inspection found, if it is the one asked for last. */
export async function storeInspection(
  connection: Queryable,
  input: { readonly stepRunId: string; readonly taskId: string; readonly finding: InspectionFinding },
): Promise<void> {
  const { finding } = input
  await connection.query({
    name: 'store-inspection',
    text: `
      update inspections set state = 'finished', finding = $3, applied_count = $4, expected_count = $5, live_sessions = $6,
        lock_holder = $7, message = $8, at = now()
      where step_run_id = $1 and task_id = $2`,
    values: [
      input.stepRunId,
      input.taskId,
      finding.finding,
      finding.appliedCount,
      finding.expectedCount,
      finding.liveSessions,
      finding.lockHolder === null ? null : toStorableText(finding.lockHolder),
      toStorableText(finding.message),
    ],
  })
}
