import { type Kysely, sql } from 'kysely'
import type { Database } from '../schema.ts'

/** Whether and to whom a secret's value is sealed. */
export interface SecretFacts {
  readonly valueVersion: number
  readonly recipients: readonly string[]
}

export interface InstanceFacts {
  readonly lastAppliedTag: string | null
  readonly targetKey: string | null
}

/** Facts of secrets by entity id; a secret without a value is not in it. */
export async function readSecretFacts(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, SecretFacts>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('secret_values')
    .select(['entity_id', 'version', 'recipients'])
    .where('entity_id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.entity_id, { valueVersion: row.version, recipients: row.recipients }]))
}

/** How many instances each DB schema has, by the schema's entity id; none is not in it. */
export async function countInstances(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map()
  const found = await sql<{ id: string; count: number }>`
    select s.id, count(*) as count
    from entities s
    join entity_refs r on r.kind = 'dbSchema' and r.org = s.org and r.project = s.project and r.identifier = s.identifier
    join entities i on i.id = r.entity_id and i.kind = 'dbInstance'
    where s.id in (${sql.join(ids)})
    group by s.id
  `.execute(db)
  return new Map(found.rows.map((row) => [row.id, row.count]))
}

/** Facts of DB instances by entity id: the tag that the last step wrote there, and the target of its connector. */
export async function readInstanceFacts(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, InstanceFacts>> {
  if (ids.length === 0) return new Map()
  const found = await sql<{ id: string; last_tag: string | null; target_key: string | null }>`
    select i.id, last_step.tag as last_tag, c.target_key
    from entities i
    left join entity_refs r on r.entity_id = i.id and r.kind = 'connector'
    left join entities c on c.kind = 'connector' and c.org = r.org and c.project = r.project and c.identifier = r.identifier
    left join lateral (
      select s.summary ->> 'lastTag' as tag from step_runs s
      where s.org = i.org and s.project = i.project and s.db_instance = i.identifier and s.summary is not null
      order by s.finished_at desc limit 1
    ) last_step on true
    where i.id in (${sql.join(ids)})
  `.execute(db)
  return new Map(found.rows.map((row) => [row.id, { lastAppliedTag: row.last_tag, targetKey: row.target_key }]))
}
