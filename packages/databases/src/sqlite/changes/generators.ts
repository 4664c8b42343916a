import { sharedGenerators } from '../../changes/generate.ts'
import type { Generators } from '../../changes/generate.ts'

const {
  createIndex,
  createTable,
  createView,
  dropColumn,
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
  createIndex,
  createTable,
  createView,
  delete: sharedGenerators.delete,
  dropColumn,
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
