import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Database } from '@sluice/engine'
import { openTempDir, openTestDatabase, openTestMariadbDatabase, skipWithoutMariadb } from '@sluice/testkit'
import { createConnection } from 'mysql2/promise'
import type { RowDataPacket } from 'mysql2/promise'
import pg from 'pg'
import type { ConformanceDatabase } from './model.ts'

/** A connection that only looks, or prepares: neither Sluice's nor Liquibase's. */
export interface Observer extends AsyncDisposable {
  query(sql: string): Promise<readonly (readonly unknown[])[]>
}

/** An empty database that both programs can reach. */
export interface Twin extends AsyncDisposable {
  /** How Liquibase is told about it. */
  readonly liquibaseArgs: readonly string[]
  /** How Sluice opens it. */
  readonly open: () => Promise<Database>
  readonly observe: () => Promise<Observer>
}

/** Why there is no database of that kind here, as node:test's `skip` takes it. */
export function skipWithout(dbms: ConformanceDatabase): false | string {
  return dbms === 'mariadb' ? skipWithoutMariadb() : false
}

// Loaded late: recording Liquibase's answers needs nothing of Sluice's.
async function openWithSluice(url: string): Promise<Database> {
  const { openDatabase } = await import('@sluice/databases')
  return openDatabase({ url })
}

/** Makes an empty database of its own. */
export async function openTwin(dbms: ConformanceDatabase): Promise<Twin> {
  return { postgresql: postgresTwin, mariadb: mariadbTwin, sqlite: sqliteTwin }[dbms]()
}

async function postgresTwin(): Promise<Twin> {
  const target = await openTestDatabase()
  return {
    liquibaseArgs: jdbcArgs('postgresql', target),
    open: () => openWithSluice(target.url),
    observe: async () => {
      const client = new pg.Client({ connectionString: target.url })
      await client.connect()
      return {
        query: async (text) => (await client.query<unknown[]>({ text, rowMode: 'array' })).rows,
        [Symbol.asyncDispose]: () => client.end(),
      }
    },
    [Symbol.asyncDispose]: () => target.drop(),
  }
}

async function mariadbTwin(): Promise<Twin> {
  const target = await openTestMariadbDatabase()
  const { host, port, user, password, name } = target
  return {
    liquibaseArgs: jdbcArgs('mariadb', target),
    open: () => openWithSluice(target.url),
    observe: async () => {
      const connection = await createConnection({
        host,
        port,
        user,
        password,
        database: name,
        rowsAsArray: true,
        dateStrings: true,
      })
      return {
        query: async (sql) => (await connection.query<RowDataPacket[][]>(sql))[0],
        [Symbol.asyncDispose]: () => connection.end(),
      }
    },
    [Symbol.asyncDispose]: () => target.drop(),
  }
}

async function sqliteTwin(): Promise<Twin> {
  const folder = await openTempDir()
  const file = join(folder.path, 'twin.db')
  return {
    liquibaseArgs: [`--url=jdbc:sqlite:${file}`],
    open: () => openWithSluice(`sqlite:${file}`),
    observe: async () => {
      const database = new DatabaseSync(file)
      return {
        query: async (sql) => {
          const statement = database.prepare(sql)
          statement.setReturnArrays(true)
          return statement.all() as unknown as readonly (readonly unknown[])[]
        },
        [Symbol.asyncDispose]: async () => database.close(),
      }
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

function jdbcArgs(
  product: string,
  target: {
    readonly host: string
    readonly port: number
    readonly name: string
    readonly user: string
    readonly password: string
  },
): readonly string[] {
  const { host, port, name, user, password } = target
  return [`--url=jdbc:${product}://${host}:${port}/${name}`, `--username=${user}`, `--password=${password}`]
}
