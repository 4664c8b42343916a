import type { ChangeNode } from '@sluice/engine'
import type { ColumnType } from './types.ts'
import { defaultValue } from './values.ts'
import { childrenOf, isTrue, splitNames } from './writer.ts'
import type { ChangeWriter } from './writer.ts'

type Attributes = Readonly<Record<string, string>>

export function constraintsOf(column: ChangeNode): Attributes | undefined {
  return childrenOf(column, 'constraints')[0]?.attributes
}

export function nameOf(column: ChangeNode, writer: ChangeWriter): string {
  return writer.name(column.attributes['name'] ?? '')
}

export function columnList(columns: readonly ChangeNode[], writer: ChangeWriter): string {
  return columns.map((column) => nameOf(column, writer)).join(', ')
}

/** The type of a column; reports a column without one. */
export function typeOf(column: ChangeNode, writer: ChangeWriter): ColumnType {
  const written = column.attributes['type'] ?? ''
  if (written === '') {
    const message = `The column "${column.attributes['name'] ?? ''}" of "${writer.change.name}" has no type.`
    writer.report('CHANGE_ATTRIBUTE_MISSING', message, 'Add "type" to it.')
  }
  return writer.type(written)
}

/** Whether a column counts by itself; reports a type that cannot. */
export function isCounting(column: ChangeNode, type: ColumnType, writer: ChangeWriter): boolean {
  if (type.autoIncrement) return true
  if (!isTrue(column.attributes, 'autoIncrement')) return false
  if (!type.canCount) {
    writer.report(
      'CHANGE_TYPE_UNSUPPORTED',
      `A column of type "${column.attributes['type'] ?? ''}" cannot have autoIncrement.`,
      'Use a whole-number type.',
    )
  }
  if (writer.product.family === 'mysql' && column.attributes['incrementBy'] !== undefined) {
    writer.refuse('incrementBy', 'The server has one step for all tables: leave it out.')
  }
  return true
}

/** What turns a type into a counting column: a word, a clause, or another type. The key of SQLite has its own form. */
export function countingClause(column: ChangeNode, writer: ChangeWriter): string {
  const { attributes } = column
  if (writer.product.family === 'mysql') return ' AUTO_INCREMENT'
  if (writer.product.family === 'sqlite') return ' AUTOINCREMENT'
  const always = attributes['generationType']?.toUpperCase() === 'ALWAYS'
  const start = attributes['startWith']
  const step = attributes['incrementBy']
  const options = [
    ...(start === undefined || start === '1' ? [] : [`START WITH ${start}`]),
    ...(step === undefined || step === '1' ? [] : [`INCREMENT BY ${step}`]),
  ]
  return ` GENERATED ${always ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY${options.length === 0 ? '' : ` (${options.join(' ')})`}`
}

/** CockroachDB counts by type. */
export function serialType(type: ColumnType): string {
  if (type.sql.startsWith('BIGINT')) return 'BIGSERIAL'
  if (type.sql === 'SMALLINT') return 'SMALLSERIAL'
  return type.sql === 'INTEGER' ? 'SERIAL' : type.sql
}

/** ` DEFAULT …` of a column, or nothing. What PostgreSQL counts by itself cannot have one. */
export function defaultClause(column: ChangeNode, type: ColumnType, counting: boolean, writer: ChangeWriter): string {
  const value = defaultValue(column.attributes, type, writer)
  if (value === undefined) return ''
  if (counting && writer.product.family === 'postgresql') {
    writer.ignore('defaultValue')
    return ''
  }
  return ` DEFAULT ${parenthesized(value, writer)}`
}

/** An expression as a default: in parentheses where the database takes only literals, and a few functions, without. */
export function parenthesized(value: string, { product }: Pick<ChangeWriter, 'product'>): string {
  if (product.family === 'sqlite') return sqliteDefault(value)
  if (product.family !== 'mysql' || /^(?:[-+]?[\w.]+|[bx]?'(?:[^'\\]|''|\\.)*'|\(.*\))$/is.test(value)) return value
  if (/^(?:now|current_timestamp|localtime|localtimestamp)\b/i.test(value)) return value
  const isCall = /^(?:[\w.]+\(.*\)|next value for .*)$/is.test(value)
  // MySQL takes no other function without parentheses, MariaDB does.
  return isCall && product.name === 'mariadb' ? value : `(${value})`
}

/** SQLite wants parentheses around whatever is no literal and no single word, https://www.sqlite.org/syntax/column-constraint.html. */
export function sqliteDefault(value: string): string {
  return /^(?:[-+]?[\w.]+|'(?:[^']|'')*'|\(.*\)|"(?:[^"]|"")*")$/s.test(value) ? value : `(${value})`
}

/** The table and columns that a foreign key of a column refers to. */
export function referencedColumns(
  constraints: Attributes | undefined,
  writer: ChangeWriter,
): { readonly table: string; readonly columns: string } | undefined {
  const table = constraints?.['referencedTableName']
  // A key of SQLite refers to a table of its own schema, and names no other.
  const isSqlite = writer.product.family === 'sqlite'
  if (table !== undefined) {
    return {
      table: isSqlite
        ? writer.name(table)
        : writer.qualified(table, constraints?.['referencedTableSchemaName'], constraints?.['referencedTableCatalogName']),
      columns: writer.nameList(constraints?.['referencedColumnNames'] ?? ''),
    }
  }
  const match = /^\s*(?:([\w$"]+)\.)?([^(]+?)\s*\(([^)]*)\)\s*$/.exec(constraints?.['references'] ?? '')
  if (match === null) return undefined
  return {
    table: isSqlite ? writer.name(match[2] ?? '') : writer.qualified(match[2] ?? '', match[1]),
    columns: splitNames(match[3] ?? '')
      .map(writer.name)
      .join(', '),
  }
}

/** `references` as it is written into CREATE TABLE: unchanged, but for the default schema in front. */
export function writtenReference(references: string, writer: ChangeWriter): string {
  if (writer.product.family === 'sqlite') return references.replace(/^\s*[\w$]+\./, '')
  const schema = references.includes('.') ? undefined : writer.schema(undefined)
  return schema === undefined ? references : `${schema}.${references}`
}
