import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PreconditionName } from '@sluice/changelog'
import { previewSql } from '../preview.ts'
import { changelog, changeset } from '../testing/test-changelog.ts'
import { group, precondition } from '../testing/test-preconditions.ts'
import { openTestTarget, skipProduct, testProducts } from '../testing/test-target.ts'
import type { TestProduct } from '../testing/test-target.ts'

const schemaSql = `create table Person (id int primary key, name varchar(20), constraint uq_name unique (name));
create table pet (id int, owner int, constraint fk_owner foreign key (owner) references Person (id)); create index ix_pet on pet (id, owner);
create view v as select 1 as x; insert into pet values (null, null), (null, null)`

type Case = readonly [PreconditionName, Readonly<Record<string, string>>, boolean]

const shared: readonly Case[] = [
  ['dbms', { type: 'oracle' }, false],
  ['tableExists', { tableName: 'Person' }, true],
  ['tableExists', { tableName: 'v' }, false],
  ['tableExists', { tableName: 'nothing' }, false],
  ['viewExists', { viewName: 'v' }, true],
  ['viewExists', { viewName: 'pet' }, false],
  ['columnExists', { tableName: 'pet', columnName: 'OWNER' }, true],
  ['columnExists', { tableName: 'pet', columnName: 'age' }, false],
  ['sequenceExists', { sequenceName: 'pet' }, false],
  ['indexExists', { indexName: 'ix_pet' }, true],
  ['indexExists', { indexName: 'ix_pet', tableName: 'pet' }, true],
  ['indexExists', { indexName: 'ix_pet', tableName: 'Person' }, false],
  ['indexExists', { tableName: 'pet', columnNames: 'id, owner' }, true],
  ['indexExists', { tableName: 'pet', columnNames: 'owner, id' }, false],
  ['primaryKeyExists', { tableName: 'Person' }, true],
  ['primaryKeyExists', { tableName: 'pet' }, false],
  ['uniqueConstraintExists', { tableName: 'Person', columnNames: 'name' }, true],
  ['uniqueConstraintExists', { tableName: 'Person', constraintName: 'uq_name' }, true],
  ['uniqueConstraintExists', { tableName: 'Person', constraintName: 'uq_other' }, false],
  ['uniqueConstraintExists', { tableName: 'pet', columnNames: 'id, owner' }, false],
  ['foreignKeyConstraintExists', { foreignKeyTableName: 'pet', foreignKeyName: 'fk_owner' }, true],
  ['foreignKeyConstraintExists', { foreignKeyTableName: 'pet', foreignKeyName: 'fk_other' }, false],
  ['foreignKeyConstraintExists', { foreignKeyTableName: 'Person', foreignKeyName: 'fk_owner' }, false],
  ['rowCount', { tableName: 'pet', expectedRows: '2' }, true],
  ['rowCount', { tableName: 'pet', expectedRows: '3' }, false],
  ['tableIsEmpty', { tableName: 'Person' }, true],
  ['tableIsEmpty', { tableName: 'pet' }, false],
  ['sqlCheck', { expectedResult: '2', sql: 'select count(*) from pet;' }, true],
  ['sqlCheck', { expectedResult: '3', sql: 'select count(*) from pet' }, false],
  ['changeSetExecuted', { id: '0', author: 'dev', changeLogFile: 'db.sql' }, true],
  ['expectedQuotingStrategy', { strategy: 'LEGACY' }, true],
  ['expectedQuotingStrategy', { strategy: 'QUOTE_ALL_OBJECTS' }, false],
]

const own: Readonly<Record<TestProduct, readonly Case[]>> = {
  postgresql: [],
  mariadb: [
    ['dbms', { type: 'mysql, mariadb' }, true],
    ['dbms', { type: 'mysql' }, false],
    ['runningAs', { username: 'SLUICE' }, true],
    ['tableExists', { tableName: 'user', schemaName: 'mysql' }, false],
    ['viewExists', { viewName: 'user', catalogName: 'mysql' }, true],
  ],
  sqlite: [
    ['dbms', { type: 'sqlite' }, true],
    ['tableExists', { tableName: 'PERSON' }, true],
  ],
}

for (const product of testProducts) {
  describe(`preconditions on ${product}`, { skip: skipProduct(product) }, () => {
    it('ask the database what they say', async (t) => {
      const target = await openTestTarget(t, product)
      const cases = [...shared, ...own[product]]
      const probes = cases.map(([name, attributes], index) =>
        changeset(`probe-${index}`, 'select 1', { preconditions: group([precondition(name, attributes)]) }),
      )
      // PostgreSQL folds the name that the changelog writes with a capital.
      const sql = product === 'postgresql' ? schemaSql.replaceAll('Person', '"Person"') : schemaSql
      const { report } = await target.update(changelog(changeset('0', sql), ...probes))
      equal(report.state, 'succeeded', report.firstError?.message)
      deepEqual(
        report.entries.slice(1).map((entry, index) => [cases[index]?.[0], cases[index]?.[1], entry.result === 'executed']),
        cases.map(([name, attributes, holds]) => [name, attributes, holds]),
      )
    })

    it('count for SQL that is only written down as onSqlOutput says', async (t) => {
      const target = await openTestTarget(t, product)
      const no = [precondition('tableExists', { tableName: 'nothing' })]
      const log = changelog(
        changeset('ignore', 'select 1', { preconditions: group(no, { onFail: 'HALT' }) }),
        changeset('test', 'select 2', { preconditions: group(no, { onSqlOutput: 'TEST' }) }),
        changeset('marked', 'select 3', { preconditions: group(no, { onSqlOutput: 'TEST', onFail: 'MARK_RAN' }) }),
        changeset('fail', 'select 4', { preconditions: group(no, { onSqlOutput: 'FAIL', onFail: 'HALT' }) }),
        changeset('after', 'select 5'),
      )
      const { sql, diagnostics } = await previewSql({ database: target.database, changelog: log, what: { kind: 'update' } })
      deepEqual(sql.match(/select \d/g), ['select 1'])
      deepEqual(
        diagnostics.map(({ code, severity }) => [code, severity]),
        [
          ['PRECONDITION_FAILED', 'warning'],
          ['PRECONDITION_SQL_OUTPUT', 'error'],
        ],
      )
      equal(target.database.transactionState, 'idle')
    })
  })
}
