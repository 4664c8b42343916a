import type { ChangeNode } from '@sluice/engine'
import { columnRemarks, constraintsOf, identityClause, isTrue, referencedColumns } from './tables.ts'
import { toPostgresType } from './types.ts'
import { columnType, defaultValue, givenValue, quoteText } from './values.ts'
import { childrenOf } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

/** All columns first, then back-filled values, then keys and comments: the order in which Liquibase writes them. */
export const addColumn: ChangeGenerator = (writer) => {
  const table = tableOf(writer)
  const columns = childrenOf(writer.change.node, 'column')
  for (const column of columns) {
    for (const attribute of ['afterColumn', 'beforeColumn', 'position']) {
      if (column.attributes[attribute] !== undefined) writer.refuse(attribute)
    }
  }
  return [
    ...columns.map((column) => `ALTER TABLE ${table} ADD ${addedColumn(column, writer)}`),
    ...columns.flatMap((column) => addedConstraints(column, table, writer)),
    ...columns.flatMap((column) => {
      const value = givenValue(column, writer)
      return value === undefined ? [] : [`UPDATE ${table} SET ${nameOf(column, writer)} = ${value}`]
    }),
    ...columns.flatMap((column) => columnRemarks(column, table, writer)),
  ]
}

export const dropColumn: ChangeGenerator = (writer) => {
  const columns = childrenOf(writer.change.node, 'column').map((column) => column.attributes['name'] ?? '')
  const names = columns.length > 0 ? columns : [writer.need('columnName')]
  return names.map((name) => `ALTER TABLE ${tableOf(writer)} DROP COLUMN ${writer.name(name)}`)
}

export const renameColumn: ChangeGenerator = (writer) => [
  `ALTER TABLE ${tableOf(writer)} RENAME COLUMN ${writer.name(writer.need('oldColumnName'))} TO ${writer.name(writer.need('newColumnName'))}`,
]

export const modifyDataType: ChangeGenerator = (writer) => {
  const column = writer.name(writer.need('columnName'))
  const type = toPostgresType(writer.need('newDataType')).sql
  return [`ALTER TABLE ${tableOf(writer)} ALTER COLUMN ${column} TYPE ${type} USING (${column}::${type})`]
}

export const mergeColumns: ChangeGenerator = (writer) => {
  const table = tableOf(writer)
  const [first, second, final] = ['column1Name', 'column2Name', 'finalColumnName'].map((name) => writer.name(writer.need(name)))
  const join = writer.change.node.attributes['joinString']
  return [
    `ALTER TABLE ${table} ADD ${final} ${toPostgresType(writer.need('finalColumnType')).sql}`,
    `UPDATE ${table} SET ${final} = ${first} || ${quoteText(join ?? '')} || ${second}`,
    `ALTER TABLE ${table} DROP COLUMN ${first}`,
    `ALTER TABLE ${table} DROP COLUMN ${second}`,
  ]
}

export const addAutoIncrement: ChangeGenerator = (writer) => {
  const { get, name } = writer
  const table = tableOf(writer)
  const column = writer.need('columnName')
  const sequence = writer.qualified(`${writer.need('tableName')}_${column}_seq`, get('schemaName'))
  const options =
    (get('startWith') === undefined ? '' : ` START WITH ${get('startWith')}`) +
    (get('incrementBy') === undefined ? '' : ` INCREMENT BY ${get('incrementBy')}`)
  return [
    `CREATE SEQUENCE  IF NOT EXISTS ${sequence}${options}`,
    `ALTER TABLE ${table} ALTER COLUMN  ${name(column)} SET NOT NULL`,
    `ALTER TABLE ${table} ALTER COLUMN  ${name(column)} SET DEFAULT nextval(${quoteText(sequence)})`,
    `ALTER SEQUENCE ${sequence} OWNED BY ${table}.${name(column)}`,
  ]
}

export const addDefaultValue: ChangeGenerator = (writer) => {
  const { attributes } = writer.change.node
  const table = tableOf(writer)
  const column = writer.name(writer.need('columnName'))
  const written = writer.get('columnDataType')
  const schema = writer.get('schemaName')
  const value = defaultValue(attributes, written === undefined ? undefined : toPostgresType(written), schema, writer) ?? 'NULL'
  const sequence = attributes['defaultValueSequenceNext']
  return [
    `ALTER TABLE ${table} ALTER COLUMN  ${column} SET DEFAULT ${value}`,
    ...(sequence === undefined ? [] : [`ALTER SEQUENCE ${writer.qualified(sequence, schema)} OWNED BY ${table}.${column}`]),
  ]
}

export const dropDefaultValue: ChangeGenerator = (writer) => [
  `ALTER TABLE ${tableOf(writer)} ALTER COLUMN ${writer.name(writer.need('columnName'))} DROP DEFAULT`,
]

export const addNotNullConstraint: ChangeGenerator = (writer) => {
  const table = tableOf(writer)
  const column = writer.name(writer.need('columnName'))
  const filler = writer.change.node.attributes['defaultNullValue']
  return [
    ...(filler === undefined ? [] : [`UPDATE ${table} SET ${column} = ${quoteText(filler)} WHERE ${column} IS NULL`]),
    `ALTER TABLE ${table} ALTER COLUMN  ${column} SET NOT NULL`,
  ]
}

export const dropNotNullConstraint: ChangeGenerator = (writer) => [
  `ALTER TABLE ${tableOf(writer)} ALTER COLUMN  ${writer.name(writer.need('columnName'))} DROP NOT NULL`,
]

function addedColumn(column: ChangeNode, writer: ChangeWriter): string {
  const type = columnType(column)
  const identity = identityClause(column)
  const constraints = constraintsOf(column)
  const value = identity === '' ? defaultValue(column.attributes, type, undefined, writer) : undefined
  const primary = isTrue(constraints, 'primaryKey')
  const required = constraints?.['nullable']?.toLowerCase() === 'false' || primary
  const notNullName = constraints?.['notNullConstraintName']
  return (
    `${nameOf(column, writer)} ${type?.sql ?? ''}${identity}` +
    (value === undefined ? '' : ` DEFAULT ${value}`) +
    (required ? `${notNullName === undefined ? '' : ` CONSTRAINT ${writer.name(notNullName)}`} NOT NULL` : '') +
    (primary ? ' PRIMARY KEY' : '')
  )
}

function addedConstraints(column: ChangeNode, table: string, writer: ChangeWriter): readonly string[] {
  const constraints = constraintsOf(column)
  const statements: string[] = []
  if (isTrue(constraints, 'unique')) {
    const name = constraints?.['uniqueConstraintName']
    statements.push(
      `ALTER TABLE ${table} ADD ${name === undefined ? '' : `CONSTRAINT ${writer.name(name)} `}UNIQUE (${nameOf(column, writer)})`,
    )
  }
  const target = referencedColumns(constraints, writer)
  if (target !== undefined) {
    statements.push(
      `ALTER TABLE ${table} ADD CONSTRAINT ${writer.name(constraints?.['foreignKeyName'] ?? '')} FOREIGN KEY (${nameOf(column, writer)}) ` +
        `REFERENCES ${target.table} (${target.columns})${isTrue(constraints, 'deleteCascade') ? ' ON DELETE CASCADE' : ''}`,
    )
  }
  return statements
}

function nameOf(column: ChangeNode, writer: ChangeWriter): string {
  return writer.name(column.attributes['name'] ?? '')
}

function tableOf(writer: ChangeWriter): string {
  return writer.qualified(writer.need('tableName'), writer.get('schemaName'))
}
