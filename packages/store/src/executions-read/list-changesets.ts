import type { Kysely, Selectable } from 'kysely'
import type { ChangesetRunsTable, Database } from '../schema.ts'

export type ChangesetRunRow = Selectable<ChangesetRunsTable>

/** What an execution applied or rolled back, in order. */
export async function listExecutionChangesets(
  db: Kysely<Database>,
  executionId: string,
  page: { readonly stepRunId: string | undefined; readonly limit: number; readonly afterId: number | undefined },
): Promise<ChangesetRunRow[]> {
  let query = db.selectFrom('changeset_runs').selectAll().where('execution_id', '=', executionId).orderBy('id').limit(page.limit)
  if (page.stepRunId !== undefined) query = query.where('step_run_id', '=', page.stepRunId)
  if (page.afterId !== undefined) query = query.where('id', '>', page.afterId)
  return query.execute()
}

/** What was applied to or rolled back from a DB instance, newest first. */
export async function listInstanceChangesets(
  db: Kysely<Database>,
  instance: { readonly org: string; readonly project: string; readonly identifier: string },
  page: { readonly limit: number; readonly beforeId: number | undefined },
): Promise<ChangesetRunRow[]> {
  let query = db
    .selectFrom('changeset_runs')
    .selectAll()
    .where('org', '=', instance.org)
    .where('project', '=', instance.project)
    .where('db_instance', '=', instance.identifier)
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId)
  return query.execute()
}
