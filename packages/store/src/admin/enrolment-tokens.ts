import { createId } from '@sluice/base'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { Database, EnrolmentTokensTable } from '../schema.ts'
import { hashToken } from '../tokens.ts'

/** An enrolment token as administrators see it: without anything that helps to use it. */
export type EnrolmentToken = Omit<Selectable<EnrolmentTokensTable>, 'hash'>

const columns = ['id', 'org', 'project', 'uses_left', 'approve', 'created_by', 'created_at', 'expires_at'] as const

export async function insertEnrolmentToken(
  db: Kysely<Database>,
  token: string,
  input: {
    readonly org: string
    readonly project: string
    readonly uses: number
    readonly approve: boolean
    readonly createdBy: string
    readonly lifeMs: number
  },
): Promise<EnrolmentToken> {
  return db
    .insertInto('enrolment_tokens')
    .values({
      id: createId('enr'),
      hash: hashToken(token),
      org: input.org,
      project: input.project,
      uses_left: input.uses,
      approve: input.approve,
      created_by: input.createdBy,
      expires_at: sql<Date>`now() + ${input.lifeMs}::double precision * interval '1 millisecond'`,
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
}

/** Tokens of a scope that still work. */
export async function listEnrolmentTokens(
  db: Kysely<Database>,
  within: { readonly org: string; readonly project: string },
  page: { readonly limit: number; readonly afterId: string | undefined },
): Promise<EnrolmentToken[]> {
  let query = db
    .selectFrom('enrolment_tokens')
    .select(columns)
    .where('expires_at', '>', sql<Date>`now()`)
    .where('uses_left', '>', 0)
    .orderBy('id')
    .limit(page.limit)
  if (within.org !== '') query = query.where('org', '=', within.org)
  if (within.project !== '') query = query.where('project', '=', within.project)
  if (page.afterId !== undefined) query = query.where('id', '>', page.afterId)
  return query.execute()
}

export async function getEnrolmentToken(db: Kysely<Database>, id: string): Promise<EnrolmentToken | undefined> {
  return db.selectFrom('enrolment_tokens').select(columns).where('id', '=', id).executeTakeFirst()
}

export async function deleteEnrolmentToken(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('enrolment_tokens').where('id', '=', id).execute()
}
