import { AppError } from '@sluice/base'
import { sqlDialectOf } from '@sluice/sql'
import type { Database, SessionFacts, TableColumn } from '../database.ts'
import type { Dialect } from '../dialect.ts'
import type { TrackingOptions } from '../options.ts'

/** One tracking table: how SQL names it, and its columns when it exists. */
export interface TrackingTable {
  readonly sql: string
  readonly name: string
  readonly columns: readonly TableColumn[] | undefined
}

/** Where the history of one database lives, resolved against the session. */
export interface Tracking {
  readonly schema: string
  readonly history: TrackingTable
  readonly lock: TrackingTable
  /** Sluice's own: what Liquibase's tables have no room for. Liquibase never looks at it. */
  readonly detail: TrackingTable
  readonly facts: SessionFacts
}

/** In capitals as Liquibase writes them; a database that folds names makes of them what it does. */
const historyTableName = 'DATABASECHANGELOG'
const lockTableName = 'DATABASECHANGELOGLOCK'
const detailTableName = 'sluice_changeset_detail'

/**
 * Finds the tracking tables with one query. Throws `TRACKING_SCHEMA_MISSING` when neither the options nor the session name a
 * schema.
 */
export async function readTracking(database: Database, options: TrackingOptions | undefined): Promise<Tracking> {
  const { dialect } = database
  const schema = options?.trackingSchema === undefined ? undefined : dialect.physicalName(options.trackingSchema)
  const names = [options?.historyTable ?? historyTableName, options?.lockTable ?? lockTableName, detailTableName].map((name) =>
    dialect.physicalName(name),
  )
  const facts = await database.readFacts(names.map((name) => ({ schema, name })))
  const resolved = schema ?? facts.defaultSchema
  if (resolved === undefined) {
    throw new AppError(
      'failedPrecondition',
      'TRACKING_SCHEMA_MISSING',
      `No schema of the search path exists in "${facts.databaseName}".`,
      {
        hint: 'Create the schema, or correct currentSchema in the connection URL.',
      },
    )
  }
  const [history, lock, detail] = names.map((name, index) => ({
    sql: `${dialect.quotePhysicalName(resolved)}.${dialect.quotePhysicalName(name)}`,
    name,
    columns: facts.tables[index],
  })) as [TrackingTable, TrackingTable, TrackingTable]
  return { schema: resolved, history, lock, detail, facts }
}

/** The tracking tables of a database that is not there: for previews without a connection. */
export function offlineTracking(dialect: Dialect, options: TrackingOptions | undefined): Tracking {
  const table = (name: string): TrackingTable => {
    const physical = dialect.physicalName(name)
    const prefix = options?.trackingSchema === undefined ? '' : `${dialect.quoteName(options.trackingSchema)}.`
    return { sql: prefix + dialect.quotePhysicalName(physical), name: physical, columns: undefined }
  }
  return {
    schema: options?.trackingSchema ?? '',
    history: table(options?.historyTable ?? historyTableName),
    lock: table(options?.lockTable ?? lockTableName),
    detail: table(detailTableName),
    facts: { serverVersion: '', databaseName: '', userName: '', defaultSchema: undefined, sessionId: '', tables: [] },
  }
}

/** CREATE TABLE of DATABASECHANGELOG, as Liquibase writes it. */
export function createHistoryTable(dialect: Dialect, table: TrackingTable): string {
  const { text, timestamp } = dialect.types
  const columns = [
    `ID ${text(255)} NOT NULL`,
    `AUTHOR ${text(255)} NOT NULL`,
    `FILENAME ${text(255)} NOT NULL`,
    `DATEEXECUTED ${timestamp} NOT NULL`,
    'ORDEREXECUTED INTEGER NOT NULL',
    `EXECTYPE ${text(10)} NOT NULL`,
    `MD5SUM ${text(35)}`,
    `DESCRIPTION ${text(255)}`,
    `COMMENTS ${text(255)}`,
    `TAG ${text(255)}`,
    `LIQUIBASE ${text(20)}`,
    `CONTEXTS ${text(255)}`,
    `LABELS ${text(255)}`,
    `DEPLOYMENT_ID ${text(10)}`,
  ]
  return `CREATE TABLE ${table.sql} (${columns.join(', ')})`
}

/** CREATE TABLE of DATABASECHANGELOGLOCK, as Liquibase writes it. */
export function createLockTable(dialect: Dialect, table: TrackingTable): string {
  const { text, timestamp, boolean } = dialect.types
  // PostgreSQL's own pattern there, Liquibase's everywhere else.
  const name = sqlDialectOf(dialect.name) === 'postgresql' ? `${table.name}_pkey` : `PK_${table.name}`
  const constraint = dialect.quotePhysicalName(name)
  return (
    `CREATE TABLE ${table.sql} (ID INTEGER NOT NULL, LOCKED ${boolean} NOT NULL, LOCKGRANTED ${timestamp}, LOCKEDBY ${text(255)}, ` +
    `CONSTRAINT ${constraint} PRIMARY KEY (ID))`
  )
}

/** CREATE TABLE of the side table. Rows are only ever added and completed: one per changeset and run. */
export function createDetailTable(dialect: Dialect, table: TrackingTable): string {
  const { text, longText, timestamp } = dialect.types
  const columns = [
    `RUN_ID ${text(255)} NOT NULL`,
    `DEPLOYMENT_ID ${text(10)} NOT NULL`,
    `ID ${text(255)} NOT NULL`,
    `AUTHOR ${text(255)} NOT NULL`,
    `FILENAME ${text(255)} NOT NULL`,
    `DIRECTION ${text(10)} NOT NULL`,
    `STATE ${text(10)} NOT NULL`,
    `SHA256 ${text(64)} NOT NULL`,
    'STATEMENTS INTEGER NOT NULL',
    'STATEMENTS_DONE INTEGER NOT NULL',
    'STATEMENT_RUNNING INTEGER',
    `ROLLBACK_JSON ${longText}`,
    `STARTED_AT ${timestamp} NOT NULL`,
    `FINISHED_AT ${timestamp}`,
  ]
  // There every statement's note is an update, which must not look through the notes of years. Prefixes, for old servers' short keys.
  if (sqlDialectOf(dialect.name) === 'mysql') columns.push(`KEY ${table.name}_run (RUN_ID(64), ID(64))`)
  return `CREATE TABLE ${table.sql} (${columns.join(', ')})`
}

/** What brings a DATABASECHANGELOG of an old Liquibase up to date; empty when nothing is missing. */
export function upgradeHistoryTable(dialect: Dialect, table: TrackingTable): readonly string[] {
  if (table.columns === undefined) return []
  const { text } = dialect.types
  const isMysql = sqlDialectOf(dialect.name) === 'mysql'
  const byName = new Map(table.columns.map((column) => [column.name, column]))
  const statements: string[] = []
  const add = (name: string, type: string): void => {
    if (!byName.has(name.toLowerCase())) statements.push(`ALTER TABLE ${table.sql} ADD ${name} ${type}`)
  }
  add('DESCRIPTION', text(255))
  add('TAG', text(255))
  add('COMMENTS', text(255))
  add('LIQUIBASE', text(20))
  add('CONTEXTS', text(255))
  add('LABELS', text(255))
  add('DEPLOYMENT_ID', text(10))
  add('ORDEREXECUTED', 'INTEGER DEFAULT -1 NOT NULL')
  add('EXECTYPE', `${text(10)} DEFAULT 'EXECUTED' NOT NULL`)
  const widen = (name: string, length: number): void => {
    const { maxLength } = byName.get(name.toLowerCase()) ?? {}
    if (maxLength !== undefined && maxLength < length)
      statements.push(
        `ALTER TABLE ${table.sql} ${isMysql ? 'MODIFY' : 'ALTER COLUMN'} ${name} ${isMysql ? '' : 'TYPE '}${text(length)}`,
      )
  }
  widen('MD5SUM', 35)
  widen('LIQUIBASE', 20)
  if (!byName.has('md5sum')) add('MD5SUM', text(35))
  return statements
}
