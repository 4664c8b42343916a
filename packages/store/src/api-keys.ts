import { createId } from '@sluice/base'
import { type Kysely, sql } from 'kysely'
import { hashToken } from './tokens.ts'
import type { ApiKeyRow, Database, Role } from './schema.ts'

/** An API key as others may see it: without anything that helps to use it. */
export type ApiKey = Omit<ApiKeyRow, 'hash'>

export interface ApiKeyInput {
  readonly name: string
  readonly role: Role
  readonly org: string
  readonly project: string
  readonly createdBy: string
  readonly expiresAt: Date | null
}

const columns = ['id', 'name', 'role', 'org', 'project', 'created_by', 'created_at', 'expires_at', 'last_used_at'] as const

/** Stores a key by its hash. `token` is the whole text that its owner will present. */
export async function insertApiKey(db: Kysely<Database>, token: string, input: ApiKeyInput): Promise<ApiKey> {
  return db
    .insertInto('api_keys')
    .values({
      id: createId('key'),
      name: input.name,
      role: input.role,
      org: input.org,
      project: input.project,
      hash: hashToken(token),
      created_by: input.createdBy,
      expires_at: input.expiresAt,
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
}

/** The key that a presented text belongs to, unless it is revoked or expired. Notes its use, at most once a minute. */
export async function findApiKey(db: Kysely<Database>, token: string): Promise<ApiKey | undefined> {
  const key = await db
    .selectFrom('api_keys')
    .select(columns)
    .where('hash', '=', hashToken(token))
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
    .executeTakeFirst()
  if (key !== undefined && (key.last_used_at === null || Date.now() - key.last_used_at.getTime() > 60_000)) {
    await db
      .updateTable('api_keys')
      .set({ last_used_at: sql<Date>`now()` })
      .where('id', '=', key.id)
      .execute()
  }
  return key
}

/** Keys whose scope lies within another. */
export async function listApiKeys(
  db: Kysely<Database>,
  within: { readonly org: string; readonly project: string },
  page: { readonly limit: number; readonly afterId: string | undefined },
): Promise<ApiKey[]> {
  let query = db.selectFrom('api_keys').select(columns).orderBy('id').limit(page.limit)
  if (within.org !== '') query = query.where('org', '=', within.org)
  if (within.project !== '') query = query.where('project', '=', within.project)
  if (page.afterId !== undefined) query = query.where('id', '>', page.afterId)
  return query.execute()
}

export async function getApiKey(db: Kysely<Database>, id: string): Promise<ApiKey | undefined> {
  return db.selectFrom('api_keys').select(columns).where('id', '=', id).executeTakeFirst()
}

/**
 * Ends a key, with every session that was opened with it. False, and nothing is done, when it is the last one that administers the
 * account: nobody could make another.
 */
export async function deleteApiKey(db: Kysely<Database>, id: string): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    await sql`lock table api_keys in share row exclusive mode`.execute(trx)
    const other = await trx
      .selectFrom('api_keys')
      .select('id')
      .where('id', '<>', id)
      .where('role', '=', 'admin')
      .where('org', '=', '')
      .where('expires_at', 'is', null)
      .limit(1)
      .executeTakeFirst()
    const key = await getApiKey(trx, id)
    if (key === undefined) return true
    if (other === undefined && key.role === 'admin' && key.org === '') return false
    await trx.deleteFrom('api_keys').where('id', '=', id).execute()
    return true
  })
}

/**
 * The first key of an installation, made only when there is none at all: false when there is one. Servers that start together take
 * turns, so that exactly one of them makes it.
 */
export async function insertFirstApiKey(db: Kysely<Database>, token: string, input: ApiKeyInput): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    await sql`lock table api_keys in exclusive mode`.execute(trx)
    const existing = await trx.selectFrom('api_keys').select('id').limit(1).executeTakeFirst()
    if (existing !== undefined) return false
    await insertApiKey(trx, token, input)
    return true
  })
}
