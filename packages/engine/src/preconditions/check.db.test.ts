import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Precondition, PreconditionName } from '@sluice/changelog'
import { changelog, changeset } from '../testing/test-changelog.ts'
import { group, place, precondition } from '../testing/test-preconditions.ts'
import { openTestTarget } from '../testing/test-target.ts'

const schemaSql = `create table "Person" (id int primary key, name text, constraint uq_name unique (name));
create table pet (owner int constraint fk_owner references "Person" (id)); create index ix_pet on pet (owner);
create view v as select 1 as x; create sequence s; insert into pet values (null), (null)`

/** Name, attributes, and whether it holds after `schemaSql`. */
const cases: readonly (readonly [PreconditionName, Readonly<Record<string, string>>, boolean])[] = [
  ['dbms', { type: 'mysql, postgresql' }, true],
  ['dbms', { type: 'mysql' }, false],
  ['runningAs', { username: 'POSTGRES' }, true],
  ['runningAs', { username: 'nobody' }, false],
  ['tableExists', { tableName: 'Person' }, true],
  ['tableExists', { tableName: 'PET' }, true],
  ['tableExists', { tableName: 'person' }, false],
  ['tableExists', { tableName: 'v' }, false],
  ['tableExists', { tableName: 'pet', schemaName: 'pg_catalog' }, false],
  ['viewExists', { viewName: 'v' }, true],
  ['viewExists', { viewName: 'pet' }, false],
  ['columnExists', { tableName: 'pet', columnName: 'OWNER' }, true],
  ['columnExists', { tableName: 'pet', columnName: 'age' }, false],
  ['sequenceExists', { sequenceName: 's' }, true],
  ['sequenceExists', { sequenceName: 'pet' }, false],
  ['indexExists', { indexName: 'ix_pet' }, true],
  ['indexExists', { tableName: 'pet', columnNames: 'owner' }, true],
  ['indexExists', { tableName: 'pet', columnNames: 'owner, id' }, false],
  ['indexExists', { tableName: 'Person', indexName: 'ix_pet' }, false],
  ['primaryKeyExists', { tableName: 'Person' }, true],
  ['primaryKeyExists', { tableName: 'pet' }, false],
  ['primaryKeyExists', { primaryKeyName: 'Person_pkey' }, true],
  ['uniqueConstraintExists', { tableName: 'Person', columnNames: 'name' }, true],
  ['uniqueConstraintExists', { constraintName: 'uq_other', tableName: 'Person' }, false],
  ['foreignKeyConstraintExists', { foreignKeyTableName: 'pet', foreignKeyName: 'fk_owner' }, true],
  ['foreignKeyConstraintExists', { foreignKeyTableName: 'pet', foreignKeyName: 'fk_other' }, false],
  ['rowCount', { tableName: 'pet', expectedRows: '2' }, true],
  ['rowCount', { tableName: 'pet', expectedRows: '3' }, false],
  ['tableIsEmpty', { tableName: 'Person' }, true],
  ['tableIsEmpty', { tableName: 'pet' }, false],
  ['sqlCheck', { expectedResult: '2', sql: 'select count(*) from pet;' }, true],
  ['sqlCheck', { expectedResult: '3', sql: 'select count(*) from pet' }, false],
  ['sqlCheck', { expectedResult: 't', sql: 'select true' }, true],
  ['changeSetExecuted', { id: '0', author: 'dev', changeLogFile: 'classpath:db.sql' }, true],
  ['changeSetExecuted', { id: '9', author: 'dev', changeLogFile: 'db.sql' }, false],
  ['changeLogPropertyDefined', { property: 'COLOUR' }, true],
  ['changeLogPropertyDefined', { property: 'colour', value: 'red' }, true],
  ['changeLogPropertyDefined', { property: 'colour', value: 'blue' }, false],
]

describe('preconditions', () => {
  it('ask the database what they say', async (t) => {
    const target = await openTestTarget(t)
    const probes = cases.map(([name, attributes], index) =>
      changeset(`probe-${index}`, 'select 1', { preconditions: group([precondition(name, attributes)]) }),
    )
    const log = { ...changelog(changeset('0', schemaSql), ...probes), properties: { colour: 'red' } }
    const { report } = await target.update(log)
    equal(report.state, 'succeeded', report.firstError?.message)
    deepEqual(
      report.entries.slice(1).map((entry, index) => [cases[index]?.[0], cases[index]?.[1], entry.result === 'executed']),
      cases.map(([name, attributes, holds]) => [name, attributes, holds]),
    )
  })

  it('combine with and, or and not', async (t) => {
    const target = await openTestTarget(t)
    const yes = precondition('dbms', { type: 'postgresql' })
    const no = precondition('dbms', { type: 'mysql' })
    const combine = (type: 'and' | 'or' | 'not', ...children: readonly Precondition[]): Precondition => ({
      type,
      children,
      place,
    })
    const trees: readonly (readonly [Precondition, boolean])[] = [
      [combine('and', yes, no), false],
      [combine('and', yes, yes), true],
      [combine('or', no, yes), true],
      [combine('or', no, no), false],
      [combine('not', no), true],
      [combine('not', yes), false],
      [combine('not', combine('or', no, combine('not', yes))), true],
    ]
    const log = changelog(...trees.map(([tree], index) => changeset(String(index), 'select 1', { preconditions: group([tree]) })))
    const { report } = await target.update(log)
    deepEqual(
      report.entries.map((entry) => entry.result === 'executed'),
      trees.map(([, holds]) => holds),
    )
  })

  it('skip, record, warn or halt as the changelog says', async (t) => {
    const target = await openTestTarget(t)
    const no = [precondition('dbms', { type: 'mysql' })]
    const log = changelog(
      changeset('continue', 'create table a (id int)', { preconditions: group(no) }),
      changeset('mark', 'create table b (id int)', { preconditions: group(no, { onFail: 'MARK_RAN' }) }),
      changeset('warn', 'create table c (id int)', { preconditions: group(no, { onFail: 'WARN', onFailMessage: 'careful' }) }),
      changeset('halt', 'create table d (id int)', { preconditions: group(no, { onFail: 'HALT' }) }),
      changeset('after', 'create table e (id int)'),
    )
    const { report, events } = await target.update(log)
    equal(report.state, 'failed')
    deepEqual(
      report.entries.map((entry) => [entry.state, entry.result]),
      [
        ['done', 'skipped'],
        ['done', 'markedRan'],
        ['done', 'executed'],
        ['failed', undefined],
        ['notReached', undefined],
      ],
    )
    deepEqual([report.firstError?.code, report.firstError?.file, report.firstError?.line], ['PRECONDITION_FAILED', 'db.yaml', 3])
    deepEqual(
      events.filter((event) => event.type === 'warning').map((event) => event.message),
      ['careful'],
    )
    deepEqual(
      (await target.history()).map((row) => [row.id, row.execType]),
      [
        ['mark', 'MARK_RAN'],
        ['warn', 'EXECUTED'],
      ],
    )
  })

  it('that cannot be evaluated follow onError, and leave nothing behind', async (t) => {
    const target = await openTestTarget(t)
    const broken = [precondition('sqlCheck', { expectedResult: '1', sql: 'select count(*) from nowhere' })]
    const writes = [precondition('sqlCheck', { expectedResult: 'x', sql: "insert into seen values ('x') returning what" })]
    const log = changelog(
      changeset('0', 'create table seen (what text)'),
      changeset('writes', 'select 1', { preconditions: group(writes) }),
      changeset('marked', 'select 1', { preconditions: group(broken, { onError: 'MARK_RAN' }) }),
      changeset('halted', 'select 1', { preconditions: group(broken) }),
    )
    const { report } = await target.update(log)
    deepEqual(
      report.entries.map((entry) => entry.result ?? entry.error?.code),
      ['executed', 'executed', 'markedRan', 'PRECONDITION_ERROR'],
    )
    deepEqual(await target.rows('select * from seen'), [])
  })

  it('that give no row to sqlCheck cannot be evaluated', async (t) => {
    const target = await openTestTarget(t)
    const empty = [precondition('sqlCheck', { expectedResult: '1', sql: 'select 1 where false' })]
    const log = changelog(
      changeset('later', 'select 1', { preconditions: group(empty, { onFail: 'MARK_RAN', onError: 'CONTINUE' }) }),
      changeset('halted', 'select 1', { preconditions: group(empty, { onFail: 'MARK_RAN' }) }),
    )
    const { report } = await target.update(log)
    deepEqual(
      report.entries.map((entry) => entry.result ?? entry.error?.code),
      ['skipped', 'PRECONDITION_ERROR'],
    )
  })

  it('that halt do not end a run where failOnError is false', async (t) => {
    const target = await openTestTarget(t)
    const never = group([precondition('sqlCheck', { expectedResult: '2', sql: 'select 1' })], { onFail: 'HALT' })
    const log = changelog(
      changeset('halted', 'select 1', { preconditions: never, failOnError: false }),
      changeset('next', 'create table a (id int)'),
    )
    const { report } = await target.update(log)
    deepEqual([report.state, ...report.entries.map((entry) => entry.result)], ['succeeded', 'failedIgnored', 'executed'])
    deepEqual(
      (await target.history()).map((row) => row.id),
      ['next'],
    )
  })

  it('of the whole changelog are asked before its first changeset', async (t) => {
    const target = await openTestTarget(t)
    const log = {
      ...changelog(changeset('1', 'create table a (id int)')),
      preconditions: [group([precondition('dbms', { type: 'mysql' })], { onFail: 'HALT' })],
    }
    const { report } = await target.update(log)
    deepEqual([report.state, report.wrote, report.entries[0]?.state], ['failed', false, 'notReached'])
  })
})
