import type { Change, ChangeNode, ModelledChange, ModelledChangeName } from '@sluice/changelog'

/**
 * What undoes a change on a database, for the types for which Liquibase generates it; undefined where only the author can say. An empty list
 * means that there is nothing to undo.
 */
export function inverseOf(change: Change, dbms: string): readonly Change[] | undefined {
  if (change.type !== 'modelled') return undefined
  const rule = inverses[change.name]
  return rule === undefined ? undefined : rule(change, dbms)
}

type InverseRule = (change: ModelledChange, dbms: string) => readonly ModelledChange[] | undefined

const nothing: InverseRule = () => []

const inverses: Partial<Record<ModelledChangeName, InverseRule>> = {
  addColumn: (change, dbms) => {
    const columns = change.node.children.filter((child) => child.name === 'column')
    const [only] = columns
    const place = pick(change, table)
    const named = (column: ChangeNode): Record<string, string> => ({ ...place, columnName: column.attributes['name'] ?? '' })
    // Liquibase drops defaults first, where that can be done at all.
    const defaults = columns.filter((column) => dbms !== 'sqlite' && hasDefault(column))
    return [
      ...defaults.map((column) => build(change, 'dropDefaultValue', named(column))),
      columns.length === 1 && only !== undefined
        ? build(change, 'dropColumn', named(only))
        : build(change, 'dropColumn', place, columns.map(nameOnly)),
    ]
  },
  addDefaultValue: (change) => [build(change, 'dropDefaultValue', pick(change, [...table, 'columnName', 'columnDataType']))],
  addForeignKeyConstraint: (change) => [
    build(change, 'dropForeignKeyConstraint', {
      ...pick(change, ['constraintName', 'baseTableName']),
      ...rename(change, { baseTableSchemaName: 'baseTableSchemaName', baseTableCatalogName: 'baseTableCatalogName' }),
    }),
  ],
  addLookupTable: (change) => [
    build(change, 'dropForeignKeyConstraint', {
      ...rename(change, {
        existingTableName: 'baseTableName',
        existingTableSchemaName: 'baseTableSchemaName',
        existingTableCatalogName: 'baseTableCatalogName',
      }),
      constraintName: change.node.attributes['constraintName'] ?? lookupConstraintName(change),
    }),
    build(
      change,
      'dropTable',
      rename(change, { newTableName: 'tableName', newTableSchemaName: 'schemaName', newTableCatalogName: 'catalogName' }),
    ),
  ],
  addNotNullConstraint: (change) => [
    build(change, 'dropNotNullConstraint', pick(change, [...table, 'columnName', 'columnDataType', 'constraintName'])),
  ],
  addPrimaryKey: (change) => [build(change, 'dropPrimaryKey', pick(change, [...table, 'constraintName']))],
  addUniqueConstraint: (change) => [build(change, 'dropUniqueConstraint', pick(change, [...table, 'constraintName']))],
  createIndex: (change) => [build(change, 'dropIndex', pick(change, [...table, 'indexName']))],
  createSequence: (change) => [build(change, 'dropSequence', pick(change, ['catalogName', 'schemaName', 'sequenceName']))],
  createTable: (change) => [build(change, 'dropTable', pick(change, table))],
  createView: (change) => [build(change, 'dropView', pick(change, ['catalogName', 'schemaName', 'viewName']))],
  dropNotNullConstraint: (change) => [
    build(change, 'addNotNullConstraint', pick(change, [...table, 'columnName', 'columnDataType', 'constraintName'])),
  ],
  empty: nothing,
  // Rows that were only updated are not deleted, which Liquibase would do.
  loadUpdateData: (change) =>
    change.node.attributes['onlyUpdate'] === 'true'
      ? undefined
      : [{ ...change, node: { ...change.node, attributes: { ...change.node.attributes, undo: 'true' } } }],
  output: nothing,
  renameColumn: (change) => [
    build(change, 'renameColumn', {
      ...pick(change, [...table, 'columnDataType']),
      ...rename(change, { newColumnName: 'oldColumnName', oldColumnName: 'newColumnName' }),
    }),
  ],
  renameSequence: (change) => [
    build(change, 'renameSequence', {
      ...pick(change, ['catalogName', 'schemaName']),
      ...rename(change, { newSequenceName: 'oldSequenceName', oldSequenceName: 'newSequenceName' }),
    }),
  ],
  renameTable: (change) => [
    build(change, 'renameTable', {
      ...pick(change, ['catalogName', 'schemaName']),
      ...rename(change, { newTableName: 'oldTableName', oldTableName: 'newTableName' }),
    }),
  ],
  renameView: (change) => [
    build(change, 'renameView', {
      ...pick(change, ['catalogName', 'schemaName']),
      ...rename(change, { newViewName: 'oldViewName', oldViewName: 'newViewName' }),
    }),
  ],
  stop: nothing,
  tagDatabase: nothing,
}

const table = ['catalogName', 'schemaName', 'tableName'] as const

function hasDefault(column: ChangeNode): boolean {
  return Object.keys(column.attributes).some((name) => name.startsWith('defaultValue'))
}

function nameOnly(column: ChangeNode): ChangeNode {
  return { ...column, attributes: { name: column.attributes['name'] ?? '' }, children: [] }
}

function build(
  origin: ModelledChange,
  name: ModelledChangeName,
  attributes: Record<string, string>,
  children: readonly ChangeNode[] = [],
): ModelledChange {
  const node: ChangeNode = { name, attributes, children, place: origin.place }
  return { type: 'modelled', name, node, file: undefined, place: origin.place }
}

function pick(change: ModelledChange, names: readonly string[]): Record<string, string> {
  return rename(change, Object.fromEntries(names.map((name) => [name, name])))
}

function rename(change: ModelledChange, names: Readonly<Record<string, string>>): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const [from, to] of Object.entries(names)) {
    const value = change.node.attributes[from]
    if (value !== undefined) picked[to] = value
  }
  return picked
}

/** Liquibase's name for the foreign key of a lookup table that was given none. */
function lookupConstraintName(change: ModelledChange): string {
  return `FK_${change.node.attributes['existingTableName'] ?? ''}_${change.node.attributes['newTableName'] ?? ''}`.toUpperCase()
}
