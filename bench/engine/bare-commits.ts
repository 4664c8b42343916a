// The commit floor as a program: connects, sends statement after statement, each committed as it ends, and ends. Prints the milliseconds of
// the loop alone. Argument: a file with a `BareCommits`.
import { readFileSync } from 'node:fs'

/** What the program is told. Statements of `before` do not count. */
export interface BareCommits {
  readonly product: 'postgresql' | 'mariadb' | 'sqlite'
  /** URL of the driver's module. */
  readonly driver: string
  /** What the driver connects with; of SQLite the path. */
  readonly connection: object | string
  readonly before: readonly string[]
  readonly statements: readonly string[]
}

interface Connection {
  query(sql: string): Promise<unknown>
  end(): Promise<void>
}

interface PostgresDriver {
  readonly default: { readonly Client: new (settings: object) => Connection & { connect(): Promise<void> } }
}

interface MariadbDriver {
  createConnection(settings: object): Promise<Connection>
}

async function connect({ product, driver, connection }: BareCommits): Promise<Connection> {
  if (typeof connection === 'string') {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(connection)
    return {
      query: (sql) => Promise.resolve(database.exec(sql)),
      end: () => Promise.resolve(database.close()),
    }
  }
  const loaded: unknown = await import(driver)
  if (product === 'mariadb') return (loaded as MariadbDriver).createConnection(connection)
  const client = new (loaded as PostgresDriver).default.Client(connection)
  await client.connect()
  return client
}

const work = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as BareCommits
const connection = await connect(work)
for (const sql of work.before) await connection.query(sql)
const startedAt = performance.now()
for (const sql of work.statements) await connection.query(sql)
const loopMs = performance.now() - startedAt
await connection.end()
process.stdout.write(String(loopMs))
