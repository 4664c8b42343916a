import { addAutoIncrement, addColumn, addDefaultValue, dropColumn, dropPrimaryKey, mergeColumns } from './alter.ts'
import { sharedGenerators } from '../../changes/generate.ts'
import type { Generators } from '../../changes/generate.ts'

const {
  createIndex,
  createTable,
  createView,
  dropIndex,
  dropTable,
  dropView,
  insert,
  loadData,
  loadUpdateData,
  renameColumn,
  renameTable,
  update,
} = sharedGenerators

/** What can be done on SQLite: as much as Liquibase does there, so that a changelog which runs here runs there too. */
export const sqliteGenerators: Generators = {
  addAutoIncrement,
  addColumn,
  addDefaultValue,
  dropColumn,
  dropPrimaryKey,
  mergeColumns,
  createIndex,
  createTable,
  createView,
  delete: sharedGenerators.delete,
  dropIndex,
  dropTable,
  dropView,
  insert,
  loadData,
  loadUpdateData,
  renameColumn,
  renameTable,
  update,
}
