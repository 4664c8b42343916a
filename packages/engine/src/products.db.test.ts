import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { releaseStaleLock } from './locks.ts'
import { readStatus } from './status.ts'
import { tagDatabase } from './tag.ts'
import { changelog, changeset, sql, undoneBy } from './testing/test-changelog.ts'
import { openTestTarget, skipProduct, testProducts } from './testing/test-target.ts'

const three = changelog(
  changeset(
    '1',
    "create table a (id int primary key, name varchar(20)); insert into a values (1, 'it''s')",
    undoneBy('drop table a'),
  ),
  changeset('2', "insert into a values (2, 'b'); insert into a values (3, 'c')", undoneBy('delete from a where id > 1')),
  changeset('3', 'create table b (id int)', undoneBy('drop table b')),
)

for (const product of testProducts) {
  const isMariadb = product === 'mariadb'
  describe(`the engine on ${product}`, { skip: skipProduct(product) }, () => {
    it('applies, records, finds nothing to do, and takes all of it back', async (t) => {
      const target = await openTestTarget(t, product)
      const { report, plan } = await target.update(three, { tag: 'v1' })
      equal(report.state, 'succeeded', report.firstError?.message)
      deepEqual(
        plan.changesets.map((one) => one.transactional),
        isMariadb ? [false, true, false] : [true, true, true],
      )
      const history = await target.history()
      deepEqual(
        history.map((row) => [row.id, row.orderExecuted, row.execType, row.tag, row.comments, row.checksum?.slice(0, 2)]),
        [
          ['1', 1, 'EXECUTED', null, '', '9:'],
          ['2', 2, 'EXECUTED', null, '', '9:'],
          ['3', 3, 'EXECUTED', 'v1', '', '9:'],
        ],
      )
      match(history[0]?.dateExecuted ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/)
      deepEqual(await target.rows('select id, name from a order by id'), [
        [1, "it's"],
        [2, 'b'],
        [3, 'c'],
      ])
      const again = await target.update(three, { tag: 'v1' })
      equal(again.plan.isEmpty, true)
      const back = await target.rollback(three, { count: 3 })
      equal(back.state, 'succeeded', back.firstError?.message)
      deepEqual(await target.history(), [])
      const empty = await readStatus({ database: target.database, changelog: three })
      deepEqual([empty.pending.length, empty.partial.length], [3, 0])
    })

    it('keeps backslashes, quotes and letters of all kinds as they are', async (t) => {
      const target = await openTestTarget(t, product)
      const id = 'a\\b\'c"d`e\u00e9\u{1f600}'
      const { report } = await target.update(changelog(changeset(id, [sql("select 'ä\u{1f600}'")], { comment: id })))
      equal(report.state, 'succeeded', report.firstError?.message)
      deepEqual(
        (await target.history()).map((row) => [row.id, row.comments]),
        [[id, id]],
      )
    })

    it('undoes a failing changeset where the database can, and says exactly what stayed where it cannot', async (t) => {
      const target = await openTestTarget(t, product)
      const failing = changelog(
        changeset(
          '1',
          'create table a (id int); create table b (id int); insert into missing values (1); create table c (id int)',
        ),
      )
      const { report } = await target.update(failing)
      equal(report.state, 'failed')
      equal(report.firstError?.code, 'STATEMENT_FAILED')
      equal(report.firstError?.statement, 3)
      const status = await readStatus({ database: target.database, changelog: failing })
      deepEqual(
        status.partial.map(({ statements, done, uncertain }) => ({ statements, done, uncertain })),
        isMariadb ? [{ statements: 4, done: 2, uncertain: undefined }] : [],
      )
      if (!isMariadb) return
      await target.rows('create table missing (id int)')
      const stopped = await target.update(failing).then(
        () => '',
        (error: Error) => error.message,
      )
      match(stopped, /CHANGESET_PARTIAL: .* 2 of its 4 statements ran/)
      const resumed = await target.update(failing, { onPartial: 'resume' })
      equal(resumed.report.state, 'succeeded', resumed.report.firstError?.message)
      deepEqual(await target.rows('select count(*) from missing'), [[1]])
    })

    it('lets one wait for the other, shows the holder, and takes over from a dead run', async (t) => {
      const target = await openTestTarget(t, product)
      await target.update(changelog(changeset('0', 'select 1')))
      const other = await target.connect('sluice:other:1:x')
      const lock = product === 'postgresql' ? 'databasechangeloglock' : 'DATABASECHANGELOGLOCK'
      await other.query(`update ${lock} set locked = true, lockedby = 'sluice run_dead host' where id = 1`)
      const { report, events } = await target.update(three)
      equal(report.state, 'succeeded', report.firstError?.message)
      ok(events.some((event) => event.type === 'lockTakenOver' && event.from === 'sluice run_dead host'))
      await other.query(`update ${lock} set locked = true, lockedby = 'java (10.0.0.1)' where id = 1`)
      const more = changelog(...three.changesets, changeset('4', 'select 1'))
      const waited = await target.update(more, { lockWaitMs: 80 })
      equal(waited.report.firstError?.code, 'LOCK_WAIT_TIMEOUT')
      match(waited.report.firstError?.message ?? '', /java \(10\.0\.0\.1\)/)
      const freed = await releaseStaleLock({ database: target.database, force: true })
      equal(freed.released?.lockedBy, 'java (10.0.0.1)')
      equal((await target.update(more)).report.state, 'succeeded')
    })

    it('tags an empty history and the newest row', async (t) => {
      const target = await openTestTarget(t, product)
      const { database } = target
      const options = { runId: 'run_tag' }
      equal((await tagDatabase({ database, tag: 'v0', options })).state, 'succeeded')
      await target.update(three)
      equal((await tagDatabase({ database, tag: 'v1', options })).state, 'succeeded')
      deepEqual(
        (await target.history()).map((row) => row.tag),
        ['v0', null, null, 'v1'],
      )
      const back = await target.rollback(three, { tag: 'v0' })
      equal(back.state, 'succeeded', back.firstError?.message)
      equal((await target.history()).length, 1)
    })

    it('upgrades the history table of an old Liquibase', async (t) => {
      const target = await openTestTarget(t, product)
      await target.rows(
        'create table DATABASECHANGELOG (ID varchar(63) not null, AUTHOR varchar(63) not null, FILENAME varchar(200) not null, ' +
          `DATEEXECUTED ${isMariadb ? 'datetime' : product === 'sqlite' ? 'text' : 'timestamp'} not null, MD5SUM varchar(32))`,
      )
      await target.rows("insert into DATABASECHANGELOG values ('1', 'dev', 'db.sql', '2020-01-02 03:04:05', null)")
      const { report } = await target.update(
        three.changesets.length > 0 ? changelog(three.changesets[0] ?? changeset('1', ''), changeset('9', 'select 1')) : three,
      )
      equal(report.state, 'succeeded', report.firstError?.message)
      const history = await target.history()
      deepEqual(
        history.map((row) => [row.id, row.execType, row.checksum?.length]),
        [
          ['1', 'EXECUTED', 34],
          ['9', 'EXECUTED', 34],
        ],
      )
    })

    it('ends a statement that waits for a lock for too long', async (t) => {
      const target = await openTestTarget(t, product)
      await target.rows('create table a (id int primary key)')
      await target.rows('insert into a values (1)')
      await target.update(changelog(changeset('0', 'select 1')))
      const other = await target.connect()
      // SQLite locks the whole file, so there our own rows wait first; a reader stands in the way of the commit.
      await other.script(product === 'sqlite' ? ['BEGIN'] : ['BEGIN', 'update a set id = 2'])
      const { report } = await target.update(changelog(changeset('0', 'select 1'), changeset('1', 'update a set id = 3')), {
        lockTimeoutMs: 100,
      })
      await other.script(['ROLLBACK'])
      equal(report.state, 'failed')
      match(report.firstError?.code ?? '', /LOCK_TIMEOUT/)
      ok(report.firstError?.hint)
    })
  })
}

describe('a statement timeout', () => {
  for (const product of testProducts) {
    it(`is kept on ${product} or told about`, { skip: skipProduct(product) }, async (t) => {
      const target = await openTestTarget(t, product)
      const slow = { postgresql: 'select pg_sleep(10)', mariadb: 'select sleep(10)', sqlite: 'select 1' }[product]
      const { report, events } = await target.update(changelog(changeset('1', slow)), { statementTimeoutMs: 150 })
      if (product === 'sqlite') {
        ok(events.some((event) => event.type === 'warning' && event.code === 'TIMEOUT_UNSUPPORTED'))
        equal(report.state, 'succeeded')
      } else equal(report.firstError?.code, 'STATEMENT_TIMEOUT')
    })
  }
})

describe('on MariaDB', { skip: skipProduct('mariadb') }, () => {
  it('a dump with locked tables, a routine and its delimiter runs as its client would run it', async (t) => {
    const target = await openTestTarget(t, 'mariadb')
    const dump = [
      '/*!40101 SET NAMES utf8mb4 */;',
      'create table a (id int);',
      'LOCK TABLES `a` WRITE;',
      'insert into a values (1);',
      'insert into a values (2);',
      'UNLOCK TABLES;',
      'DELIMITER $$',
      'create procedure fill() begin declare i int default 3; while i < 6 do insert into a values (i); set i = i + 1; end while; end$$',
      'DELIMITER ;',
      'call fill();',
    ].join('\n')
    const { report } = await target.update(changelog(changeset('1', dump)))
    equal(report.state, 'succeeded', report.firstError?.message)
    deepEqual(await target.rows('select count(*) from a'), [[5]])
  })

  it('a failure between locked tables counts what ran, and a transaction of the changelog’s own is taken back', async (t) => {
    const target = await openTestTarget(t, 'mariadb')
    await target.rows('create table a (id int primary key)')
    const locked = changelog(
      changeset('1', 'lock tables a write; insert into a values (1); insert into a values (1); unlock tables'),
    )
    equal((await target.update(locked)).report.state, 'failed')
    const partial = async (): Promise<unknown> =>
      (await readStatus({ database: target.database, changelog: locked })).partial.map(({ done, uncertain }) => [done, uncertain])
    deepEqual(await partial(), [[2, undefined]])
    const own = changelog(
      changeset(
        '2',
        'create table b (id int primary key); start transaction; insert into b values (1); insert into b values (1); commit',
      ),
    )
    equal((await target.update(own)).report.state, 'failed')
    deepEqual(await target.rows('select count(*) from b'), [[0]])
    deepEqual(await partial(), [
      [2, undefined],
      [1, undefined],
    ])
  })

  it('rows of a table without transactions that stay after a failure make the outcome unknown', async (t) => {
    const target = await openTestTarget(t, 'mariadb')
    await target.rows('create table a (id int primary key) engine = MyISAM')
    const { report, events } = await target.update(
      changelog(changeset('1', 'insert into a values (1); insert into a values (1)')),
    )
    equal(report.state, 'unknown')
    ok(events.some((event) => event.type === 'notice' && event.message.includes('1196')))
  })
})

describe('the side table on mariadb', { skip: skipProduct('mariadb') }, () => {
  it('finds the note of a changeset without looking through those of others', async (t) => {
    const target = await openTestTarget(t, 'mariadb')
    const count = 40
    const log = changelog(
      ...Array.from({ length: count }, (_, index) => changeset(`c${String(index)}`, `create table t${String(index)} (id int)`)),
    )
    const { report } = await target.update(log)
    equal(report.state, 'succeeded', report.firstError?.message)
    const [runId] = (await target.rows('select max(run_id) from sluice_changeset_detail'))[0] ?? []
    const [plan] = await target.rows(
      `explain update sluice_changeset_detail set state = 'done' where run_id = '${String(runId)}' and direction = 'apply' and id = 'c7'`,
    )
    ok(Number(plan?.[8]) < count / 4, `${JSON.stringify(plan)}`)
  })
})
