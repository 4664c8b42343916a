import type { BoundStatement, SqlValue } from '../database.ts'
import type { Dialect } from '../dialect.ts'

/** What the database works out itself. */
export interface SqlExpression {
  readonly expression: string
}

/** The INSERT of one row of a tracking table, as a text to read or with its values apart. */
export interface RowInsert {
  /** As SQL names it. */
  readonly table: string
  /** In the order of the INSERT. */
  readonly cells: readonly (readonly [column: string, value: SqlValue | SqlExpression])[]
}

/** A write to a tracking table: a text where it is a rare one. */
export type TrackingWrite = string | RowInsert

/** The write as one text with its values in it. */
export function formatWrite(dialect: Dialect, write: TrackingWrite): string {
  if (typeof write === 'string') return write
  return insertSql(write, (value) =>
    value === null ? 'NULL' : typeof value === 'string' ? dialect.literal(value) : String(value),
  )
}

/** The write with its values beside it: of two rows with the same columns the text is the same. */
export function bindWrite(dialect: Dialect, write: TrackingWrite): BoundStatement {
  if (typeof write === 'string') return { sql: write, values: [] }
  const values: SqlValue[] = []
  const sql = insertSql(write, (value) => dialect.parameter(values.push(value)))
  return { sql, values }
}

function insertSql({ table, cells }: RowInsert, write: (value: SqlValue) => string): string {
  const columns = cells.map(([column]) => column).join(', ')
  const values = cells.map(([, value]) => (typeof value === 'object' && value !== null ? value.expression : write(value)))
  return `INSERT INTO ${table} (${columns}) VALUES (${values.join(', ')})`
}
