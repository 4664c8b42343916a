import { AppError, type Logger } from '@sluice/base'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { migrations } from './migrations/index.ts'
import type { Database } from './schema.ts'

/** The schema version of this build: the number of its last migration. */
export const schemaVersion = Math.max(...Object.keys(migrations).map(versionOf))

/**
 * Runs the missing migrations on a connection of its own, without a time limit on statements. Kysely's advisory lock is held by the
 * session, so servers that start together take turns and a killed one leaves no lock behind.
 */
export async function migrate({ url, logger }: { url: string; logger: Logger }): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 2, application_name: 'sluice-migrate', connectionTimeoutMillis: 10_000 })
  pool.on('error', (error) => logger.warn({ error: error.message }, 'the migrating connection was lost'))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  try {
    const applied = await readAppliedMigrations(db)
    const unknown = applied.filter((name) => migrations[name] === undefined)
    if (unknown.length > 0) {
      await checkNewerSchema(db, unknown)
      logger.warn({ unknown, schemaVersion }, 'the database is newer than this server; it stays as it is')
      return
    }
    if (applied.length === Object.keys(migrations).length) return
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } })
    const { error, results } = await migrator.migrateToLatest()
    for (const result of results ?? []) logger.info({ migration: result.migrationName, status: result.status }, 'migration')
    if (error !== undefined) {
      const failed = results?.find((result) => result.status === 'Error')?.migrationName
      throw new AppError(
        'internal',
        'DATABASE_MIGRATION_FAILED',
        `The control plane's database could not be brought up to date${failed === undefined ? '' : ` by "${failed}"`}.`,
        { cause: error, hint: 'Nothing of the failed migration was kept. The cause is in the server log.' },
      )
    }
  } finally {
    await pool.end()
  }
}

async function readAppliedMigrations(db: Kysely<Database>): Promise<string[]> {
  const found = await sql<{ found: boolean }>`select to_regclass('kysely_migration') is not null as found`.execute(db)
  if (found.rows[0]?.found !== true) return []
  const rows = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return rows.rows.map((row) => row.name)
}

async function checkNewerSchema(db: Kysely<Database>, unknown: readonly string[]): Promise<void> {
  const foreign = unknown.filter((name) => !(versionOf(name) > schemaVersion))
  if (foreign.length > 0) {
    throw new AppError(
      'failedPrecondition',
      'DATABASE_NOT_OURS',
      `The database has the migration "${foreign[0] ?? ''}", which no version of Sluice has.`,
      { hint: 'Give Sluice a database of its own.' },
    )
  }
  const info = await db.selectFrom('schema_info').select('oldest_server').executeTakeFirst()
  const oldest = info?.oldest_server ?? Number.POSITIVE_INFINITY
  if (oldest > schemaVersion) {
    throw new AppError(
      'failedPrecondition',
      'DATABASE_TOO_NEW',
      `The database has schema version ${String(Math.max(...unknown.map(versionOf)))}; this server knows up to ${String(schemaVersion)}.`,
      { hint: 'Run the version of Sluice that last wrote to this database, or a newer one.' },
    )
  }
}

function versionOf(name: string): number {
  return /^\d{4}-/.test(name) ? Number(name.slice(0, 4)) : Number.NaN
}
