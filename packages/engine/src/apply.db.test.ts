import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyPlan } from './apply.ts'
import { previewSql } from './preview.ts'
import { readStatus } from './status.ts'
import { changelog, changeset, column, modelled, sql, undoneBy } from './testing/test-changelog.ts'
import { openTestTarget } from './testing/test-target.ts'
import { planUpdate } from './update.ts'

describe('applying a changelog', () => {
  it('runs what is pending once, with its history, and then has nothing to do', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(
      changeset('1', 'create table a (id int); insert into a values (1), (2)', undoneBy('drop table a')),
      changeset('2', 'insert into a values (3)', { comment: 'third', labels: ['v1'], context: 'x and y' }),
    )
    let asked = 0
    const first = await target.update(log, { beforeFirstWrite: async () => void asked++ })
    equal(first.report.state, 'succeeded')
    equal(asked, 1)
    deepEqual(
      first.report.entries.map((entry) => [entry.changeset.id, entry.state, entry.result, entry.statementsDone, entry.rows]),
      [
        ['1', 'done', 'executed', 2, 2],
        ['2', 'done', 'executed', 1, 1],
      ],
    )
    deepEqual(await target.rows('select id from a order by id'), [[1], [2], [3]])
    const rows = await target.history()
    deepEqual(
      rows.map((row) => [
        row.id,
        row.orderExecuted,
        row.execType,
        row.description,
        row.comments,
        row.contexts,
        row.labels,
        row.tag,
      ]),
      [
        ['1', 1, 'EXECUTED', 'sql', '', null, null, null],
        ['2', 2, 'EXECUTED', 'sql', 'third', '(x and y)', 'v1', null],
      ],
    )
    ok(rows.every((row) => /^9:[0-9a-f]{32}$/.test(row.checksum ?? '') && row.deploymentId === first.report.deploymentId))
    match(first.report.deploymentId ?? '', /^\d{10}$/)
    deepEqual(await target.rows('select locked, lockgranted, lockedby from databasechangeloglock'), [[false, null, null]])

    const second = await target.update(log, { beforeFirstWrite: () => Promise.reject(new Error('asked')) })
    equal(second.plan.isEmpty, true)
    equal(second.report.wrote, false)
    deepEqual(second.events, [])
    equal((await readStatus({ database: target.database, changelog: log })).isUpToDate, true)
  })

  it('writes nothing at all while it plans, or when the caller says no', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(changeset('1', 'create table a (id int)'))
    await rejects(target.update(log, { beforeFirstWrite: () => Promise.reject(new Error('no permit')) }), /no permit/)
    deepEqual(await target.rows('select relname from pg_class where relnamespace = current_schema()::regnamespace'), [])
  })

  it('undoes the whole failing changeset, keeps those before it and does not reach those after it', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(
      changeset('1', 'create table a (id int)'),
      changeset('2', [sql('insert into a values (1);\ninsert into nowhere values (1)', { line: 40 })]),
      changeset('3', 'insert into a values (3)'),
    )
    const { report } = await target.update(log)
    equal(report.state, 'failed')
    deepEqual(
      report.entries.map((entry) => entry.state),
      ['done', 'failed', 'notReached'],
    )
    deepEqual(await target.rows('select id from a'), [])
    equal(report.firstError?.code, 'STATEMENT_FAILED')
    equal(report.firstError.databaseCode, '42P01')
    equal(report.firstError.statement, 2)
    equal(report.firstError.line, 41)
    deepEqual(
      (await target.history()).map((row) => row.id),
      ['1'],
    )
    deepEqual(await target.rows('select locked from databasechangeloglock'), [[false]])
  })

  it('goes on after a failing changeset that says failOnError:false, and does not record it', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(
      changeset('1', 'create table a (id int)'),
      changeset('2', 'insert into nowhere values (1)', { failOnError: false }),
      changeset('3', 'insert into a values (3)'),
    )
    const { report } = await target.update(log)
    equal(report.state, 'succeeded')
    deepEqual(
      report.entries.map((entry) => entry.result),
      ['executed', 'failedIgnored', 'executed'],
    )
    deepEqual(
      (await target.history()).map((row) => [row.id, row.orderExecuted]),
      [
        ['1', 1],
        ['3', 2],
      ],
    )
  })

  it('runs again what says runAlways, and what says runOnChange when it changed', async (t) => {
    const target = await openTestTarget(t)
    const log = (text: string) =>
      changelog(
        changeset('1', 'create table a (id int)'),
        changeset('2', `insert into a values (${text})`, { runOnChange: true }),
        changeset('3', 'insert into a values (30)', { runAlways: true }),
      )
    await target.update(log('20'))
    const second = await target.update(log('21'))
    deepEqual(
      second.report.entries.map((entry) => [entry.changeset.id, entry.result]),
      [
        ['2', 'reran'],
        ['3', 'reran'],
      ],
    )
    deepEqual(
      (await target.history()).map((row) => [row.id, row.orderExecuted, row.execType]),
      [
        ['1', 1, 'EXECUTED'],
        ['2', 4, 'RERAN'],
        ['3', 5, 'RERAN'],
      ],
    )
    deepEqual(await target.rows('select id from a order by id'), [[20], [21], [30], [30]])
  })

  it('refuses an edited changeset with both checksums, and accepts it when it is listed as valid', async (t) => {
    const target = await openTestTarget(t)
    await target.update(changelog(changeset('1', 'create table a (id int)')))
    const edited = changeset('1', 'create table a (id bigint)')
    const plan = await planUpdate({ database: target.database, changelog: changelog(edited) })
    deepEqual(
      plan.diagnostics.map((diagnostic) => diagnostic.code),
      ['CHANGELOG_CHECKSUM_MISMATCH'],
    )
    equal(plan.isEmpty, false)
    await rejects(
      applyPlan({ database: target.database, changelog: changelog(edited), plan, options: { runId: 'r' } }),
      /plan has errors/,
    )
    const [row] = await target.history()
    const accepted = await planUpdate({
      database: target.database,
      changelog: changelog({ ...edited, validCheckSums: [row?.checksum ?? ''] }),
    })
    deepEqual([accepted.diagnostics, accepted.isEmpty], [[], true])
  })

  it('brings missing checksums up to date and says so in the plan', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(changeset('1', 'create table a (id int)'))
    await target.update(log)
    const before = (await target.history())[0]?.checksum
    await target.rows('update databasechangelog set md5sum = null')
    const { plan, report } = await target.update(log)
    equal(plan.checksumUpgrades.length, 1)
    deepEqual([report.state, report.entries.length, report.wrote], ['succeeded', 0, true])
    equal((await target.history())[0]?.checksum, before)
  })

  it('detects statements that need autocommit and records them step by step', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(
      changeset('1', 'create table a (id int)'),
      changeset('2', 'create index concurrently i on a (id)'),
      changeset('3', 'insert into a values (1); insert into a values (2)', { runInTransaction: false }),
    )
    const { report } = await target.update(log)
    deepEqual(
      report.entries.map((entry) => [entry.state, entry.transactional]),
      [
        ['done', true],
        ['done', false],
        ['done', false],
      ],
    )
    deepEqual(
      await target.rows(
        'select id, state, statements, statements_done, statement_running from sluice_changeset_detail order by id',
      ),
      [
        ['1', 'done', 1, 1, null],
        ['2', 'done', 1, 1, null],
        ['3', 'done', 2, 2, null],
      ],
    )
  })

  it('stops at a changeset of which a part ran without a transaction, and resumes after that part when told to', async (t) => {
    const target = await openTestTarget(t)
    const broken = 'insert into a values (1); insert into b values (2); insert into a values (3)'
    const log = changelog(changeset('1', 'create table a (id int)'), changeset('2', broken, { runInTransaction: false }))
    const first = await target.update(log)
    equal(first.report.state, 'failed')
    equal(first.report.entries[1]?.statementsDone, 1)
    await rejects(
      target.update(log),
      /CHANGESET_PARTIAL: The changeset "db.sql::2::dev" was interrupted: 1 of its 3 statements ran/,
    )
    deepEqual(
      (await readStatus({ database: target.database, changelog: log })).partial.map((one) => [one.done, one.uncertain]),
      [[1, undefined]],
    )
    await target.rows('create table b (id int)')
    const resumed = await target.update(log, { onPartial: 'resume' })
    equal(resumed.report.state, 'succeeded')
    deepEqual(await target.rows('select id from a union all select id from b order by id'), [[1], [2], [3]])
    equal((await target.update(log)).plan.isEmpty, true)
  })

  it('will not resume a changeset whose text changed meanwhile', async (t) => {
    const target = await openTestTarget(t)
    const log = (text: string) => changelog(changeset('1', `create table a (id int); ${text}`, { runInTransaction: false }))
    await target.update(log('insert into b values (1)'))
    const { report } = await target.update(log('insert into b values (2)'), { onPartial: 'resume' })
    equal(report.firstError?.code, 'CHANGESET_PARTIAL_CHANGED')
  })

  it('runs modelled changes, and refuses a command of the host before anything starts', async (t) => {
    const target = await openTestTarget(t)
    const table = modelled('createTable', { tableName: 'Shop' }, [column({ name: 'id', type: 'int', autoIncrement: 'true' })])
    await target.update(changelog(changeset('1', [table])))
    deepEqual(await target.rows(`select count(*)::int from "Shop"`), [[0]])
    const plan = await planUpdate({
      database: target.database,
      changelog: changelog(changeset('1', [table]), changeset('2', [modelled('executeCommand', { executable: 'rm' })])),
    })
    deepEqual(
      plan.diagnostics.map((diagnostic) => diagnostic.code),
      ['CHANGE_COMMAND_REFUSED'],
    )
  })

  it('runs commands of the host only when they are allowed, as statements of their own, and notes them', async (t) => {
    const target = await openTestTarget(t)
    const command = (script: string) =>
      modelled('executeCommand', { executable: process.execPath }, [
        { name: 'arg', attributes: { value: '-e' }, children: [], place: { file: 'db.sql', line: 1, column: 1 } },
        { name: 'arg', attributes: { value: script }, children: [], place: { file: 'db.sql', line: 1, column: 1 } },
      ])
    const log = (script: string) =>
      changelog(changeset('1', [sql('create table a (id int)'), command(script), sql('insert into a values (1)')]))
    const failing = await target.update(log('process.exit(4)'), { allowCommands: true })
    equal(failing.report.firstError?.code, 'HOST_COMMAND_FAILED')
    equal(failing.report.entries[0]?.statementsDone, 1)
    const again = await planUpdate({
      database: target.database,
      changelog: log('process.exit(4)'),
      options: { allowCommands: true },
    })
    equal(again.diagnostics[0]?.code, 'CHANGESET_PARTIAL')

    const { report, events } = await (await openTestTarget(t)).update(log('console.log("backed up")'), { allowCommands: true })
    equal(report.state, 'succeeded')
    equal(report.entries[0]?.transactional, false)
    deepEqual(
      events.flatMap((event) => (event.type === 'notice' && event.severity === 'OUTPUT' ? [event.message] : [])),
      ['backed up'],
    )
    const shown = await previewSql({
      database: target.database,
      changelog: log('x'),
      what: { kind: 'update' },
      options: { onPartial: 'resume' },
    })
    match(shown.sql, /^-- .* -e x;$/m)
  })

  it('upgrades the tables of an old Liquibase and keeps their rows', async (t) => {
    const target = await openTestTarget(t)
    await target.rows(
      `create table databasechangelog (id varchar(63) not null, author varchar(63) not null, filename varchar(200) not null,
       dateexecuted timestamp not null, md5sum varchar(20), primary key (id, author, filename))`,
    )
    await target.rows(`insert into databasechangelog values ('0', 'dev', 'classpath:db.sql', '2010-01-02 03:04:05', null)`)
    const { report } = await target.update(changelog(changeset('0', 'select 1'), changeset('1', 'create table a (id int)')))
    equal(report.state, 'succeeded')
    deepEqual(
      (await target.history()).map((row) => [row.id, row.orderExecuted, row.execType, row.checksum === null]),
      [
        ['0', -1, 'EXECUTED', false],
        ['1', 0, 'EXECUTED', false],
      ],
    )
  })

  it('keeps its history where it is told to', async (t) => {
    const target = await openTestTarget(t)
    const schema = `Track_${target.schema}`
    await target.rows(`create schema "${schema}"`)
    const options = { trackingSchema: schema, historyTable: 'MyLog', lockTable: 'MY_LOCK' }
    await target.update(changelog(changeset('1', 'create table a (id int)')), options)
    deepEqual(await target.rows(`select id from "${schema}"."MyLog"`), [['1']])
    deepEqual(await target.rows(`select locked from "${schema}".my_lock`), [[false]])
    deepEqual(await target.rows("select to_regclass('databasechangelog')"), [[null]])
  })

  it('writes its own rows to the right schema whatever the changesets do to the search path', async (t) => {
    const target = await openTestTarget(t)
    await target.update(
      changelog(
        changeset(
          '1',
          `create schema other_${target.schema}; set search_path to other_${target.schema}; create table a (id int)`,
        ),
        changeset('2', "set standard_conforming_strings to off; insert into a values (length('x'))", {
          comment: "back\\slash ' quote",
        }),
      ),
    )
    const rows = await target.rows(`select id, comments from ${target.schema}.databasechangelog order by orderexecuted`)
    deepEqual(rows, [
      ['1', ''],
      ['2', "back\\slash ' quote"],
    ])
  })

  it('refuses to go on when a statement ended the transaction behind its back', async (t) => {
    const target = await openTestTarget(t)
    const sneaky = changeset('1', [sql('do $$ begin create table a (id int); commit; end $$', { splitStatements: false })])
    const { report } = await target.update(changelog(sneaky))
    equal(report.state, 'failed')
    equal(report.firstError?.databaseCode, '2D000')
    const explicit = await target.update(changelog(changeset('2', 'begin; create table b (id int); commit')))
    deepEqual([explicit.report.state, explicit.report.entries[0]?.transactional], ['succeeded', false])
  })

  it('applies no more than asked for', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(
      changeset('1', 'create table a (id int)'),
      changeset('2', [modelled('tagDatabase', { tag: 'v1' })], { tag: 'v1' }),
      changeset('3', 'create table c (id int)'),
    )
    const counted = await target.update(log, { count: 1 })
    deepEqual(
      counted.plan.skipped.map((skipped) => [skipped.key.id, skipped.reason]),
      [
        ['2', 'limit'],
        ['3', 'limit'],
      ],
    )
    await target.update(log, { toTag: 'V1' })
    deepEqual(
      (await target.history()).map((row) => [row.id, row.tag, row.description]),
      [
        ['1', null, 'sql'],
        ['2', 'v1', 'tagDatabase'],
      ],
    )
    const unknown = await planUpdate({ database: target.database, changelog: log, options: { toTag: 'v9' } })
    deepEqual(
      unknown.diagnostics.map((diagnostic) => diagnostic.code),
      ['TAG_UNKNOWN'],
    )
  })
})
