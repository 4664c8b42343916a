import { type Kysely, sql } from 'kysely'
import type { Selectable } from 'kysely'
import type { Database, ExecutionsTable } from '../schema.ts'

/** An execution without its state and YAML: a row of a list. */
export type ExecutionSummaryRow = Pick<Selectable<ExecutionsTable>, (typeof summaryColumns)[number]>

const summaryColumns = [
  'id',
  'sequence',
  'org',
  'project',
  'pipeline_identifier',
  'pipeline_name',
  'status',
  'version',
  'cancel_requested',
  'triggered_by',
  'created_at',
  'started_at',
  'ended_at',
  'db_instances',
  'step_counts',
] as const

export interface ExecutionFilter {
  readonly within: { readonly org: string; readonly project: string }
  /** The caller's scope. Executions lie in projects, so what is around the scope has none. */
  readonly visibleTo: { readonly org: string; readonly project: string }
  readonly pipeline?: string | undefined
  readonly statuses?: readonly Selectable<ExecutionsTable>['status'][] | undefined
  readonly dbInstance?: string | undefined
}

/** Executions, newest first. */
export async function listExecutions(
  db: Kysely<Database>,
  filter: ExecutionFilter,
  page: { readonly limit: number; readonly beforeId: string | undefined },
): Promise<ExecutionSummaryRow[]> {
  let query = db.selectFrom('executions').select(summaryColumns).orderBy('id', 'desc').limit(page.limit)
  for (const { org, project } of [filter.within, filter.visibleTo]) {
    if (org !== '') query = query.where('org', '=', org)
    if (project !== '') query = query.where('project', '=', project)
  }
  if (filter.pipeline !== undefined) query = query.where('pipeline_identifier', '=', filter.pipeline)
  if (filter.statuses !== undefined) query = query.where('status', 'in', filter.statuses)
  if (filter.dbInstance !== undefined) query = query.where(sql<boolean>`db_instances @> array[${filter.dbInstance}]::text[]`)
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId)
  return query.execute()
}

export async function getExecutionSummary(db: Kysely<Database>, id: string): Promise<ExecutionSummaryRow | undefined> {
  return db.selectFrom('executions').select(summaryColumns).where('id', '=', id).executeTakeFirst()
}
