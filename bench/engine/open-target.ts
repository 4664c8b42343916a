import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createToken } from '@sluice/base'
import { openTempDir, startMariadb } from '@sluice/testkit'
import { createConnection } from 'mysql2/promise'
import { openBenchPostgres } from '../support/bench-postgres.ts'
import type { EngineProduct } from './changelogs.ts'
import type { EngineTarget } from './engine-target.ts'
import { runBare } from './run-bare.ts'

const countSql = 'select count(*) as count from DATABASECHANGELOG'
let created = 0

/** Opens a server, or a folder, of the benchmark's own. Throws where MariaDB is not installed. */
export function openEngineTarget(product: EngineProduct): Promise<EngineTarget> {
  return { postgresql: openPostgres, mariadb: openMariadb, sqlite: openSqlite }[product]()
}

async function openPostgres(): Promise<EngineTarget> {
  const postgres = await openBenchPostgres()
  return {
    product: 'postgresql',
    title: `PostgreSQL ${postgres.version}`,
    async createDatabase() {
      const database = await postgres.createDatabase(`bench_engine_${String(++created)}`)
      return {
        jdbcUrl: database.jdbcUrl,
        user: database.user,
        password: database.password,
        countHistory: async () => Number((await database.query(countSql))[0]?.['count']),
        runBare: (statements) =>
          runBare({
            product: 'postgresql',
            driver: import.meta.resolve('pg'),
            connection: { connectionString: database.url },
            before: [],
            statements,
          }),
      }
    },
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  }
}

async function openMariadb(): Promise<EngineTarget> {
  const temp = await openTempDir()
  // The tests' server flushes nothing; here a commit has to cost what it costs.
  const server = await startMariadb({
    dir: join(temp.path, 'mariadb'),
    password: createToken(),
    args: ['--innodb-flush-log-at-trx-commit=1', '--innodb-buffer-pool-size=256M'],
  })
  const { host, port, user, password } = server
  const withConnection = async <T>(
    database: string | undefined,
    use: (query: (sql: string) => Promise<unknown>) => Promise<T>,
  ): Promise<T> => {
    const connection = await createConnection({ host, port, user, password, ...(database === undefined ? {} : { database }) })
    try {
      return await use(async (sql) => (await connection.query(sql))[0])
    } finally {
      await connection.end()
    }
  }
  const version = await withConnection(undefined, (query) => query('select version() as version'))
  return {
    product: 'mariadb',
    title: `MariaDB ${String((version as { version: string }[])[0]?.version)}`,
    async createDatabase() {
      const name = `bench_engine_${String(++created)}`
      await withConnection(undefined, (query) => query(`create database ${name}`))
      return {
        jdbcUrl: `jdbc:mariadb://${host}:${String(port)}/${name}`,
        user,
        password,
        countHistory: async () =>
          Number(((await withConnection(name, (query) => query(countSql))) as { count: number }[])[0]?.count),
        runBare: (statements) =>
          runBare({
            product: 'mariadb',
            driver: import.meta.resolve('mysql2/promise'),
            connection: { host, port, user, password, database: name },
            before: ['create table bench_note (id int primary key, done bool not null)'],
            statements: statements.flatMap(withNotes),
          }),
      }
    },
    async [Symbol.asyncDispose]() {
      await withConnection(undefined, (query) => query('shutdown')).catch(() => {})
      await temp[Symbol.asyncDispose]()
    },
  }
}

/** A statement that MariaDB commits by itself is safe only between two commits of notes: that it is tried, and that it is done. */
function withNotes(sql: string, index: number): string[] {
  if (sql.startsWith('insert ')) return [sql]
  const id = String(index)
  return [`insert into bench_note values (${id}, false)`, sql, `update bench_note set done = true where id = ${id}`]
}

async function openSqlite(): Promise<EngineTarget> {
  const temp = await openTempDir()
  return {
    product: 'sqlite',
    title: `SQLite ${process.versions['sqlite'] ?? ''}`,
    createDatabase() {
      const path = join(temp.path, `bench_engine_${String(++created)}.db`)
      return Promise.resolve({
        jdbcUrl: `jdbc:sqlite:${path}`,
        user: undefined,
        password: undefined,
        countHistory() {
          using database = new DatabaseSync(path)
          return Promise.resolve(Number(database.prepare(countSql).get()?.['count']))
        },
        runBare: (statements) => runBare({ product: 'sqlite', driver: '', connection: path, before: [], statements }),
      })
    },
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  }
}
