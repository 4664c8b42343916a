import type { ChangeNode } from '@sluice/engine'
import {
  constraintsOf,
  countingClause,
  defaultClause,
  isCounting,
  nameOf,
  referencedColumns,
  serialType,
  typeOf,
} from './column-parts.ts'
import { columnRemarks, nullability } from './create-table.ts'
import { givenValue } from './values.ts'
import { childrenOf, isFalse, isTrue } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

/** Columns with their constraints, then back-filled values and the NOT NULL that had to wait for them, then comments. */
export const addColumn: ChangeGenerator = (writer) => {
  const table = writer.table()
  const columns = childrenOf(writer.change.node, 'column')
  return [
    ...added(columns, table, writer),
    ...columns.flatMap((column) => backFill(column, table, writer)),
    ...columns.flatMap((column) => columnRemarks(column, table, writer)),
  ]
}

/** MySQL adds all columns in one statement, and their constraints after it. */
function added(columns: readonly ChangeNode[], table: string, writer: ChangeWriter): readonly string[] {
  if (writer.product.family === 'mysql') {
    const parts = columns.map((column) => `ADD ${columnDefinition(column, writer)}`)
    return [
      `ALTER TABLE ${table} ${parts.join(', ')}`,
      ...columns.flatMap((column) => uniqueConstraint(column, table, writer)),
      ...columns.flatMap((column) => foreignKey(column, table, writer)),
    ]
  }
  return columns.flatMap((column) => [
    `ALTER TABLE ${table} ADD ${columnDefinition(column, writer)}`,
    ...uniqueConstraint(column, table, writer),
    ...foreignKey(column, table, writer),
  ])
}

/** `value…` of a column that exists now; NOT NULL waits until every row has its value. */
function backFill(column: ChangeNode, table: string, writer: ChangeWriter): readonly string[] {
  const value = givenValue(column, writer)
  if (value === undefined) return []
  const name = nameOf(column, writer)
  return [
    `UPDATE ${table} SET ${name} = ${value}`,
    ...(isFalse(constraintsOf(column), 'nullable')
      ? [
          writer.product.family === 'mysql'
            ? `ALTER TABLE ${table} MODIFY ${name} ${typeOf(column, writer).sql} NOT NULL`
            : `ALTER TABLE ${table} ALTER COLUMN  ${name} SET NOT NULL`,
        ]
      : []),
  ]
}

function columnDefinition(column: ChangeNode, writer: ChangeWriter): string {
  const { product } = writer
  const type = typeOf(column, writer)
  const counting = isCounting(column, type, writer)
  const constraints = constraintsOf(column)
  const primary = isTrue(constraints, 'primaryKey')
  if (counting && !primary && product.family === 'mysql') {
    writer.refuse('autoIncrement', 'Only a key can count: add primaryKey to its constraints.')
  }
  const waits = hasValue(column)
  const required = (isFalse(constraints, 'nullable') && !waits) || primary
  const notNullName = constraints?.['notNullConstraintName']
  const sql = counting && product.name === 'cockroachdb' ? serialType(type) : type.sql
  const clause = !counting || product.name === 'cockroachdb' ? '' : countingClause(column, writer)
  const remarks = column.attributes['remarks']
  const named = required && notNullName !== undefined && product.family !== 'mysql'
  return (
    `${nameOf(column, writer)} ${sql}${clause}` +
    defaultClause(column, type, counting, writer).replace(/ NULL$/, ' null') +
    (counting && product.name === 'cockroachdb' && required ? ' ' : '') +
    (named ? ` CONSTRAINT ${writer.name(notNullName)}` : '') +
    nullability(type.sql, required, writer) +
    (primary ? ' PRIMARY KEY' : '') +
    (product.family === 'mysql' && remarks !== undefined && remarks !== '' ? ` COMMENT ${product.text(remarks)}` : '') +
    position(column, writer)
  )
}

export function hasValue(column: ChangeNode): boolean {
  return Object.keys(column.attributes).some((name) => name.startsWith('value'))
}

function position(column: ChangeNode, writer: ChangeWriter): string {
  const { attributes } = column
  for (const name of ['beforeColumn', 'position']) if (attributes[name] !== undefined) writer.refuse(name)
  const after = attributes['afterColumn']
  if (after === undefined) return ''
  if (writer.product.family !== 'mysql') {
    writer.refuse('afterColumn')
    return ''
  }
  return ` AFTER ${writer.name(after)}`
}

function uniqueConstraint(column: ChangeNode, table: string, writer: ChangeWriter): readonly string[] {
  const constraints = constraintsOf(column)
  if (!isTrue(constraints, 'unique')) return []
  const name = constraints?.['uniqueConstraintName']
  return [
    `ALTER TABLE ${table} ADD ${name === undefined ? '' : `CONSTRAINT ${writer.name(name)} `}UNIQUE (${nameOf(column, writer)})`,
  ]
}

function foreignKey(column: ChangeNode, table: string, writer: ChangeWriter): readonly string[] {
  const constraints = constraintsOf(column)
  const target = referencedColumns(constraints, writer)
  if (target === undefined) return []
  return [
    `ALTER TABLE ${table} ADD CONSTRAINT ${writer.name(constraints?.['foreignKeyName'] ?? '')} FOREIGN KEY (${nameOf(column, writer)}) ` +
      `REFERENCES ${target.table} (${target.columns})${isTrue(constraints, 'deleteCascade') ? ' ON DELETE CASCADE' : ''}`,
  ]
}
