import type { ChangeSource, ChangesetArea, ChangesetCase } from '../framework/model.ts'
import { column, id, insert, label, plainId, table, value } from './variants.ts'

const given: readonly ChangeSource[] = [
  table('$t_parent', id),
  table(
    '$t_have',
    id,
    label,
    column('parent', 'int', { constraints: { foreignKeyName: '$t_fk', references: '$t_parent(id)' } }),
    column('u', 'int', { constraints: { unique: true, uniqueConstraintName: '$t_uq' } }),
  ),
  { createIndex: { tableName: '$t_have', indexName: '$t_ix', columns: [{ column: { name: 'label' } }] } },
  { createView: { viewName: '$t_v', selectQuery: 'SELECT id FROM $t_have' } },
  insert('$t_parent', value('id', { valueNumeric: 1 })),
]
const changes = [table('$t', plainId)]

const tests: Readonly<Record<string, ChangeSource>> = {
  'dbms-match': { dbms: { type: 'postgresql, mariadb, sqlite' } },
  'dbms-other': { dbms: { type: 'oracle' } },
  'running-as': { runningAs: { username: 'nobody-like-this' } },
  'changeset-executed': { changeSetExecuted: { id: 'nope', author: 'ann', changeLogFile: 'root.yaml' } },
  'column-exists': { columnExists: { tableName: '$t_have', columnName: 'label' } },
  'column-missing': { columnExists: { tableName: '$t_have', columnName: 'nope' } },
  'table-exists': { tableExists: { tableName: '$t_have' } },
  'table-upper': { tableExists: { tableName: '$t_HAVE' } },
  'table-missing': { tableExists: { tableName: '$t_nope' } },
  'table-is-view': { tableExists: { tableName: '$t_v' } },
  'view-exists': { viewExists: { viewName: '$t_v' } },
  'view-missing': { viewExists: { viewName: '$t_nope' } },
  'foreign-key-exists': { foreignKeyConstraintExists: { foreignKeyTableName: '$t_have', foreignKeyName: '$t_fk' } },
  'foreign-key-missing': { foreignKeyConstraintExists: { foreignKeyTableName: '$t_have', foreignKeyName: '$t_nope' } },
  'index-exists': { indexExists: { indexName: '$t_ix', tableName: '$t_have' } },
  'index-by-name': { indexExists: { indexName: '$t_ix' } },
  'index-by-columns': { indexExists: { tableName: '$t_have', columnNames: 'label' } },
  'index-missing': { indexExists: { indexName: '$t_nope', tableName: '$t_have' } },
  'primary-key-exists': { primaryKeyExists: { tableName: '$t_have' } },
  'primary-key-missing': { primaryKeyExists: { tableName: '$t_v' } },
  'unique-exists': { uniqueConstraintExists: { tableName: '$t_have', constraintName: '$t_uq' } },
  'unique-by-columns': { uniqueConstraintExists: { tableName: '$t_have', columnNames: 'u' } },
  'unique-missing': { uniqueConstraintExists: { tableName: '$t_have', columnNames: 'label' } },
  'row-count': { rowCount: { tableName: '$t_parent', expectedRows: 1 } },
  'row-count-other': { rowCount: { tableName: '$t_parent', expectedRows: 2 } },
  'table-is-empty': { tableIsEmpty: { tableName: '$t_have' } },
  'table-is-not-empty': { tableIsEmpty: { tableName: '$t_parent' } },
  'sql-check': { sqlCheck: { expectedResult: 1, sql: 'SELECT COUNT(*) FROM $t_parent' } },
  'sql-check-other': { sqlCheck: { expectedResult: '0', sql: 'SELECT COUNT(*) FROM $t_parent' } },
  'sql-check-text': { sqlCheck: { expectedResult: 'abc', sql: "SELECT 'abc'" } },
  'sql-check-error': { sqlCheck: { expectedResult: 1, sql: 'SELECT x FROM $t_nope' } },
  'sql-check-no-row': { sqlCheck: { expectedResult: 1, sql: 'SELECT id FROM $t_have' } },
  'property-missing': { changeLogPropertyDefined: { property: 'nope' } },
  'quoting-strategy': { expectedQuotingStrategy: { strategy: 'LEGACY' } },
  'quoting-other': { expectedQuotingStrategy: { strategy: 'QUOTE_ALL_OBJECTS' } },
  not: { not: [{ tableExists: { tableName: '$t_nope' } }] },
  'not-fails': { not: [{ tableExists: { tableName: '$t_have' } }] },
  and: { and: [{ tableExists: { tableName: '$t_have' } }, { viewExists: { viewName: '$t_v' } }] },
  'and-fails': { and: [{ tableExists: { tableName: '$t_have' } }, { viewExists: { viewName: '$t_nope' } }] },
  or: { or: [{ tableExists: { tableName: '$t_nope' } }, { viewExists: { viewName: '$t_v' } }] },
  'or-fails': { or: [{ tableExists: { tableName: '$t_nope' } }, { viewExists: { viewName: '$t_nope' } }] },
  nested: {
    or: [
      { and: [{ tableExists: { tableName: '$t_have' } }, { not: [{ viewExists: { viewName: '$t_nope' } }] }] },
      { tableExists: { tableName: '$t_nope' } },
    ],
  },
}

const error = { sqlCheck: { expectedResult: 1, sql: 'SELECT x FROM $t_nope' } }
const fails = { tableExists: { tableName: '$t_nope' } }
const outcomes = ['HALT', 'CONTINUE', 'MARK_RAN', 'WARN']

function checked(name: string, preConditions: readonly ChangeSource[]): ChangesetCase {
  return { name, given, changes, changeset: { preConditions } }
}

export const preconditions: ChangesetArea = {
  area: 'preconditions',
  kind: 'changesets',
  format: 'yaml',
  cases: [
    ...Object.entries(tests).map(([name, test]) => checked(name, [{ onFail: 'MARK_RAN' }, { onError: 'CONTINUE' }, test])),
    ...outcomes.map((outcome) => checked(`on-fail-${outcome}`, [{ onFail: outcome }, fails])),
    ...outcomes.map((outcome) => checked(`on-error-${outcome}`, [{ onError: outcome }, error])),
    ...['IGNORE', 'TEST', 'FAIL'].flatMap((output) => [
      checked(`on-sql-output-${output}`, [{ onFail: 'MARK_RAN' }, { onSqlOutput: output }, fails]),
      checked(`on-sql-output-${output}-holds`, [
        { onFail: 'MARK_RAN' },
        { onSqlOutput: output },
        { dbms: { type: 'postgresql, mariadb, sqlite' } },
      ]),
    ]),
    checked('messages', [{ onFail: 'MARK_RAN' }, { onFailMessage: 'no' }, { onErrorMessage: 'oh' }, fails]),
    checked('two-hold', [
      { onFail: 'MARK_RAN' },
      { tableExists: { tableName: '$t_have' } },
      { viewExists: { viewName: '$t_v' } },
    ]),
    checked('two-one-fails', [{ onFail: 'MARK_RAN' }, { tableExists: { tableName: '$t_have' } }, fails]),
    checked('case-of-outcome', [{ onFail: 'mark_ran' }, fails]),
    {
      ...checked('sequence-exists', [
        { onFail: 'MARK_RAN' },
        { onError: 'CONTINUE' },
        { sequenceExists: { sequenceName: '$t_s' } },
      ]),
      given: [{ createSequence: { sequenceName: '$t_s' } }],
      databases: ['postgresql', 'mariadb'],
    },
    checked('sequence-missing', [
      { onFail: 'MARK_RAN' },
      { onError: 'CONTINUE' },
      { sequenceExists: { sequenceName: '$t_nope' } },
    ]),
  ],
}
