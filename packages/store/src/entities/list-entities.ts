import { type Kysely, sql } from 'kysely'
import type { Database, EntityRow } from '../schema.ts'

export interface EntityFilter {
  readonly kind: string
  /** Only what lies in this organization, or project of it. */
  readonly within: { readonly org: string; readonly project: string }
  /** What the caller may see: its scope, and what is around it. */
  readonly visibleTo: { readonly org: string; readonly project: string }
  /** Part of identifier or name, any case. */
  readonly search?: string | undefined
  readonly tag?: { readonly key: string; readonly value: string | undefined } | undefined
  /** Fields of the body that must have this text. */
  readonly fields?: Readonly<Record<string, string>> | undefined
}

/** Place of the last entity of the page before. */
export interface EntityCursor {
  readonly org: string
  readonly project: string
  readonly identifier: string
}

/**
 * One page in the order of (org, project, identifier), which no write changes: an entity that stands throughout is listed exactly once,
 * whatever is added or removed meanwhile.
 */
export async function listEntities(
  db: Kysely<Database>,
  filter: EntityFilter,
  page: { readonly limit: number; readonly after: EntityCursor | undefined },
): Promise<EntityRow[]> {
  // Organizations and projects are themselves the place that a scope compares with.
  const org = filter.kind === 'organization' ? sql`identifier` : sql`org`
  const project = filter.kind === 'project' ? sql`identifier` : sql`project`
  const conditions = [sql`kind = ${filter.kind}`]
  const { within, visibleTo, search, tag, fields = {} } = filter
  if (within.org !== '') conditions.push(sql`${org} = ${within.org}`)
  if (within.project !== '') conditions.push(sql`${project} = ${within.project}`)
  if (visibleTo.org !== '') conditions.push(sql`${org} in ('', ${visibleTo.org})`)
  if (visibleTo.project !== '') conditions.push(sql`${project} in ('', ${visibleTo.project})`)
  if (search !== undefined) {
    const pattern = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    conditions.push(sql`(identifier ilike ${pattern} or name ilike ${pattern})`)
  }
  if (tag !== undefined) {
    conditions.push(
      tag.value === undefined ? sql`tags ? ${tag.key}` : sql`tags @> jsonb_build_object(${tag.key}::text, ${tag.value}::text)`,
    )
  }
  for (const [name, value] of Object.entries(fields)) conditions.push(sql`body ->> ${name} = ${value}`)
  if (page.after !== undefined) {
    conditions.push(sql`(org, project, identifier) > (${page.after.org}, ${page.after.project}, ${page.after.identifier})`)
  }
  const found = await sql<EntityRow>`
    select * from entities where ${sql.join(conditions, sql` and `)} order by org, project, identifier limit ${page.limit}
  `.execute(db)
  return found.rows
}
