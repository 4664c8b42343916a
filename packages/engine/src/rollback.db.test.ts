import { deepEqual, equal, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planRollback } from './rollback.ts'
import { previewSql } from './preview.ts'
import { changelog, changeset, column, modelled, sql, undoneBy } from './testing/test-changelog.ts'
import { openTestTarget } from './testing/test-target.ts'

const table = changeset('1', [modelled('createTable', { tableName: 'a' }, [column({ name: 'id', type: 'int' })])])
const row = changeset('2', 'insert into a values (1)', undoneBy('delete from a where id = 1'))
const index = changeset('3', 'create index concurrently i on a (id)', undoneBy('drop index concurrently i'))

describe('rolling back', () => {
  it('undoes a number of changesets, newest first, with their rows', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(table, row, index)
    await target.update(log)
    const report = await target.rollback(log, { count: 2 })
    deepEqual(
      report.entries.map((entry) => [entry.changeset.id, entry.state, entry.result, entry.transactional]),
      [
        ['3', 'done', 'rolledBack', false],
        ['2', 'done', 'rolledBack', true],
      ],
    )
    deepEqual(await target.rows('select count(*)::int from a'), [[0]])
    equal((await target.history()).length, 1)
    await target.rollback(log, { count: 5 })
    deepEqual(await target.rows("select to_regclass('a')"), [[null]])
  })

  it('goes back to a tag: the tagged row stays, unless it is a tagDatabase changeset', async (t) => {
    const target = await openTestTarget(t)
    const tagged = changeset('t', [modelled('tagDatabase', { tag: 'v2' })], { tag: 'v2' })
    const log = changelog(table, row, tagged, index)
    await target.update(changelog(table), { tag: 'v1' })
    await target.update(log)
    await target.rollback(log, { tag: 'V2' })
    deepEqual(
      (await target.history()).map((one) => one.id),
      ['1', '2'],
    )
    await target.rollback(log, { tag: 'v1' })
    deepEqual(
      (await target.history()).map((one) => one.id),
      ['1'],
    )
    const unknown = await planRollback({ database: target.database, changelog: log, target: { tag: 'v9' } })
    deepEqual(
      unknown.diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.hint]),
      [['TAG_UNKNOWN', 'It has "v1".']],
    )
  })

  it('names every changeset without a way back before anything starts', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(
      table,
      changeset('5', 'insert into a values (5)'),
      changeset('6', [sql('select 1'), modelled('dropTable', { tableName: 'x' })]),
    )
    await target.update(changelog(table, changeset('5', 'insert into a values (5)')))
    await target.rows('create table x (id int)')
    await target.update(log)
    const plan = await planRollback({ database: target.database, changelog: log, target: { count: 3 } })
    deepEqual(
      plan.diagnostics.map((diagnostic) => diagnostic.message),
      [
        'The changeset "db.sql::6::dev" has no rollback, and "dropTable" has no inverse.',
        'The changeset "db.sql::6::dev" has no rollback, and "sql" has no inverse.',
        'The changeset "db.sql::5::dev" has no rollback, and "sql" has no inverse.',
      ],
    )
    await rejects(target.rollback(log, { count: 1 }), /ROLLBACK_IMPOSSIBLE/)
    equal((await target.history()).length, 3)
  })

  it('uses the rollback kept at apply time for a changeset that the changelog lost, and reports one that left none', async (t) => {
    const target = await openTestTarget(t)
    await target.update(changelog(table, row))
    const kept = await planRollback({ database: target.database, changelog: changelog(table), target: { count: 1 } })
    deepEqual(
      kept.changesets.map((one) => [one.key.id, one.source, one.statements.map((statement) => statement.sql)]),
      [['2', 'kept', ['delete from a where id = 1']]],
    )
    equal((await target.rollback(changelog(table), { count: 1 })).state, 'succeeded')
    await target.update(changelog(table, changeset('lost', 'insert into a values (9)')))
    const lost = await planRollback({ database: target.database, changelog: changelog(table), target: { count: 1 } })
    deepEqual(
      lost.diagnostics.map((diagnostic) => diagnostic.code),
      ['ROLLBACK_CHANGESET_MISSING'],
    )
  })

  it('undoes the changes of a reference, and nothing where the author says so', async (t) => {
    const target = await openTestTarget(t)
    const drop = changeset('d', 'drop table a', {
      rollback: { kind: 'reference', id: '1', author: 'dev', path: 'db.sql', changes: table.changes, place: table.place },
    })
    const log = changelog(table, drop, changeset('e', 'select 1', { rollback: { kind: 'empty', place: table.place } }))
    await target.update(log)
    await target.rollback(log, { count: 2 })
    deepEqual(await target.rows('select count(*)::int from a'), [[0]])
  })

  it('stops at a rollback that fails and keeps its row', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(
      table,
      changeset('2', 'insert into a values (1)', undoneBy('delete from a; delete from nowhere')),
      index,
    )
    await target.update(log)
    const report = await target.rollback(log, { count: 3 })
    deepEqual(
      report.entries.map((entry) => entry.state),
      ['done', 'failed', 'notReached'],
    )
    deepEqual(await target.rows('select count(*)::int from a'), [[1]])
    deepEqual(
      (await target.history()).map((one) => one.id),
      ['1', '2'],
    )
  })

  it('leaves out what run-time filters leave out', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(table, { ...row, context: 'test' })
    await target.update(log)
    const plan = await planRollback({
      database: target.database,
      changelog: log,
      target: { count: 2 },
      options: { contexts: ['prod'] },
    })
    deepEqual(
      [plan.changesets.map((one) => one.key.id), plan.left.map((one) => [one.key.id, one.reason])],
      [['1'], [['2', 'context']]],
    )
  })

  it('shows its SQL with the statements on the history', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(table, row)
    const { database } = target
    const before = await previewSql({ database, changelog: log, what: { kind: 'update' }, options: { includeTracking: false } })
    equal(
      before.sql,
      `-- Changeset db.sql::1::dev\nCREATE TABLE ${target.schema}.a (id INTEGER);\n\n-- Changeset db.sql::2::dev\ninsert into a values (1);\n`,
    )
    await target.update(log)
    const { sql: text } = await previewSql({
      database,
      changelog: log,
      what: { kind: 'rollback', target: { count: 1 } },
      options: { includeTracking: true },
    })
    const { schema } = target
    equal(
      text,
      [
        `-- Take the lock\nUPDATE ${schema}.databasechangeloglock SET LOCKED = TRUE, LOCKEDBY = 'script (made by sluice)', LOCKGRANTED = NOW() WHERE ID = 1 AND LOCKED = FALSE;`,
        '-- Rolling Back ChangeSet: db.sql::2::dev\ndelete from a where id = 1;',
        `DELETE FROM ${schema}.databasechangelog WHERE ID = '2' AND AUTHOR = 'dev' AND FILENAME = 'db.sql';`,
        `-- Give the lock back\nUPDATE ${schema}.databasechangeloglock SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ID = 1;\n`,
      ].join('\n\n'),
    )
  })
})
