import { type Kysely, sql } from 'kysely'
import type { ApiKey } from './api-keys.ts'
import type { Database } from './schema.ts'
import { hashToken } from './tokens.ts'

const later = (ms: number) => sql<Date>`now() + ${ms}::double precision * interval '1 millisecond'`

/** Opens a session for a key; drops sessions that are over. */
export async function insertSession(db: Kysely<Database>, token: string, apiKeyId: string, lifeMs: number): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('expires_at', '<', sql<Date>`now()`)
    .execute()
  await sql`insert into sessions (hash, api_key_id, expires_at) values (${hashToken(token)}, ${apiKeyId}, ${later(lifeMs)})`.execute(
    db,
  )
}

/** The key behind a session, unless the session or the key is over. */
export async function findSession(db: Kysely<Database>, token: string): Promise<ApiKey | undefined> {
  return db
    .selectFrom('sessions')
    .innerJoin('api_keys as k', 'k.id', 'sessions.api_key_id')
    .select(['k.id', 'k.name', 'k.role', 'k.org', 'k.project', 'k.created_by', 'k.created_at', 'k.expires_at', 'k.last_used_at'])
    .where('sessions.hash', '=', hashToken(token))
    .where('sessions.expires_at', '>', sql<Date>`now()`)
    .where((eb) => eb.or([eb('k.expires_at', 'is', null), eb('k.expires_at', '>', sql<Date>`now()`)]))
    .executeTakeFirst()
}

export async function deleteSession(db: Kysely<Database>, token: string): Promise<void> {
  await db.deleteFrom('sessions').where('hash', '=', hashToken(token)).execute()
}

/** Stores a one-use login code for a key; drops codes that are over. */
export async function insertLoginCode(db: Kysely<Database>, code: string, apiKeyId: string, lifeMs: number): Promise<void> {
  await db
    .deleteFrom('login_codes')
    .where('expires_at', '<', sql<Date>`now()`)
    .execute()
  await sql`insert into login_codes (hash, api_key_id, expires_at) values (${hashToken(code)}, ${apiKeyId}, ${later(lifeMs)})`.execute(
    db,
  )
}

/** Uses a login code up: the key it stands for, or undefined when it is unknown, over or used. */
export async function takeLoginCode(db: Kysely<Database>, code: string): Promise<ApiKey | undefined> {
  const taken = await db
    .deleteFrom('login_codes')
    .where('hash', '=', hashToken(code))
    .where('expires_at', '>', sql<Date>`now()`)
    .returning('api_key_id')
    .executeTakeFirst()
  if (taken === undefined) return undefined
  return db
    .selectFrom('api_keys')
    .select(['id', 'name', 'role', 'org', 'project', 'created_by', 'created_at', 'expires_at', 'last_used_at'])
    .where('id', '=', taken.api_key_id)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
    .executeTakeFirst()
}
