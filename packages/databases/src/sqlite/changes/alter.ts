import type { ChangeNode } from '@sluice/engine'
import {
  constraintsOf,
  defaultClause,
  isCounting,
  nameOf,
  referencedColumns,
  sqliteDefault,
  typeOf,
} from '../../changes/column-parts.ts'
import { alteredDefault, droppedColumns, mergeValues } from '../../changes/columns.ts'
import { givenValue } from '../../changes/values.ts'
import { childrenOf, isFalse, isTrue } from '../../changes/writer.ts'
import type { ChangeGenerator, ChangeWriter } from '../../changes/writer.ts'
import { readRebuiltTable, rebuildTable } from './rebuild.ts'
import type { RebuiltTable } from './rebuild.ts'
import { clauseKind, namesIn, parseTableText } from './table-text.ts'
import type { TableItem, TableText } from './table-text.ts'

/** SQLite adds a column by itself unless it is a key, counts, or is filled by more than a constant: then the table is made anew. */
export const addColumn: ChangeGenerator = (writer) => {
  const columns = childrenOf(writer.change.node, 'column')
  for (const column of columns) {
    for (const name of ['afterColumn', 'beforeColumn', 'position']) if (column.attributes[name] !== undefined) writer.refuse(name)
    if (column.attributes['remarks'] !== undefined) writer.ignore('remarks')
  }
  if (columns.some((column) => needsRebuild(column, writer))) return addByRebuild(columns, writer)
  const table = writer.table()
  return columns.flatMap((column) => {
    const value = givenValue(column, writer)
    return [
      `ALTER TABLE ${table} ADD ${columnDefinition(column, writer)}`,
      ...(value === undefined ? [] : [`UPDATE ${table} SET ${nameOf(column, writer)} = ${value}`]),
      ...uniqueIndex(column, writer),
    ]
  })
}

/** https://www.sqlite.org/lang_altertable.html#altertabaddcol: what ADD COLUMN cannot have. */
function needsRebuild(column: ChangeNode, writer: ChangeWriter): boolean {
  const constraints = constraintsOf(column)
  const type = typeOf(column, writer)
  if (isTrue(constraints, 'primaryKey') || isCounting(column, type, writer)) return true
  const given = defaultClause(column, type, false, writer).replace(/^ DEFAULT /, '')
  const isConstant = /^(?:[-+]?[\d.]+(?:e[-+]?\d+)?|'(?:[^']|'')*'|null|true|false)$/i.test(given)
  if (given !== '' && !isConstant) return true
  return isFalse(constraints, 'nullable') && (given === '' || /^null$/i.test(given))
}

function columnDefinition(column: ChangeNode, writer: ChangeWriter): string {
  const type = typeOf(column, writer)
  const constraints = constraintsOf(column)
  const isKey = isTrue(constraints, 'primaryKey')
  const counting = isCounting(column, type, writer)
  const notNullName = constraints?.['notNullConstraintName']
  const given = defaultClause(column, type, counting, writer)
  const required = isFalse(constraints, 'nullable') || isKey
  const target = referencedColumns(constraints, writer)
  const foreignName = constraints?.['foreignKeyName']
  return (
    `${nameOf(column, writer)} ${counting ? 'INTEGER' : type.sql}` +
    given +
    (isKey ? ` PRIMARY KEY${counting ? ' AUTOINCREMENT' : ''}` : '') +
    (required ? `${notNullName === undefined ? '' : ` CONSTRAINT ${writer.name(notNullName)}`} NOT NULL` : '') +
    (target === undefined
      ? ''
      : `${foreignName === undefined ? '' : ` CONSTRAINT ${writer.name(foreignName)}`} REFERENCES ${target.table} (${target.columns})` +
        (isTrue(constraints, 'deleteCascade') ? ' ON DELETE CASCADE' : '') +
        (isTrue(constraints, 'deferrable') ? ' DEFERRABLE' : '') +
        (isTrue(constraints, 'deferrable') && isTrue(constraints, 'initiallyDeferred') ? ' INITIALLY DEFERRED' : ''))
  )
}

/** A unique column is one with a unique index: to SQLite they are the same. */
function uniqueIndex(column: ChangeNode, writer: ChangeWriter): readonly string[] {
  const constraints = constraintsOf(column)
  if (!isTrue(constraints, 'unique')) return []
  const { get } = writer
  const own =
    constraints?.['uniqueConstraintName'] ?? `UQ_${writer.need('tableName')}_${column.attributes['name'] ?? ''}`.toUpperCase()
  const index = writer.qualified(own, get('schemaName'), get('catalogName'))
  return [`CREATE UNIQUE INDEX ${index} ON ${writer.name(writer.need('tableName'))}(${nameOf(column, writer)})`]
}

function addByRebuild(columns: readonly ChangeNode[], writer: ChangeWriter): readonly string[] {
  const table = readRebuiltTable(writer)
  if (table === undefined) return []
  const added =
    parseTableText(`CREATE TABLE t (${columns.map((column) => columnDefinition(column, writer)).join(', ')})`)?.items ?? []
  const values: Record<string, string> = {}
  for (const column of columns) {
    const value = givenValue(column, writer)
    if (value !== undefined) values[column.attributes['name'] ?? ''] = value
  }
  const own = table.text.items.filter((item) => item.kind === 'column')
  const rest = table.text.items.filter((item) => item.kind !== 'column')
  const statements = rebuildTable(table, { ...table.text, items: [...own, ...added, ...rest] }, writer, values)
  return [...statements, ...columns.flatMap((column) => uniqueIndex(column, writer))]
}

/** A column that nothing refers to goes by itself; otherwise what refers to it goes too, and the table is made anew. */
export const dropColumn: ChangeGenerator = (writer) => dropColumns(droppedColumns(writer), writer)

function dropColumns(names: readonly string[], writer: ChangeWriter): readonly string[] {
  const known = writer.context.facts?.readTable(writer.need('tableName'))
  const text = known === undefined ? undefined : parseTableText(known.sql)
  if (known === undefined || text === undefined || !names.some((name) => isReferred({ facts: known, text }, name))) {
    return names.map((name) => `ALTER TABLE ${writer.table()} DROP COLUMN ${writer.name(name)}`)
  }
  const table = readRebuiltTable(writer)
  if (table === undefined) return []
  const gone = new Set(names.map((name) => name.toLowerCase()))
  const items = table.text.items.filter((item) => !goesWith(item, gone))
  for (const item of items) {
    if (item.kind !== 'constraint' || item.type !== 'CHECK' || !names.some((name) => namesIn(item.text).has(name.toLowerCase())))
      continue
    writer.report(
      'CHANGE_UNSUPPORTED',
      `A CHECK of the table "${table.facts.name}" refers to a column that is dropped.`,
      'Drop the CHECK first, with SQL.',
    )
  }
  return rebuildTable(table, { ...table.text, items }, writer)
}

function goesWith(item: TableItem, gone: ReadonlySet<string>): boolean {
  if (item.kind === 'column') return gone.has(item.name.toLowerCase())
  return item.columns.some((column) => gone.has(column.toLowerCase()))
}

/** Whether something but the column itself names it, or the column is one that DROP COLUMN refuses. */
function isReferred({ facts, text }: RebuiltTable, name: string): boolean {
  const lower = name.toLowerCase()
  if (facts.parts.some((part) => part.kind === 'index' && namesIn(part.sql).has(lower))) return true
  return text.items.some((item) => {
    if (item.kind === 'constraint') return namesIn(item.text).has(lower)
    if (item.name.toLowerCase() === lower)
      return item.clauses.some((clause) => /^(PRIMARY KEY|UNIQUE|REFERENCES)$/.test(clauseKind(clause)))
    return item.clauses.some((clause) => namesIn(clause).has(lower))
  })
}

export const mergeColumns: ChangeGenerator = (writer) => {
  const final = writer.name(writer.need('finalColumnName'))
  return [
    `ALTER TABLE ${writer.table()} ADD ${final} ${writer.type(writer.need('finalColumnType')).sql}`,
    mergeValues(writer),
    ...dropColumns([writer.need('column1Name'), writer.need('column2Name')], writer),
  ]
}

export const addDefaultValue: ChangeGenerator = (writer) => {
  const value = alteredDefault(writer)
  const clause = `DEFAULT ${sqliteDefault(value)}`
  return changeColumn(writer, (column) => ({
    ...column,
    clauses: [clause, ...column.clauses.filter((one) => clauseKind(one) !== 'DEFAULT')],
  }))
}

/** Only the key itself can count: it becomes `INTEGER PRIMARY KEY AUTOINCREMENT`. */
export const addAutoIncrement: ChangeGenerator = (writer) => {
  for (const name of ['startWith', 'incrementBy']) if (writer.get(name) !== undefined) writer.ignore(name)
  const table = readRebuiltTable(writer)
  if (table === undefined) return []
  const name = writer.need('columnName').toLowerCase()
  const key = table.text.items.find((item) => item.kind === 'constraint' && item.type === 'PRIMARY KEY')
  const inline = table.text.items.find(
    (item) => item.kind === 'column' && item.clauses.some((one) => clauseKind(one) === 'PRIMARY KEY'),
  )
  const keyed = key?.kind === 'constraint' ? key.columns : inline?.kind === 'column' ? [inline.name] : [name]
  if (keyed.length !== 1 || keyed[0]?.toLowerCase() !== name) {
    writer.report(
      'CHANGE_UNSUPPORTED',
      `"${writer.need('columnName')}" is not the key of "${table.facts.name}", and only the key can count on sqlite.`,
      'Make it the primary key.',
    )
    return []
  }
  const items = table.text.items
    .filter((item) => item !== key)
    .map((item): TableItem => {
      if (item.kind !== 'column' || item.name.toLowerCase() !== name) return item
      const rest = item.clauses.filter((one) => !/^(PRIMARY KEY|DEFAULT)$/.test(clauseKind(one)))
      return { ...item, type: 'INTEGER', clauses: ['PRIMARY KEY AUTOINCREMENT', ...rest] }
    })
  return rebuildTable(table, { ...table.text, items }, writer)
}

export const dropPrimaryKey: ChangeGenerator = (writer) => {
  const table = readRebuiltTable(writer)
  if (table === undefined) return []
  const items = table.text.items
    .filter((item) => item.kind !== 'constraint' || item.type !== 'PRIMARY KEY')
    .map((item): TableItem =>
      item.kind === 'column' ? { ...item, clauses: item.clauses.filter((one) => clauseKind(one) !== 'PRIMARY KEY') } : item,
    )
  if (/\bwithout\s+rowid\b/i.test(table.text.tail)) {
    writer.report(
      'CHANGE_UNSUPPORTED',
      `The table "${table.facts.name}" is WITHOUT ROWID and needs its primary key.`,
      'Write the change as SQL.',
    )
  }
  return rebuildTable(table, { ...table.text, items }, writer)
}

function changeColumn(
  writer: ChangeWriter,
  change: (column: TableItem & { readonly kind: 'column' }) => TableItem,
): readonly string[] {
  const table = readRebuiltTable(writer)
  if (table === undefined) return []
  const name = writer.need('columnName').toLowerCase()
  let found = false
  const items = table.text.items.map((item): TableItem => {
    if (item.kind !== 'column' || item.name.toLowerCase() !== name) return item
    found = true
    return change(item)
  })
  if (!found) writer.report('CHANGE_BAD_VALUE', `The table "${table.facts.name}" has no column "${name}".`, 'Check its name.')
  const text: TableText = { ...table.text, items }
  return rebuildTable(table, text, writer)
}
