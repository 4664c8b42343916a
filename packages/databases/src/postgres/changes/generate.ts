import type { Diagnostic } from '@sluice/base'
import type { GenerateContext, GeneratedSql, ModelledChange, ModelledChangeName } from '@sluice/engine'
import * as columns from './columns.ts'
import * as constraints from './constraints.ts'
import * as data from './data.ts'
import * as indexes from './indexes.ts'
import * as sequences from './sequences.ts'
import * as tables from './tables.ts'
import * as views from './views.ts'
import { createWriter } from './writer.ts'
import type { ChangeGenerator } from './writer.ts'

/** SQL of a modelled change for PostgreSQL. A type without a generator is an error that names it and the way out. */
export function generatePostgres(change: ModelledChange, context: GenerateContext): GeneratedSql {
  const generator = generators[change.name]
  if (generator === undefined) {
    const error: Diagnostic = {
      severity: 'error',
      code: 'CHANGE_UNSUPPORTED',
      message: `The change "${change.name}" has no SQL for postgresql here.`,
      ...change.place,
      hint: 'Write it as a sql change, or run this changelog through the original command line (engine: liquibase).',
    }
    return { statements: [], diagnostics: [error] }
  }
  const diagnostics: Diagnostic[] = []
  const statements = generator(createWriter(change, context, diagnostics))
  return { statements: diagnostics.length > 0 ? [] : statements, diagnostics }
}

const generators: Partial<Record<ModelledChangeName, ChangeGenerator>> = {
  addAutoIncrement: columns.addAutoIncrement,
  addColumn: columns.addColumn,
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
  createTable: tables.createTable,
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
  mergeColumns: columns.mergeColumns,
  modifyDataType: columns.modifyDataType,
  renameColumn: columns.renameColumn,
  renameSequence: sequences.renameSequence,
  renameTable: tables.renameTable,
  renameView: views.renameView,
  setColumnRemarks: tables.setColumnRemarks,
  setTableRemarks: tables.setTableRemarks,
  update: data.update,
}
