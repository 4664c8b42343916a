import { join } from 'node:path'
import { createToken, type Logger } from '@sluice/base'
import { openDatabase } from '@sluice/databases'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '@sluice/embedded-postgres'

/** One of the example's databases: a PostgreSQL server of its own, on loopback, with a role of its own. */
export interface ExampleDatabase {
  readonly name: 'dev' | 'staging' | 'production'
  readonly port: number
  readonly role: string
  readonly server: EmbeddedPostgres
  /** Only when the role was made, or its password renewed, by this start: sealed as a secret and then forgotten. */
  readonly newPassword: string | undefined
}

const names = ['dev', 'staging', 'production'] as const
const databaseName = 'shop'

/**
 * Starts the three example databases. Their superuser's password is new at every start and held in memory only; the role that
 * migrations use gets a random password when `needsPassword` says that no secret holds the current one.
 */
export async function openExampleDatabases(
  dataDir: string,
  needsPassword: boolean,
  logger: Logger,
): Promise<readonly ExampleDatabase[]> {
  return Promise.all(
    names.map(async (name): Promise<ExampleDatabase> => {
      const server = await openEmbeddedPostgres({
        dataDir: join(dataDir, 'example', name),
        user: 'postgres',
        password: createToken(),
        database: databaseName,
        settings: { max_connections: 30, shared_buffers: '16MB' },
        logger,
        durability: 'full',
        lifetime: 'child',
      })
      const role = `shop_${name}`
      const newPassword = await ensureRole(server, role, needsPassword)
      return { name, port: server.port, role, server, newPassword }
    }),
  )
}

async function ensureRole(server: EmbeddedPostgres, role: string, needsPassword: boolean): Promise<string | undefined> {
  const database = await openDatabase({ url: server.url })
  try {
    const found = await database.query('select 1 from pg_catalog.pg_roles where rolname = $1', [role])
    if (found.rows.length > 0 && !needsPassword) return undefined
    const password = createToken()
    // Role names are ours and the token is base64url: nothing in this text needs quoting beyond the quotes it has.
    await database.script([
      `${found.rows.length > 0 ? 'alter' : 'create'} role ${role} login password '${password}'`,
      `grant all on database ${databaseName} to ${role}`,
      `grant all on schema public to ${role}`,
    ])
    return password
  } finally {
    await database.close()
  }
}
