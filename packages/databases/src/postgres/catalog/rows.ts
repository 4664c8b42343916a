import { AppError } from '@sluice/base'
import type { Database, SnapshotObject, TableRows } from '@sluice/engine'
import { literal } from './reading.ts'

/** Rows per INSERT: short enough to read, and for every server's limits. */
const rowsPerStatement = 100

/** A table's rows as INSERT statements, values written by the server itself. Generated columns are left out. */
export async function readPostgresRows(
  database: Database,
  table: SnapshotObject,
  columns: readonly SnapshotObject[],
  rowsMax: number,
): Promise<TableRows> {
  const name = tableName(table)
  const quote = (text: string): string => database.dialect.quotePhysicalName(text)
  // Inherited columns are no objects of the child's own, but they stand in its order.
  const generated = new Set(columns.filter(({ properties }) => properties['generated'] !== null).map((column) => column.name))
  const order = table.properties['columnOrder']
  const names = (Array.isArray(order) ? (order as string[]) : []).filter((column) => !generated.has(column))
  if (names.length === 0 || table.properties['partitionOf'] !== null) return { statements: [], remove: [], rowCount: 0 }
  const list = names.map(quote).join(', ')
  const values = names.map((column) => `pg_catalog.quote_nullable(t.${quote(column)}::text)`).join(` || ', ' || `)
  const { rows } = await database.query(
    `SELECT '(' || ${values} || ')' FROM ONLY_OR_ALL AS t ORDER BY 1 LIMIT ${String(rowsMax + 1)}`.replace(
      'ONLY_OR_ALL',
      table.properties['kind'] === 'partitioned' ? name : `ONLY ${name}`,
    ),
  )
  if (rows.length > rowsMax) {
    throw new AppError('invalid', 'SNAPSHOT_DATA_TOO_LARGE', `The table "${table.name}" has more than ${String(rowsMax)} rows.`, {
      hint: 'Leave it out with --exclude, raise --data-rows, or move its data with a tool for that.',
    })
  }
  const overriding = columns.some(({ properties }) => String(properties['identity'] ?? '').startsWith('ALWAYS'))
    ? ' OVERRIDING SYSTEM VALUE'
    : ''
  const statements: string[] = []
  for (let at = 0; at < rows.length; at += rowsPerStatement) {
    const lines = rows.slice(at, at + rowsPerStatement).map(([text]) => `    ${String(text)}`)
    statements.push(`INSERT INTO ${name} (${list})${overriding} VALUES\n${lines.join(',\n')}`)
  }
  if (rows.length > 0) statements.push(...columns.flatMap((column) => continueSequence(name, column, quote)))
  return { statements, remove: rows.length === 0 ? [] : [`DELETE FROM ${name}`], rowCount: rows.length }
}

/** Numbers go on where the rows end. */
function continueSequence(table: string, { name, properties }: SnapshotObject, quote: (text: string) => string): string[] {
  if (properties['identity'] === null && !String(properties['default'] ?? '').startsWith('nextval(')) return []
  const sequence = `pg_catalog.pg_get_serial_sequence(${literal(table)}, ${literal(name)})`
  return [`SELECT pg_catalog.setval(${sequence}, max(${quote(name)})) FROM ${table}`]
}

/** The table as its own statements name it. */
function tableName({ drop }: SnapshotObject): string {
  return (drop[0] ?? '').replace(/^DROP TABLE /, '')
}
