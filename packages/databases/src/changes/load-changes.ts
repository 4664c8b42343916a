import { loadRows } from './load-data.ts'
import type { LoadedColumn } from './load-data.ts'
import { compareNames } from './data.ts'
import { splitNames } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

/** Rows of one INSERT: what Liquibase puts into one, so that its text can be compared. */
const rowsPerInsert = 51

/** One INSERT for many rows; one for each row on SQLite, as Liquibase does. */
export const loadData: ChangeGenerator = (writer) => {
  const { columns, rows } = loadRows(writer)
  const head = insertHead(columns, writer)
  const size = writer.product.family === 'sqlite' ? 1 : rowsPerInsert
  const statements: string[] = []
  let batch: string[] = []
  for (const row of rows) {
    batch.push(`(${row.join(', ')})`)
    if (batch.length < size) continue
    statements.push(head + batch.join(','))
    batch = []
  }
  if (batch.length > 0) statements.push(head + batch.join(','))
  return statements
}

/** One statement for each row, which inserts it or updates the one with its key. `undo` is the inverse: it deletes the rows. */
export const loadUpdateData: ChangeGenerator = (writer) => {
  const { columns, rows } = loadRows(writer)
  const keys = splitNames(writer.need('primaryKey')).map((name) => name.toLowerCase())
  for (const key of keys) {
    if (columns.some((column) => column.name.toLowerCase() === key)) continue
    writer.report(
      'CHANGE_CSV',
      `The file "${writer.change.file?.path ?? ''}" has no column "${key}" of the key.`,
      'Add it, or name another key.',
    )
  }
  const isKey = (column: LoadedColumn): boolean => keys.includes(column.name.toLowerCase())
  const onlyUpdate = writer.isTrue('onlyUpdate')
  const statements: string[] = []
  for (const values of rows) {
    const cells = columns.map((column, index): Cell => ({ column, name: writer.name(column.name), sql: values[index] ?? 'NULL' }))
    const row = {
      keys: cells.filter((cell) => isKey(cell.column)),
      updated: cells.filter((cell) => !isKey(cell.column) && cell.column.isUpdated),
      insert: `${insertHead(columns, writer)}(${values.join(', ')})`,
    }
    if (writer.isTrue('undo')) statements.push(`DELETE FROM ${writer.table()} WHERE ${whereKeys(row.keys)}`)
    else if (onlyUpdate) statements.push(...updateOnly(row, writer))
    else statements.push(upsert(row, writer))
  }
  return statements
}

interface Cell {
  readonly column: LoadedColumn
  readonly name: string
  readonly sql: string
}

interface Row {
  readonly keys: readonly Cell[]
  readonly updated: readonly Cell[]
  readonly insert: string
}

function insertHead(columns: readonly LoadedColumn[], writer: ChangeWriter): string {
  return `INSERT INTO ${writer.table()} (${columns.map((column) => writer.name(column.name)).join(', ')}) VALUES `
}

function updateStatement({ keys, updated }: Row, writer: ChangeWriter): string {
  const sets = updated.toSorted((left, right) => compareNames(left.column.name, right.column.name))
  return `UPDATE ${writer.table()} SET ${sets.map((cell) => `${cell.name} = ${cell.sql}`).join(', ')} WHERE ${whereKeys(keys)}`
}

function whereKeys(keys: readonly Cell[]): string {
  return keys.map((cell) => (cell.sql === 'NULL' ? `${cell.name} is NULL` : `${cell.name} = ${cell.sql}`)).join(' AND ')
}

function updateOnly(row: Row, writer: ChangeWriter): readonly string[] {
  if (row.updated.length === 0) return []
  const statement = updateStatement(row, writer)
  return [usesBlocks(writer) ? block(`${statement};\n`) : statement]
}

function upsert(row: Row, writer: ChangeWriter): string {
  const { family, name } = writer.product
  if (usesBlocks(writer)) {
    const first =
      row.updated.length === 0 ? `perform * from ${writer.table()} WHERE ${whereKeys(row.keys)}` : updateStatement(row, writer)
    return block(`${first};\nIF not found THEN\n${row.insert};\nEND IF;\n`)
  }
  if (name === 'cockroachdb') {
    const sets = row.updated.map((cell) => `${cell.name} = ${cell.sql}`)
    const action = sets.length === 0 ? 'NOTHING' : `UPDATE SET ${sets.join(', ')}`
    return `${row.insert} ON CONFLICT (${row.keys.map((cell) => cell.name).join(', ')}) DO ${action}`
  }
  if (family === 'sqlite') return row.insert.replace(/^INSERT/, 'INSERT OR REPLACE')
  if (row.updated.length === 0) return row.insert.replace(/^INSERT/, 'INSERT IGNORE')
  const sets = row.updated.map((cell) => `${cell.name} = ${cell.sql === 'NULL' ? 'null' : cell.sql}`)
  return `${row.insert}\nON DUPLICATE KEY UPDATE ${sets.join(',')}`
}

/** PostgreSQL (and YugabyteDB) run an anonymous block, which needs no unique index on the key. */
function usesBlocks({ product }: ChangeWriter): boolean {
  return product.family === 'postgresql' && product.name !== 'cockroachdb'
}

/** The quotes of the block must not occur in the values. */
function block(body: string): string {
  let tag = '$$'
  for (let number = 1; body.includes(tag); number++) tag = `$q${number}$`
  return `DO\n${tag}\nBEGIN\n${body}END;\n${tag}\nLANGUAGE plpgsql`
}
