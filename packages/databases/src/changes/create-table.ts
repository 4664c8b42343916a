import type { ChangeNode } from '@sluice/engine'
import {
  columnList,
  constraintsOf,
  countingClause,
  defaultClause,
  isCounting,
  nameOf,
  referencedColumns,
  serialType,
  typeOf,
  writtenReference,
} from './column-parts.ts'
import type { ColumnType } from './types.ts'
import { childrenOf, isFalse, isTrue } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const createTable: ChangeGenerator = (writer) => {
  const { get, change, product } = writer
  const name = writer.need('tableName')
  const schema = get('schemaName')
  const kind = get('tableType')?.toUpperCase()
  // A temporary table lives in a schema of its own.
  const table =
    kind?.includes('TEMPORARY') === true && schema === undefined && product.family === 'postgresql'
      ? writer.name(name)
      : writer.qualified(name, schema, get('catalogName'))
  const columns = childrenOf(change.node, 'column')
  const parts = [
    ...columns.map((column) => columnDefinition(column, columns, writer)),
    ...tableConstraints(name, columns, writer),
  ]
  return [
    `CREATE ${kind === undefined ? '' : `${kind} `}TABLE ${writer.isTrue('ifNotExists') ? 'IF NOT EXISTS ' : ''}${table} (${parts.join(', ')})` +
      tableOptions(columns, writer),
    ...tableRemarks(table, columns, writer),
  ]
}

/** What follows the closing parenthesis. */
function tableOptions(columns: readonly ChangeNode[], writer: ChangeWriter): string {
  const { get, change, product } = writer
  const tablespace = get('tablespace')
  const start = columns.find((column) => isTrue(column.attributes, 'autoIncrement'))?.attributes['startWith']
  const remarks = change.node.attributes['remarks']
  if (tablespace !== undefined && product.name !== 'postgresql' && product.name !== 'yugabytedb') writer.ignore('tablespace')
  if (product.family === 'mysql') {
    return (
      (start === undefined || start === '1' ? '' : ` AUTO_INCREMENT=${start}`) +
      (remarks === undefined ? '' : ` COMMENT=${product.text(remarks)}`)
    )
  }
  return tablespace === undefined || product.family !== 'postgresql' || product.name === 'cockroachdb'
    ? ''
    : ` TABLESPACE ${tablespace}`
}

function tableRemarks(table: string, columns: readonly ChangeNode[], writer: ChangeWriter): readonly string[] {
  const { get, product } = writer
  const remarks = get('remarks')
  if (
    product.family === 'sqlite' &&
    (remarks !== undefined || columns.some((column) => column.attributes['remarks'] !== undefined))
  ) {
    writer.ignore('remarks')
  }
  if (product.family !== 'postgresql') return []
  return [
    ...(remarks === undefined ? [] : [`COMMENT ON TABLE ${table} IS ${product.text(remarks)}`]),
    ...columns.flatMap((column) => columnRemarks(column, table, writer)),
  ]
}

/** COMMENT ON COLUMN, where comments are statements of their own. */
export function columnRemarks(column: ChangeNode, table: string, writer: ChangeWriter): readonly string[] {
  const remarks = column.attributes['remarks']
  if (remarks === undefined || remarks === '' || writer.product.family !== 'postgresql') return []
  return [`COMMENT ON COLUMN ${table}.${nameOf(column, writer)} IS ${writer.product.text(remarks)}`]
}

function columnDefinition(column: ChangeNode, columns: readonly ChangeNode[], writer: ChangeWriter): string {
  const { product } = writer
  const type = typeOf(column, writer)
  const counting = isCounting(column, type, writer)
  const constraints = constraintsOf(column)
  const isKey = isTrue(constraints, 'primaryKey')
  const required = isFalse(constraints, 'nullable') || isKey
  const sql = counting ? countingType(type, writer) : type.sql
  const clause = !counting || product.name === 'cockroachdb' ? '' : countingClause(column, writer)
  const inlineKey = isKey && isInlineKey(columns, writer) ? inlinePrimaryKey(column, writer) : ''
  if (counting && product.family === 'sqlite' && inlineKey === '') {
    writer.refuse('autoIncrement', 'Only a column that is the whole key can count: make it the primary key.')
  }
  const remarks = column.attributes['remarks']
  return (
    `${nameOf(column, writer)} ${sql}${defaultClause(column, type, counting, writer)}${inlineKey}${clause}` +
    // Liquibase leaves the name of a NOT NULL constraint out here, though not in addColumn.
    nullability(type.sql, required, writer) +
    (product.family === 'mysql' && remarks !== undefined && remarks !== '' ? ` COMMENT ${product.text(remarks)}` : '')
  )
}

/** The type of a column that counts: CockroachDB counts by type, and SQLite in an INTEGER only. */
function countingType(type: ColumnType, { product }: ChangeWriter): string {
  if (product.name === 'cockroachdb') return serialType(type)
  return product.family === 'sqlite' ? 'INTEGER' : type.sql
}

/** MySQL says NULL as well, since a timestamp is NOT NULL by default on old servers. */
export function nullability(type: string, required: boolean, { product }: ChangeWriter): string {
  if (/\bNOT NULL\b/i.test(type)) return ''
  if (required) return ' NOT NULL'
  return product.family === 'mysql' ? ' NULL' : ''
}

/** SQLite counts in a column only when the column itself is declared as the key. */
function isInlineKey(columns: readonly ChangeNode[], writer: ChangeWriter): boolean {
  if (writer.product.family !== 'sqlite') return false
  const keys = columns.filter((column) => isTrue(constraintsOf(column), 'primaryKey'))
  const [only] = keys
  return (
    keys.length === 1 && only !== undefined && (isTrue(only.attributes, 'autoIncrement') || typeOf(only, writer).autoIncrement)
  )
}

function inlinePrimaryKey(column: ChangeNode, writer: ChangeWriter): string {
  const name = constraintsOf(column)?.['primaryKeyName'] ?? writer.product.primaryKeyName(writer.need('tableName'))
  return ` CONSTRAINT ${writer.name(name)} PRIMARY KEY`
}

/** Primary key, foreign keys in column order, then unique constraints, those of one name together. */
function tableConstraints(table: string, columns: readonly ChangeNode[], writer: ChangeWriter): readonly string[] {
  const primary = columns.filter((column) => isTrue(constraintsOf(column), 'primaryKey'))
  const parts: string[] = []
  if (primary.length > 0 && !isInlineKey(columns, writer)) {
    const find = (name: string): string | undefined =>
      primary.map((column) => constraintsOf(column)?.[name]).find((value) => value !== undefined && value !== '')
    const tablespace = find('primaryKeyTablespace')
    if (find('validatePrimaryKey') === 'false') writer.refuse('validatePrimaryKey')
    parts.push(
      `CONSTRAINT ${writer.name(find('primaryKeyName') ?? writer.product.primaryKeyName(table))} PRIMARY KEY (${columnList(primary, writer)})` +
        (tablespace === undefined || writer.product.family !== 'postgresql' ? '' : ` USING INDEX TABLESPACE ${tablespace}`),
    )
  }
  for (const column of columns) {
    const foreign = foreignKey(column, writer)
    if (foreign !== undefined) parts.push(foreign)
  }
  return [...parts, ...uniqueConstraints(columns, writer)]
}

function foreignKey(column: ChangeNode, writer: ChangeWriter): string | undefined {
  const constraints = constraintsOf(column)
  const references = constraints?.['references']
  const named = constraints?.['referencedTableName'] === undefined ? undefined : referencedColumns(constraints, writer)
  if (constraints === undefined || (references === undefined && named === undefined)) return undefined
  const name = constraints['foreignKeyName']
  if (name === undefined || name === '') {
    const message = `The foreign key of the column "${column.attributes['name'] ?? ''}" has no name.`
    writer.report('CHANGE_ATTRIBUTE_MISSING', message, 'Add "foreignKeyName" to its constraints.')
  }
  const target = named === undefined ? writtenReference(references ?? '', writer) : `${named.table}(${named.columns})`
  return (
    `CONSTRAINT ${writer.name(name ?? '')} FOREIGN KEY (${nameOf(column, writer)}) REFERENCES ${target}` +
    (isTrue(constraints, 'deleteCascade') ? ' ON DELETE CASCADE' : '') +
    deferral(constraints, writer)
  )
}

function deferral(constraints: Readonly<Record<string, string>>, writer: ChangeWriter): string {
  const deferrable = isTrue(constraints, 'deferrable')
  const deferred = isTrue(constraints, 'initiallyDeferred')
  if (writer.product.family === 'mysql') {
    if (deferrable || deferred) writer.refuse(deferrable ? 'deferrable' : 'initiallyDeferred')
    return ''
  }
  // SQLite knows the two words in one order only.
  if (writer.product.family === 'sqlite') return (deferrable ? ' DEFERRABLE' : '') + (deferred ? ' INITIALLY DEFERRED' : '')
  return (deferred ? ' INITIALLY DEFERRED' : '') + (deferrable ? ' DEFERRABLE' : '')
}

function uniqueConstraints(columns: readonly ChangeNode[], writer: ChangeWriter): readonly string[] {
  const named = new Map<string, ChangeNode[]>()
  const parts: { readonly name: string | undefined; readonly columns: ChangeNode[] }[] = []
  for (const column of columns) {
    const constraints = constraintsOf(column)
    if (!isTrue(constraints, 'unique')) continue
    const name = constraints?.['uniqueConstraintName']
    const same = name === undefined ? undefined : named.get(name)
    if (same !== undefined) {
      same.push(column)
      continue
    }
    const members = [column]
    if (name !== undefined) named.set(name, members)
    parts.push({ name, columns: members })
  }
  return parts.map(
    (part) =>
      `${part.name === undefined ? '' : `CONSTRAINT ${writer.name(part.name)} `}UNIQUE (${columnList(part.columns, writer)})`,
  )
}
