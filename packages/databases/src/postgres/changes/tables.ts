import type { ChangeNode } from '@sluice/engine'
import { columnType, defaultValue, quoteText } from './values.ts'
import { childrenOf, splitNames } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const createTable: ChangeGenerator = (writer) => {
  const { get, isTrue, change } = writer
  const schema = get('schemaName')
  const name = writer.need('tableName')
  const temporary = /temporary/i.test(get('tableType') ?? '')
  // A temporary table lives in a schema of its own.
  const table = temporary && schema === undefined ? writer.name(name) : writer.qualified(name, schema)
  const columns = childrenOf(change.node, 'column')
  const parts = [...columns.map((column) => columnDefinition(column, writer)), ...tableConstraints(name, columns, writer)]
  const kind = get('tableType') === undefined ? '' : `${get('tableType')} `
  const tablespace = get('tablespace')
  return [
    `CREATE ${kind}TABLE ${isTrue('ifNotExists') ? 'IF NOT EXISTS ' : ''}${table} (${parts.join(', ')})` +
      (tablespace === undefined ? '' : ` TABLESPACE ${tablespace}`),
    ...(get('remarks') === undefined ? [] : [`COMMENT ON TABLE ${table} IS ${quoteText(get('remarks') ?? '')}`]),
    ...columns.flatMap((column) => columnRemarks(column, table, writer)),
  ]
}

export const dropTable: ChangeGenerator = (writer) => [
  `DROP TABLE ${writer.qualified(writer.need('tableName'), writer.get('schemaName'))}${writer.isTrue('cascadeConstraints') ? ' CASCADE' : ''}`,
]

export const renameTable: ChangeGenerator = (writer) => [
  `ALTER TABLE ${writer.qualified(writer.need('oldTableName'), writer.get('schemaName'))} RENAME TO ${writer.name(writer.need('newTableName'))}`,
]

export const setTableRemarks: ChangeGenerator = (writer) => [
  `COMMENT ON TABLE ${writer.qualified(writer.need('tableName'), writer.get('schemaName'))} IS ${quoteText(writer.get('remarks') ?? '')}`,
]

export const setColumnRemarks: ChangeGenerator = (writer) => [
  `COMMENT ON COLUMN ${writer.qualified(writer.need('tableName'), writer.get('schemaName'))}.${writer.name(writer.need('columnName'))} IS ${quoteText(writer.get('remarks') ?? '')}`,
]

export function columnRemarks(column: ChangeNode, table: string, writer: ChangeWriter): readonly string[] {
  const remarks = column.attributes['remarks']
  if (remarks === undefined || remarks === '') return []
  return [`COMMENT ON COLUMN ${table}.${writer.name(column.attributes['name'] ?? '')} IS ${quoteText(remarks)}`]
}

/** `GENERATED … AS IDENTITY`, or nothing. */
export function identityClause(column: ChangeNode): string {
  const { attributes } = column
  if (attributes['autoIncrement']?.toLowerCase() !== 'true' && columnType(column)?.autoIncrement !== true) return ''
  const always = attributes['generationType']?.toUpperCase() === 'ALWAYS'
  const options = [
    ...(attributes['startWith'] === undefined ? [] : [`START WITH ${attributes['startWith']}`]),
    ...(attributes['incrementBy'] === undefined ? [] : [`INCREMENT BY ${attributes['incrementBy']}`]),
  ]
  return ` GENERATED ${always ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY${options.length === 0 ? '' : ` (${options.join(' ')})`}`
}

function columnDefinition(column: ChangeNode, writer: ChangeWriter): string {
  const type = columnType(column)
  const identity = identityClause(column)
  const constraints = constraintsOf(column)
  const isRequired = constraints?.['nullable']?.toLowerCase() === 'false' || isTrue(constraints, 'primaryKey')
  const value = identity === '' ? defaultValue(column.attributes, type, undefined, writer) : undefined
  return (
    `${writer.name(column.attributes['name'] ?? '')} ${type?.sql ?? ''}${identity}` +
    (value === undefined ? '' : ` DEFAULT ${value}`) +
    // Liquibase leaves the name of a NOT NULL constraint out here, though not in addColumn.
    (isRequired ? ' NOT NULL' : '')
  )
}

/** Primary key, foreign keys in column order, then unique constraints, those of one name together. */
function tableConstraints(table: string, columns: readonly ChangeNode[], writer: ChangeWriter): readonly string[] {
  const primary = columns.filter((column) => isTrue(constraintsOf(column), 'primaryKey'))
  const parts: string[] = []
  if (primary.length > 0) {
    const named = primary.map((column) => constraintsOf(column)?.['primaryKeyName']).find((name) => name !== undefined)
    const tablespace = primary.map((column) => constraintsOf(column)?.['primaryKeyTablespace']).find((name) => name !== undefined)
    parts.push(
      `CONSTRAINT ${writer.name(named ?? `${table}_pkey`)} PRIMARY KEY (${columnList(primary, writer)})` +
        (tablespace === undefined ? '' : ` USING INDEX TABLESPACE ${tablespace}`),
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
  const target = referencedColumns(constraints, writer)
  if (constraints === undefined || target === undefined) return undefined
  return (
    `CONSTRAINT ${writer.name(constraints['foreignKeyName'] ?? '')} FOREIGN KEY (${writer.name(column.attributes['name'] ?? '')}) REFERENCES ${target.table}(${target.columns})` +
    (isTrue(constraints, 'deleteCascade') ? ' ON DELETE CASCADE' : '') +
    (isTrue(constraints, 'initiallyDeferred') ? ' INITIALLY DEFERRED' : '') +
    (isTrue(constraints, 'deferrable') ? ' DEFERRABLE' : '')
  )
}

/** `references: table(column)`, or `referencedTableName` and `referencedColumnNames`. */
export function referencedColumns(
  constraints: Readonly<Record<string, string>> | undefined,
  writer: ChangeWriter,
): { readonly table: string; readonly columns: string } | undefined {
  const table = constraints?.['referencedTableName']
  if (table !== undefined) {
    return {
      table: writer.qualified(table, constraints?.['referencedTableSchemaName']),
      columns: writer.nameList(constraints?.['referencedColumnNames'] ?? ''),
    }
  }
  const match = /^\s*(?:([\w$"]+)\.)?([^(]+?)\s*\(([^)]*)\)\s*$/.exec(constraints?.['references'] ?? '')
  if (match === null) return undefined
  return {
    table: writer.qualified(match[2] ?? '', match[1]),
    columns: splitNames(match[3] ?? '')
      .map(writer.name)
      .join(', '),
  }
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

function columnList(columns: readonly ChangeNode[], writer: ChangeWriter): string {
  return columns.map((column) => writer.name(column.attributes['name'] ?? '')).join(', ')
}

export function constraintsOf(column: ChangeNode): Readonly<Record<string, string>> | undefined {
  return childrenOf(column, 'constraints')[0]?.attributes
}

export function isTrue(attributes: Readonly<Record<string, string>> | undefined, name: string): boolean {
  return attributes?.[name]?.toLowerCase() === 'true'
}
