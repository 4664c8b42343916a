import type { ChangesetKey } from '../changeset-key.ts'
import type { Database, SqlValue } from '../database.ts'
import type { Dialect } from '../dialect.ts'
import type { HistoryRow } from '../history-row.ts'
import { formatWrite } from './row-insert.ts'
import type { RowInsert } from './row-insert.ts'
import type { Tracking } from './tables.ts'

const columns = [
  'id',
  'author',
  'filename',
  'dateexecuted',
  'orderexecuted',
  'exectype',
  'md5sum',
  'description',
  'comments',
  'tag',
  'liquibase',
  'contexts',
  'labels',
  'deployment_id',
]

const missing: Readonly<Record<string, string>> = { orderexecuted: '-1', exectype: "'EXECUTED'" }

/** All rows, oldest first; none when there is no table yet. Columns that an old table lacks read as Liquibase would add them. */
export async function readHistoryRows(database: Database, tracking: Tracking): Promise<readonly HistoryRow[]> {
  const present = tracking.history.columns
  if (present === undefined) return []
  const names = new Set(present.map((column) => column.name))
  const selected = columns.map((name) => (names.has(name) ? name : `${missing[name] ?? 'NULL'} AS ${name}`))
  const { rows } = await database.query(
    `SELECT ${selected.join(', ')} FROM ${tracking.history.sql} ORDER BY dateexecuted, ${names.has('orderexecuted') ? 'orderexecuted' : 'id'}`,
  )
  return rows.map(toHistoryRow)
}

/** The highest ORDEREXECUTED; new rows count on from it, also from the -1 of tables that once had none. */
export function lastOrder(history: readonly HistoryRow[]): number {
  return history.length === 0 ? 0 : history.reduce((max, row) => Math.max(max, row.orderExecuted), -Infinity)
}

/** What the INSERT of a history row needs to know beside the changeset. */
export interface NewHistoryRow {
  readonly id: string
  readonly author: string
  readonly path: string
  readonly orderExecuted: number
  readonly execType: 'EXECUTED' | 'RERAN' | 'MARK_RAN'
  readonly checksum: string | null
  readonly description: string
  readonly comments: string
  readonly tag: string | null
  readonly contexts: string | null
  readonly labels: string | null
  readonly toolVersion: string
  readonly deploymentId: string
}

/** The INSERT, with its columns in Liquibase's order. */
export function planHistoryRow(dialect: Dialect, tracking: Tracking, row: NewHistoryRow): RowInsert {
  return {
    table: tracking.history.sql,
    cells: [
      ['ID', row.id],
      ['AUTHOR', row.author],
      ['FILENAME', row.path],
      ['DATEEXECUTED', { expression: dialect.currentTimestamp }],
      ['ORDEREXECUTED', row.orderExecuted],
      ['MD5SUM', row.checksum],
      ['DESCRIPTION', row.description],
      ['COMMENTS', row.comments],
      ['EXECTYPE', row.execType],
      ['CONTEXTS', row.contexts],
      ['LABELS', row.labels],
      ['LIQUIBASE', row.toolVersion],
      ['DEPLOYMENT_ID', row.deploymentId],
      ...(row.tag === null ? [] : [['TAG', row.tag] as const]),
    ],
  }
}

/** The same as a text. */
export function insertHistoryRow(dialect: Dialect, tracking: Tracking, row: NewHistoryRow): string {
  return formatWrite(dialect, planHistoryRow(dialect, tracking, row))
}

/** The UPDATE of a changeset that ran again. Identity columns are those of the stored row, so that old spellings match. */
export function updateHistoryRow(dialect: Dialect, tracking: Tracking, stored: HistoryRow, row: NewHistoryRow): string {
  const tag = row.tag === null ? '' : `, TAG = ${dialect.literal(row.tag)}`
  return (
    `UPDATE ${tracking.history.sql} SET COMMENTS = ${dialect.literal(row.comments)}, ` +
    `CONTEXTS = ${row.contexts === null ? 'NULL' : dialect.literal(row.contexts)}, DATEEXECUTED = ${dialect.currentTimestamp}, ` +
    `DEPLOYMENT_ID = ${dialect.literal(row.deploymentId)}, DESCRIPTION = ${dialect.literal(row.description)}, EXECTYPE = '${row.execType}', ` +
    `LABELS = ${row.labels === null ? 'NULL' : dialect.literal(row.labels)}, LIQUIBASE = ${dialect.literal(row.toolVersion)}, ` +
    `MD5SUM = ${row.checksum === null ? 'NULL' : dialect.literal(row.checksum)}, ORDEREXECUTED = ${row.orderExecuted}${tag} WHERE ${whereRow(dialect, stored)}`
  )
}

export function deleteHistoryRow(dialect: Dialect, tracking: Tracking, stored: ChangesetKey): string {
  return `DELETE FROM ${tracking.history.sql} WHERE ${whereRow(dialect, stored)}`
}

export function updateChecksum(dialect: Dialect, tracking: Tracking, stored: HistoryRow, checksum: string): string {
  return `UPDATE ${tracking.history.sql} SET MD5SUM = ${dialect.literal(checksum)} WHERE ${whereRow(dialect, stored)}`
}

export function updateTag(dialect: Dialect, tracking: Tracking, stored: HistoryRow, tag: string): string {
  return (
    `UPDATE ${tracking.history.sql} SET TAG = ${dialect.literal(tag)} WHERE ${whereRow(dialect, stored)} ` +
    `AND ORDEREXECUTED = ${stored.orderExecuted} AND DATEEXECUTED = ${dialect.literal(stored.dateExecuted)}`
  )
}

function whereRow(dialect: Dialect, row: ChangesetKey): string {
  return `ID = ${dialect.literal(row.id)} AND AUTHOR = ${dialect.literal(row.author)} AND FILENAME = ${dialect.literal(row.path)}`
}

function toHistoryRow(row: readonly SqlValue[]): HistoryRow {
  const text = (index: number): string | null => {
    const value = row[index]
    return value === null || value === undefined ? null : String(value)
  }
  return {
    id: text(0) ?? '',
    author: text(1) ?? '',
    path: text(2) ?? '',
    dateExecuted: text(3) ?? '',
    orderExecuted: Number(row[4] ?? -1),
    execType: text(5) ?? 'EXECUTED',
    checksum: text(6),
    description: text(7),
    comments: text(8),
    tag: text(9),
    toolVersion: text(10),
    contexts: text(11),
    labels: text(12),
    deploymentId: text(13),
  }
}
