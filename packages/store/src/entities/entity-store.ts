import { AppError, createId } from '@sluice/base'
import { type Kysely, sql, type Transaction } from 'kysely'
import { toJson } from '../json.ts'
import { isUniqueViolation } from '../queryable.ts'
import type { Database, EntityRow } from '../schema.ts'

/** Where an entity is: empty texts for the account and for outside of projects. */
export interface EntityKey {
  readonly kind: string
  readonly org: string
  readonly project: string
  readonly identifier: string
}

/** A field of an entity that names another one. */
export interface EntityReference extends EntityKey {
  /** Path of the field, for people: `changelog.connector`. */
  readonly field: string
}

export interface EntityWrite extends EntityKey {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
  readonly references: readonly EntityReference[]
  /** Connectors of databases: their canonical target. */
  readonly targetKey: string | null
}

type Db = Kysely<Database>

export async function getEntity(db: Db, key: EntityKey): Promise<EntityRow | undefined> {
  return db
    .selectFrom('entities')
    .selectAll()
    .where('kind', '=', key.kind)
    .where('org', '=', key.org)
    .where('project', '=', key.project)
    .where('identifier', '=', key.identifier)
    .executeTakeFirst()
}

/** The same, locked until the transaction ends. */
export async function lockEntity(trx: Transaction<Database>, key: EntityKey): Promise<EntityRow | undefined> {
  return trx
    .selectFrom('entities')
    .selectAll()
    .where('kind', '=', key.kind)
    .where('org', '=', key.org)
    .where('project', '=', key.project)
    .where('identifier', '=', key.identifier)
    .forUpdate()
    .executeTakeFirst()
}

/** Adds an entity. Throws conflict `ENTITY_EXISTS`. */
export async function insertEntity(trx: Transaction<Database>, write: EntityWrite): Promise<EntityRow> {
  try {
    const row = await trx
      .insertInto('entities')
      .values({
        id: createId('ent'),
        kind: write.kind,
        org: write.org,
        project: write.project,
        identifier: write.identifier,
        name: write.name,
        tags: toJson(write.tags),
        body: toJson(write.body),
        target_key: write.targetKey,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await insertReferences(trx, row.id, write.references)
    return row
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new AppError('conflict', 'ENTITY_EXISTS', `There is already a ${write.kind} "${write.identifier}" here.`, {
      hint: 'Update it instead, or choose another identifier.',
      cause: error,
    })
  }
}

/** Replaces an entity that `lockEntity` gave; its version grows by one. */
export async function replaceEntity(trx: Transaction<Database>, id: string, write: EntityWrite): Promise<EntityRow> {
  const row = await trx
    .updateTable('entities')
    .set({
      name: write.name,
      tags: toJson(write.tags),
      body: toJson(write.body),
      target_key: write.targetKey,
      version: sql<number>`version + 1`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  await trx.deleteFrom('entity_refs').where('entity_id', '=', id).execute()
  await insertReferences(trx, id, write.references)
  return row
}

export async function deleteEntity(trx: Transaction<Database>, id: string): Promise<void> {
  await trx.deleteFrom('entities').where('id', '=', id).execute()
}

/**
 * What the references lead to, each locked against being deleted until the transaction ends. In a fixed order, so that two writers
 * cannot wait for each other.
 */
export async function lockReferenced(trx: Transaction<Database>, references: readonly EntityReference[]): Promise<EntityRow[]> {
  if (references.length === 0) return []
  const keys = references.map(({ kind, org, project, identifier }) => sql`(${kind}, ${org}, ${project}, ${identifier})`)
  const found = await sql<EntityRow>`
    select * from entities where (kind, org, project, identifier) in (${sql.join(keys)}) order by id for key share
  `.execute(trx)
  return found.rows
}

/** Who refers to an entity, at most `limit`, in order. */
export async function listReferrers(db: Db, key: EntityKey, limit: number): Promise<(EntityKey & { field: string })[]> {
  return db
    .selectFrom('entity_refs as r')
    .innerJoin('entities as e', 'e.id', 'r.entity_id')
    .select(['e.kind', 'e.org', 'e.project', 'e.identifier', 'r.field'])
    .where('r.kind', '=', key.kind)
    .where('r.org', '=', key.org)
    .where('r.project', '=', key.project)
    .where('r.identifier', '=', key.identifier)
    .orderBy('e.kind')
    .orderBy('e.org')
    .orderBy('e.project')
    .orderBy('e.identifier')
    .limit(limit)
    .execute()
}

async function insertReferences(trx: Transaction<Database>, id: string, references: readonly EntityReference[]): Promise<void> {
  if (references.length === 0) return
  const rows = references.map(({ field, kind, org, project, identifier }) => ({
    entity_id: id,
    field,
    kind,
    org,
    project,
    identifier,
  }))
  await trx
    .insertInto('entity_refs')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
