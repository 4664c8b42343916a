import { AppError } from '@sluice/base'
import type { Database, SnapshotObject, TableRows } from '@sluice/engine'
import { quote } from './table-text.ts'

const rowsPerStatement = 100

/** A table's rows as INSERT statements, values written by the server itself. Generated columns are left out. */
export async function readMysqlRows(
  database: Database,
  table: SnapshotObject,
  columns: readonly SnapshotObject[],
  rowsMax: number,
): Promise<TableRows> {
  const byName = new Map(columns.map((column) => [column.name, String(column.properties['definition'])]))
  const order = table.properties['columnOrder']
  const names = (Array.isArray(order) ? (order as string[]) : []).filter(
    (name) => !/ (?:GENERATED ALWAYS )?AS \(/.test(withoutStrings(byName.get(name) ?? '')),
  )
  const name = (table.drop[0] ?? '').replace(/^DROP TABLE /, '')
  if (names.length === 0) return { statements: [], remove: [], rowCount: 0 }
  const values = names.map((column) => valueExpression(quote(column), byName.get(column) ?? ''))
  const { rows } = await database.query(
    `SELECT CONCAT_WS(', ', ${values.join(', ')}) FROM ${name} ORDER BY 1 LIMIT ${String(rowsMax + 1)}`,
  )
  if (rows.length > rowsMax) {
    throw new AppError('invalid', 'SNAPSHOT_DATA_TOO_LARGE', `The table "${table.name}" has more than ${String(rowsMax)} rows.`, {
      hint: 'Leave it out with --exclude, raise --data-rows, or move its data with a tool for that.',
    })
  }
  const statements: string[] = []
  for (let at = 0; at < rows.length; at += rowsPerStatement) {
    const lines = rows.slice(at, at + rowsPerStatement).map(([text]) => `    (${String(text)})`)
    statements.push(`INSERT INTO ${name} (${names.map(quote).join(', ')}) VALUES\n${lines.join(',\n')}`)
  }
  return { statements, remove: rows.length === 0 ? [] : [`DELETE FROM ${name}`], rowCount: rows.length }
}

function valueExpression(column: string, definition: string): string {
  const type = / (\w+)/.exec(definition.replace(/^`(?:[^`]|``)*`/, ''))?.[1]?.toLowerCase() ?? ''
  const isBinary = /^(?:tiny|medium|long)?blob$|^(?:var)?binary$|^bit$/.test(type)
  const isSpatial = /^(?:geometry|point|linestring|polygon|multi\w+|geometrycollection)$/.test(type)
  if (isBinary) return `IF(${column} IS NULL, 'NULL', IF(LENGTH(${column}) = 0, '''''', CONCAT('0x', HEX(${column}))))`
  if (isSpatial)
    return `IF(${column} IS NULL, 'NULL', CONCAT('ST_GeomFromWKB(0x', HEX(ST_AsWKB(${column})), ', ', ST_SRID(${column}), ')'))`
  return `QUOTE(${column})`
}

function withoutStrings(text: string): string {
  return text.replaceAll(/'(?:[^'\\]|\\.|'')*'/gs, "''")
}
