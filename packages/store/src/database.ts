import type { Logger } from '@sluice/base'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { migrate } from './migrate.ts'
import type { Database } from './schema.ts'

export interface StoreOptions {
  /** `postgres://…`. Holds a password: it is never logged. */
  readonly url: string
  readonly logger: Logger
  /** Connections at most, the listening one not counted. Default 20. */
  readonly poolSize?: number | undefined
  /** Longest time one statement may take. Default 30 s: everything here is a short statement. */
  readonly statementTimeoutMs?: number | undefined
}

/** Where queries go: the pool, or a transaction. */
export type Db = Kysely<Database>
/** What has to be done in a transaction. */
export type Trx = Transaction<Database>

/** The control plane's database. */
export interface Store {
  readonly db: Kysely<Database>
  readonly pool: pg.Pool
  /** Where it is, for the connection that listens. Holds a password. */
  readonly url: string
  /** Brings the schema up to date; waits for another server that is doing so. Throws `DATABASE_TOO_NEW`, `DATABASE_MIGRATION_FAILED`. */
  migrate(): Promise<void>
  close(): Promise<void>
}

/** 64-bit integers as numbers: ours count rows, bytes and fences, all far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === pg.types.builtins.INT8) return Number
    return pg.types.getTypeParser(oid, format) as unknown
  },
}

/** Opens the store. Connects only with the first query. */
export function openStore(options: StoreOptions): Store {
  const { url, logger } = options
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize ?? 20,
    application_name: 'sluice-server',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: 60_000,
    types,
  })
  // A connection that dies while idle is replaced with the next query; without a listener it would end the process.
  pool.on('error', (error) => logger.warn({ error: error.message }, 'an idle database connection was lost'))
  // One that dies while it is checked out between two statements says so by this event alone; its next statement fails as well.
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  let closed: Promise<void> | undefined
  return {
    db,
    pool,
    url,
    migrate: () => migrate({ url, logger }),
    close: () => (closed ??= pool.end()),
  }
}
