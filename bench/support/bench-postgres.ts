import { join } from 'node:path'
import { createToken, silentLogger } from '@sluice/base'
import { openEmbeddedPostgres } from '@sluice/embedded-postgres'
import { openTempDir } from '@sluice/testkit'
import pg from 'pg'

/**
 * A PostgreSQL of a benchmark's own, as durable as in production: with fsync off, as tests have it, nobody's commits would cost what they
 * cost. Holds control planes and targets alike, Sluice's and its peer's.
 */
export interface BenchPostgres extends AsyncDisposable {
  readonly version: string
  /** An empty database with a role that owns it. */
  createDatabase(name: string): Promise<BenchDatabase>
}

export interface BenchDatabase {
  readonly name: string
  /** `postgres://…` with the owner's credentials. */
  readonly url: string
  /** Without credentials. */
  readonly jdbcUrl: string
  readonly user: string
  readonly password: string
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
}

export async function openBenchPostgres(): Promise<BenchPostgres> {
  const temp = await openTempDir()
  const server = await openEmbeddedPostgres({
    dataDir: join(temp.path, 'postgres'),
    user: 'postgres',
    password: createToken(),
    logger: silentLogger,
    durability: 'full',
    lifetime: 'child',
  })
  const run = async (url: string, sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql, [...values])).rows
    } finally {
      await client.end()
    }
  }
  const [row] = await run(server.url, 'show server_version')
  return {
    version: String(row?.['server_version']),
    async createDatabase(name) {
      const password = createToken()
      await run(server.url, `create role "${name}" login password '${password}'`)
      await run(server.url, `create database "${name}" owner "${name}"`)
      const url = Object.assign(new URL(server.url), { pathname: `/${name}`, username: name, password }).href
      return {
        name,
        url,
        jdbcUrl: `jdbc:postgresql://127.0.0.1:${String(server.port)}/${name}`,
        user: name,
        password,
        query: (sql, values) => run(url, sql, values),
      }
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await temp[Symbol.asyncDispose]()
    },
  }
}
