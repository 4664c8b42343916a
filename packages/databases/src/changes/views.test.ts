import { deepEqual } from 'node:assert/strict'
import { it } from 'node:test'
import type { ModelledChange } from '@sluice/engine'
import { mysqlDialect } from '../index.ts'

const place = { file: 'db.yaml', line: 1, column: 1 }
const body = 'CREATE PROCEDURE p() SELECT 1'
const sqlOf = (attributes: Readonly<Record<string, string>>): readonly string[] => {
  const node = { name: 'createProcedure', attributes: { procedureText: body, ...attributes }, children: [], place }
  const change: ModelledChange = { type: 'modelled', name: 'createProcedure', node, place, file: undefined }
  return mysqlDialect.generate(change, { defaultSchema: 'shop', objectQuotingStrategy: 'LEGACY' }).statements
}

it('drops a procedure that it replaces on MySQL, which has no OR REPLACE', () => {
  deepEqual(sqlOf({ procedureName: 'p', replaceIfExists: 'true' }), ['DROP PROCEDURE IF EXISTS p', body])
  deepEqual(sqlOf({ procedureName: 'p', replaceIfExists: 'true', schemaName: 'app' }), [
    'DROP PROCEDURE IF EXISTS app.p',
    'CREATE PROCEDURE app.p() SELECT 1',
  ])
  deepEqual(sqlOf({ procedureName: 'p', replaceIfExists: 'false' }), [body])
})

it('quotes the default schema too where everything is quoted', () => {
  const column = { name: 'column', attributes: { name: 'id', type: 'int' }, children: [], place }
  const node = { name: 'createTable', attributes: { tableName: 't' }, children: [column], place }
  const change: ModelledChange = { type: 'modelled', name: 'createTable', node, place, file: undefined }
  const context = { defaultSchema: 'shop', objectQuotingStrategy: 'QUOTE_ALL_OBJECTS' } as const
  deepEqual(mysqlDialect.generate(change, context).statements, ['CREATE TABLE `shop`.`t` (`id` INT NULL)'])
})
