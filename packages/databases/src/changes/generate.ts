import type { Diagnostic } from '@sluice/base'
import type { Dialect, ModelledChangeName } from '@sluice/engine'
import { addColumn } from './add-column.ts'
import * as columns from './columns.ts'
import * as constraints from './constraints.ts'
import { createTable } from './create-table.ts'
import * as data from './data.ts'
import * as indexes from './indexes.ts'
import { loadData, loadUpdateData } from './load-changes.ts'
import type { Product } from './product.ts'
import * as sequences from './sequences.ts'
import * as tables from './tables.ts'
import * as views from './views.ts'
import { childrenOf, createWriter } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export type Generators = Readonly<Partial<Record<ModelledChangeName, ChangeGenerator>>>

/** The generators that databases share; where they differ they ask the product. */
export const sharedGenerators = {
  addAutoIncrement: columns.addAutoIncrement,
  addColumn,
  addDefaultValue: columns.addDefaultValue,
  addForeignKeyConstraint: constraints.addForeignKeyConstraint,
  addLookupTable: constraints.addLookupTable,
  addNotNullConstraint: columns.addNotNullConstraint,
  addPrimaryKey: constraints.addPrimaryKey,
  addUniqueConstraint: constraints.addUniqueConstraint,
  alterSequence: sequences.alterSequence,
  createIndex: indexes.createIndex,
  createProcedure: views.createProcedure,
  createSequence: sequences.createSequence,
  createTable,
  createView: views.createView,
  delete: data.deleteRows,
  dropAllForeignKeyConstraints: constraints.dropAllForeignKeyConstraints,
  dropColumn: columns.dropColumn,
  dropDefaultValue: columns.dropDefaultValue,
  dropForeignKeyConstraint: constraints.dropForeignKeyConstraint,
  dropIndex: indexes.dropIndex,
  dropNotNullConstraint: columns.dropNotNullConstraint,
  dropPrimaryKey: constraints.dropPrimaryKey,
  dropProcedure: views.dropProcedure,
  dropSequence: sequences.dropSequence,
  dropTable: tables.dropTable,
  dropUniqueConstraint: constraints.dropUniqueConstraint,
  dropView: views.dropView,
  insert: data.insert,
  loadData,
  loadUpdateData,
  mergeColumns: columns.mergeColumns,
  modifyDataType: columns.modifyDataType,
  renameColumn: columns.renameColumn,
  renameSequence: sequences.renameSequence,
  renameTable: tables.renameTable,
  renameView: views.renameView,
  setColumnRemarks: tables.setColumnRemarks,
  setTableRemarks: tables.setTableRemarks,
  update: data.update,
} as const satisfies Generators

/** What a dialect generates changes with. A type without generator is an error that names it and the way out. */
export function createGenerate(product: Product, generators: Generators): Dialect['generate'] {
  return (change, context) => {
    const generator = generators[change.name]
    if (generator === undefined) {
      const error: Diagnostic = {
        severity: 'error',
        code: 'CHANGE_UNSUPPORTED',
        message: `The change "${change.name}" cannot be done on ${product.name}.`,
        ...change.place,
        hint:
          'Limit its changeset with dbms to the databases that have it, write it as a sql change, or run this changelog through the ' +
          'original command line (engine: liquibase).',
      }
      return { statements: [], diagnostics: [error] }
    }
    const diagnostics: Diagnostic[] = []
    let awaitsColumnTypes = false
    const writer = createWriter(product, change, context, diagnostics, () => {
      awaitsColumnTypes = true
    })
    checkColumns(writer)
    const statements = generator(writer)
    const failed = diagnostics.some((one) => one.severity === 'error')
    return { statements: failed ? [] : statements, diagnostics, awaitsColumnTypes }
  }
}

const needColumns: ReadonlySet<string> = new Set(['addColumn', 'createIndex', 'createTable', 'insert', 'update'])

/** What Liquibase demands too: columns where a change is about columns, and a name for each; a loaded file names its own. */
function checkColumns(writer: ChangeWriter): void {
  const { name, node } = writer.change
  if (name === 'loadData' || name === 'loadUpdateData') return
  const columns = childrenOf(node, 'column')
  if (columns.length === 0 && needColumns.has(name))
    writer.report('CHANGE_ATTRIBUTE_MISSING', `The change "${name}" has no columns.`, 'Add "columns".')
  for (const column of columns) {
    if ((column.attributes['name'] ?? '').trim() !== '') continue
    writer.report('CHANGE_ATTRIBUTE_MISSING', `A column of "${name}" has no name.`, 'Add "name" to it.')
  }
}
