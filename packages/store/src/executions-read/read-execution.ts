import { type Kysely, type Selectable, sql } from 'kysely'
import type { AttemptRow, Database, ExecutionRow, InspectionsTable, LogStreamsTable, PermitRow, StepRunRow } from '../schema.ts'

/** Changesets of a step run by what became of them. */
export interface ChangesetCounts {
  readonly applied: number
  readonly rolledBack: number
  readonly failed: number
}

/** The latest attempt of a group. */
export type GroupAttempt = Pick<
  AttemptRow,
  | 'id'
  | 'epoch'
  | 'state'
  | 'contact'
  | 'place'
  | 'delegate_name'
  | 'waiting_for'
  | 'waiting_hint'
  | 'ended_reason'
  | 'created_at'
> & {
  readonly group_id: string
  readonly attempt_number: number
}

export type LogStreamFacts = Pick<Selectable<LogStreamsTable>, 'id' | 'length' | 'sealed' | 'gaps'>

/** An execution with everything that its page shows. */
export interface ExecutionDetails {
  readonly execution: Omit<ExecutionRow, 'yaml'>
  readonly stepRuns: ReadonlyMap<string, StepRunRow>
  readonly permits: ReadonlyMap<string, PermitRow>
  readonly inspections: ReadonlyMap<string, Selectable<InspectionsTable>>
  readonly logs: ReadonlyMap<string, LogStreamFacts>
  readonly changesets: ReadonlyMap<string, ChangesetCounts>
  /** By group id. */
  readonly attempts: ReadonlyMap<string, GroupAttempt>
}

/** Reads one execution whole, all of it as of one moment. */
export async function readExecution(db: Kysely<Database>, id: string): Promise<ExecutionDetails | undefined> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const execution = await trx
        .selectFrom('executions')
        .select([
          'id',
          'sequence',
          'org',
          'project',
          'pipeline_identifier',
          'pipeline_name',
          'inputs',
          'state',
          'status',
          'version',
          'cancel_requested',
          'triggered_by',
          'idempotency_key',
          'notes',
          'step_counts',
          'db_instances',
          'created_at',
          'started_at',
          'ended_at',
        ])
        .where('id', '=', id)
        .executeTakeFirst()
      if (execution === undefined) return undefined
      const stepRuns = await trx.selectFrom('step_runs').selectAll().where('execution_id', '=', id).execute()
      const permits = await trx
        .selectFrom('permits')
        .innerJoin('step_runs', 'step_runs.id', 'permits.step_run_id')
        .selectAll('permits')
        .where('step_runs.execution_id', '=', id)
        .execute()
      const inspections = await trx
        .selectFrom('inspections')
        .innerJoin('step_runs', 'step_runs.id', 'inspections.step_run_id')
        .selectAll('inspections')
        .where('step_runs.execution_id', '=', id)
        .execute()
      const logs = await trx
        .selectFrom('log_streams')
        .select(['id', 'length', 'sealed', 'gaps'])
        .where('execution_id', '=', id)
        .execute()
      return {
        execution,
        stepRuns: byKey(stepRuns, (row) => row.id),
        permits: byKey(permits, (row) => row.step_run_id),
        inspections: byKey(inspections, (row) => row.step_run_id),
        logs: byKey(logs, (row) => row.id),
        changesets: await countChangesets(trx, id),
        attempts: await readGroupAttempts(trx, id),
      }
    })
}

async function countChangesets(db: Kysely<Database>, id: string): Promise<Map<string, ChangesetCounts>> {
  const { rows } = await sql<ChangesetCounts & { stepRunId: string }>`
    select step_run_id as "stepRunId",
      count(*) filter (where state in ('applied', 'reran', 'markedRan')) as applied,
      count(*) filter (where state = 'rolledBack') as "rolledBack",
      count(*) filter (where state = 'failed') as failed
    from changeset_runs where execution_id = ${id} group by step_run_id
  `.execute(db)
  return new Map(rows.map(({ stepRunId, applied, rolledBack, failed }) => [stepRunId, { applied, rolledBack, failed }]))
}

async function readGroupAttempts(db: Kysely<Database>, id: string): Promise<Map<string, GroupAttempt>> {
  const { rows } = await sql<GroupAttempt>`
    select distinct on (t.group_id) t.group_id, t.attempt_number, a.id, a.epoch, a.state, a.contact, a.place, a.delegate_name, a.waiting_for,
      a.waiting_hint,
      a.ended_reason, a.created_at
    from attempts a join tasks t on t.id = a.task_id
    where a.execution_id = ${id} and t.kind = 'stepGroup'
    order by t.group_id, t.attempt_number desc, a.epoch desc
  `.execute(db)
  return new Map(rows.map((row) => [row.group_id, row]))
}

function byKey<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row> {
  return new Map(rows.map((row) => [keyOf(row), row]))
}
