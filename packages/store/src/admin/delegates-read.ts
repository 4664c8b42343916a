import { type Kysely, sql } from 'kysely'
import type { AttemptState, Database, DelegateInstanceRow, DelegateRow } from '../schema.ts'

/** An attempt that an instance holds. */
export interface HeldAttempt {
  readonly id: string
  readonly delegate_instance_id: string
  readonly execution_id: string
  readonly group_path: string
  readonly state: AttemptState
}

export interface DelegateDetails {
  readonly delegate: DelegateRow
  readonly instances: readonly (DelegateInstanceRow & {
    readonly seen_ms: number | null
    readonly attempts: readonly HeldAttempt[]
  })[]
}

interface Visible {
  readonly org: string
  readonly project: string
}

/** Delegates whose place a scope can see: in it, or around it. In the order of their ids. */
export async function listDelegates(
  db: Kysely<Database>,
  visibleTo: Visible,
  page: { limit: number; afterId: string | undefined },
): Promise<DelegateDetails[]> {
  let query = db.selectFrom('delegates').selectAll().orderBy('id').limit(page.limit)
  if (page.afterId !== undefined) query = query.where('id', '>', page.afterId)
  if (visibleTo.org !== '') query = query.where('org', 'in', ['', visibleTo.org])
  if (visibleTo.project !== '') query = query.where('project', 'in', ['', visibleTo.project])
  return withInstances(db, await query.execute())
}

export async function getDelegate(db: Kysely<Database>, id: string): Promise<DelegateDetails | undefined> {
  const rows = await db.selectFrom('delegates').selectAll().where('id', '=', id).execute()
  const [details] = await withInstances(db, rows)
  return details
}

export interface DelegateChanges {
  readonly approved?: boolean | undefined
  readonly revoked?: boolean | undefined
  readonly draining?: boolean | undefined
  readonly tags?: readonly string[] | undefined
}

/** Changes what is named and leaves the rest. False when there is no such delegate. */
export async function updateDelegate(db: Kysely<Database>, id: string, changes: DelegateChanges): Promise<boolean> {
  const { approved, revoked, draining, tags } = changes
  const set = {
    ...(approved === undefined ? {} : { approved }),
    ...(revoked === undefined ? {} : { revoked }),
    ...(draining === undefined ? {} : { draining }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
  }
  if (Object.keys(set).length === 0) return true
  const result = await db.updateTable('delegates').set(set).where('id', '=', id).executeTakeFirst()
  return result.numUpdatedRows > 0n
}

export async function deleteDelegate(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('delegates').where('id', '=', id).execute()
}

/** Approved delegates that serve a place: those in it and around it. Sealed secrets of that place go to their keys. */
export async function listRecipients(db: Kysely<Database>, place: Visible): Promise<DelegateRow[]> {
  let query = db
    .selectFrom('delegates')
    .selectAll()
    .where('approved', '=', true)
    .where('revoked', '=', false)
    .orderBy('id')
    .limit(100)
  // A secret of the account may be used in any project, so every delegate is one that may have to open it.
  if (place.org !== '') query = query.where('org', 'in', ['', place.org])
  if (place.project !== '') query = query.where('project', 'in', ['', place.project])
  return query.execute()
}

async function withInstances(db: Kysely<Database>, delegates: readonly DelegateRow[]): Promise<DelegateDetails[]> {
  if (delegates.length === 0) return []
  const instances = await db
    .selectFrom('delegate_instances')
    .selectAll()
    .select(sql<number | null>`(extract(epoch from now() - last_seen_at) * 1000)::double precision`.as('seen_ms'))
    .where(
      'delegate_id',
      'in',
      delegates.map((delegate) => delegate.id),
    )
    .orderBy('id')
    .execute()
  const attempts =
    instances.length === 0
      ? []
      : await listHeldAttempts(
          db,
          instances.map(({ id }) => id),
        )
  return delegates.map((delegate) => ({
    delegate,
    instances: instances
      .filter((instance) => instance.delegate_id === delegate.id)
      .map((instance) => ({ ...instance, attempts: attempts.filter((attempt) => attempt.delegate_instance_id === instance.id) })),
  }))
}

async function listHeldAttempts(db: Kysely<Database>, instanceIds: readonly string[]): Promise<HeldAttempt[]> {
  return db
    .selectFrom('attempts as a')
    .innerJoin('tasks as t', 't.id', 'a.task_id')
    .select(['a.id', 'a.delegate_instance_id', 'a.execution_id', 't.group_path', 'a.state'])
    .where('a.delegate_instance_id', 'in', instanceIds)
    .where('a.state', 'not in', ['completed', 'ended'])
    .orderBy('a.id')
    .limit(1000)
    .execute()
}
