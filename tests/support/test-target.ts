import { createToken } from '@sluice/base'
import { openTestDatabase, type TestDatabase } from '@sluice/testkit'
import pg from 'pg'

/** A database that pipelines of a test migrate, with a role and password of its own. */
export interface TestTarget {
  /** For a connector: no credentials in it. */
  readonly jdbcUrl: string
  readonly user: string
  readonly password: string
  /** Superuser's. */
  readonly database: TestDatabase
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export async function openTestTarget(): Promise<TestTarget> {
  const database = await openTestDatabase()
  const url = new URL(database.url)
  const name = url.pathname.slice(1)
  const user = `${name}_role`
  const password = `pw-${createToken()}`
  const query: TestTarget['query'] = async (sql, values = []) => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      const result = await client.query<Record<string, unknown>>(sql, [...values])
      return result.rows
    } finally {
      await client.end()
    }
  }
  await query(`create role "${user}" login password '${password}'`)
  await query(`grant all on database "${name}" to "${user}"`)
  await query(`grant all on schema public to "${user}"`)
  return {
    jdbcUrl: `jdbc:postgresql://${url.hostname}:${url.port}/${name}`,
    user,
    password,
    database,
    query,
    async close() {
      await database.drop()
      const admin = new pg.Client({
        connectionString: Object.assign(new URL(database.url), { pathname: '/postgres' }).toString(),
      })
      await admin.connect()
      await admin.query(`drop role if exists "${user}"`).finally(() => admin.end())
    },
  }
}
