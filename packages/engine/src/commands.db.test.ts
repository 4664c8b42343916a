import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import type { Changelog } from '@sluice/changelog'
import { applyPlan } from './apply.ts'
import { calculateChecksum, clearChecksums } from './checksums.ts'
import type { Database } from './database.ts'
import { executeSql, planExecuteSql } from './execute-sql.ts'
import type { SyncOptions, UpdateOptions, WritePlan } from './options.ts'
import { previewSql } from './preview.ts'
import type { ApplyReport, RollbackReport, SyncReport } from './report.ts'
import { applyRollback, planRollback } from './rollback.ts'
import type { RollbackTarget } from './rollback-plan.ts'
import { readHistory, readStatus } from './status.ts'
import { applySync, planSync } from './sync.ts'
import { findTaggedRow, tagDatabase } from './tag.ts'
import { planTestRollback, testRollback } from './test-rollback.ts'
import { changelog, changeset, modelled, undoneBy } from './testing/test-changelog.ts'
import { openSession, testProducts } from './testing/test-products.ts'
import { readTracking } from './tracking/tables.ts'
import { planUpdate } from './update.ts'

const one = changeset('1', 'create table a (id int)', undoneBy('drop table a'))
const two = changeset('2', 'create table b (id int)', undoneBy('drop table b'))
const tagged = changeset('t', [modelled('tagDatabase', { tag: 'v1' })], { tag: 'v1' })
const three = changeset('3', 'create table c (id int)', undoneBy('drop table c'))
const all = changelog(one, two, tagged, three)
const write = { runId: 'run_test', host: 'host (127.0.0.1)' }
const keyOf = (id: string): { id: string; author: string; path: string } => ({ id, author: 'dev', path: 'db.sql' })

interface Commands {
  readonly database: Database
  readonly update: (log: Changelog, options?: UpdateOptions) => Promise<ApplyReport>
  readonly rollback: (log: Changelog, target: RollbackTarget) => Promise<RollbackReport>
  readonly sync: (log: Changelog, options?: SyncOptions) => Promise<SyncReport>
  readonly ids: () => Promise<readonly string[]>
  readonly tables: () => Promise<readonly string[]>
}

function commandsOn(database: Database): Commands {
  return {
    database,
    async update(log, options = {}) {
      const plan = await planUpdate({ database, changelog: log, options })
      const report = await applyPlan({ database, changelog: log, plan, options: { ...options, ...write } })
      equal(report.state, 'succeeded', report.firstError?.message)
      return report
    },
    async rollback(log, target) {
      const plan = await planRollback({ database, changelog: log, target })
      const report = await applyRollback({ database, changelog: log, plan, options: write })
      equal(report.state, 'succeeded', report.firstError?.message)
      return report
    },
    async sync(log, options = {}) {
      const plan = await planSync({ database, changelog: log, options })
      const report = await applySync({ database, changelog: log, plan, options: { ...options, ...write } })
      equal(report.state, 'succeeded', report.firstError?.message)
      return report
    },
    ids: async () => (await readHistory({ database })).map((row) => row.id),
    async tables() {
      const found: string[] = []
      for (const name of ['a', 'b', 'c']) {
        if (await database.query(`select count(*) from ${name}`).then(Boolean, () => false)) found.push(name)
      }
      return found
    },
  }
}

for (const product of testProducts) {
  const open = async (t: TestContext): Promise<Commands> => commandsOn(await openSession(t, await product.openUrl(t)))

  describe(`the commands on ${product.name}`, { skip: product.skip }, () => {
    it('update by count, to a tag, and by chosen changesets', async (t) => {
      const { database, update, ids } = await open(t)
      equal((await planUpdate({ database, changelog: all, options: { count: 0 } })).isEmpty, true)
      await update(all, { count: 1 })
      deepEqual(await ids(), ['1'])
      await update(all, { only: [keyOf('3')] })
      deepEqual(await ids(), ['1', '3'])
      const plan = await planUpdate({ database, changelog: all, options: { toTag: 'v1' } })
      deepEqual(
        plan.changesets.map(({ key }) => key.id),
        ['2', 't'],
      )
      await update(all, { toTag: 'v1' })
      deepEqual(await ids(), ['1', '3', '2', 't'])
      const unknown = await planUpdate({ database, changelog: all, options: { only: [{ ...keyOf('3'), path: 'other.sql' }] } })
      deepEqual(
        unknown.diagnostics.map(({ code, hint }) => [code, hint]),
        [['CHANGESET_UNKNOWN', 'It has "db.sql::3::dev".']],
      )
    })

    it('sync records without running: the next one, to a tag, chosen ones, the rest', async (t) => {
      const { database, sync, update, ids, tables } = await open(t)
      const next = await sync(all, { count: 1 })
      deepEqual(
        next.entries.map((entry) => [entry.changeset.id, entry.state, entry.result]),
        [['1', 'done', 'synced']],
      )
      await sync(all, { toTag: 'v1' })
      deepEqual(await ids(), ['1', '2', 't'])
      deepEqual(await tables(), [])
      await sync(all)
      const rows = await readHistory({ database })
      deepEqual(
        rows.map((row) => [row.id, row.orderExecuted, row.execType, row.description, row.tag]),
        [
          ['1', 1, 'EXECUTED', 'sql', null],
          ['2', 2, 'EXECUTED', 'sql', null],
          ['t', 3, 'EXECUTED', 'tagDatabase', 'v1'],
          ['3', 4, 'EXECUTED', 'sql', null],
        ],
      )
      ok(rows.every((row) => row.deploymentId?.length === 10 && row.checksum?.startsWith('9:') === true))
      equal((await planUpdate({ database, changelog: all })).isEmpty, true)
      const again = await planSync({ database, changelog: all })
      equal(again.isEmpty, true)
      const more = changelog(one, two, tagged, three, changeset('5', 'create table e (id int)'))
      await sync(more, { only: [keyOf('5')] })
      deepEqual((await update(more)).entries, [])
    })

    it('sync leaves out what runs again, refuses edited changesets, and asks before it writes', async (t) => {
      const { database, update, ids } = await open(t)
      const always = changeset('r', 'select 1', { runAlways: true })
      await update(changelog(one, always))
      equal((await planSync({ database, changelog: changelog(one, always) })).isEmpty, true)
      const edited = changelog(changeset('1', 'create table other (id int)'), two)
      const refused = await planSync({ database, changelog: edited })
      deepEqual(
        refused.diagnostics.map(({ code }) => code),
        ['CHANGELOG_CHECKSUM_MISMATCH'],
      )
      await rejects(applySync({ database, changelog: edited, plan: refused, options: write }), { code: 'PLAN_HAS_ERRORS' })
      const asked: WritePlan[] = []
      const plan = await planSync({ database, changelog: changelog(one, two) })
      const refuse = async (wanted: WritePlan): Promise<void> => {
        asked.push(wanted)
        throw new Error('no permit')
      }
      const attempt = applySync({
        database,
        changelog: changelog(one, two),
        plan,
        options: { ...write, beforeFirstWrite: refuse },
      })
      await rejects(attempt, /no permit/)
      deepEqual(asked, [plan])
      deepEqual(await ids(), ['1', 'r'])
    })

    it('rollback by date undoes what ran after a moment of the database’s clock', async (t) => {
      const { database, update, rollback, ids } = await open(t)
      await update(all)
      const { history } = await readTracking(database, undefined)
      for (const [id, date] of [
        ['1', '2024-01-01 10:00:00'],
        ['2', '2024-02-01 10:00:00'],
        ['t', '2024-02-01 10:00:01'],
        ['3', '2024-03-01 10:00:00'],
      ] as const) {
        await database.execute(`update ${history.sql} set dateexecuted = '${date}' where id = '${id}'`)
      }
      const planned = async (toDate: string): Promise<unknown> => {
        const plan = await planRollback({ database, changelog: all, target: { toDate } })
        return [plan.changesets.map(({ key }) => key.id), plan.diagnostics.map(({ code }) => code)]
      }
      deepEqual(await planned('2024-02-15'), [['3'], []])
      deepEqual(await planned('2024-02-01T10:00:00'), [['3', 't'], []])
      deepEqual(await planned('2023-12-31 23:59'), [['3', 't', '2', '1'], []])
      deepEqual(await planned('2030-01-01'), [[], []])
      for (const wrong of ['yesterday', '2024-02-30', '2024-02-01 25:00', '2024-02-01T10:00:00Z'])
        deepEqual(await planned(wrong), [[], ['ROLLBACK_DATE_INVALID']])
      await rollback(all, { toDate: '2024-01-15' })
      deepEqual(await ids(), ['1'])
    })

    it('rollback of chosen changesets and of one deployment says what newer ones stay', async (t) => {
      const { database, update, rollback, ids, tables } = await open(t)
      const first = await update(changelog(one, two))
      // A deployment id is the time in milliseconds.
      await new Promise((resolve) => setTimeout(resolve, 5))
      await update(changelog(one, two, three))
      const chosen = await planRollback({ database, changelog: all, target: { changesets: [keyOf('2')] } })
      deepEqual(
        chosen.diagnostics.map(({ severity, code, message }) => [severity, code, message]),
        [['warning', 'ROLLBACK_OUT_OF_ORDER', 'Newer changesets stay and may depend on what is undone: "db.sql::3::dev".']],
      )
      await rollback(all, { changesets: [keyOf('2')] })
      deepEqual(
        [await ids(), await tables()],
        [
          ['1', '3'],
          ['a', 'c'],
        ],
      )
      const absent = await planRollback({ database, changelog: all, target: { changesets: [keyOf('2')] } })
      deepEqual(
        absent.diagnostics.map(({ code }) => code),
        ['CHANGESET_NOT_APPLIED'],
      )
      const newest = await rollback(all, { deployment: undefined })
      deepEqual(
        newest.entries.map((entry) => entry.changeset.id),
        ['3'],
      )
      await rollback(all, { deployment: first.deploymentId })
      deepEqual([await ids(), await tables()], [[], []])
      const unknown = await planRollback({ database, changelog: all, target: { deployment: '0000000000' } })
      deepEqual(
        unknown.diagnostics.map(({ code }) => code),
        ['DEPLOYMENT_UNKNOWN'],
      )
    })

    it('rollback undoes what ran, also when the changelog has another text for it now', async (t) => {
      const { database, update, rollback, tables } = await open(t)
      await update(changelog(one, two))
      const moved = changelog(
        changeset('1', 'create table other (id int)', undoneBy('drop table other')),
        changeset('2', 'create table b (id int)'),
      )
      const plan = await planRollback({ database, changelog: moved, target: { count: 2 } })
      deepEqual(
        plan.changesets.map(({ key, source }) => [key.id, source]),
        [
          ['2', 'kept'],
          ['1', 'kept'],
        ],
      )
      await rollback(moved, { count: 2 })
      deepEqual(await tables(), [])
    })

    it('rollback refuses an edited changeset that left no rollback', async (t) => {
      const { database, sync } = await open(t)
      await sync(changelog(one))
      const moved = changelog(changeset('1', 'create table other (id int)', undoneBy('drop table other')))
      const plan = await planRollback({ database, changelog: moved, target: { count: 1 } })
      deepEqual(
        plan.diagnostics.map(({ code }) => code),
        ['ROLLBACK_CHANGESET_EDITED'],
      )
    })

    it('clears checksums and the next update writes them anew', async (t) => {
      const { database, update } = await open(t)
      await update(changelog(one, two))
      const before = await readHistory({ database })
      const cleared = await clearChecksums({ database, options: write })
      deepEqual([cleared.state, cleared.rows, cleared.wrote], ['succeeded', 2, true])
      ok((await readHistory({ database })).every((row) => row.checksum === null))
      equal((await clearChecksums({ database, options: write })).wrote, false)
      const status = await readStatus({ database, changelog: changelog(one, two) })
      deepEqual([status.pending, status.isUpToDate], [[], true])
      await update(changelog(one, two))
      deepEqual(await readHistory({ database }), before)
    })

    it('calculates a checksum beside the stored one', async (t) => {
      const { database, update } = await open(t)
      await update(changelog(one))
      const [row] = await readHistory({ database })
      const known = await calculateChecksum({ database, changelog: all, changeset: keyOf('1') })
      deepEqual(known, { changeset: keyOf('1'), checksum: row?.checksum, stored: row?.checksum })
      equal((await calculateChecksum({ database, changelog: all, changeset: keyOf('3') })).stored, undefined)
      await rejects(calculateChecksum({ database, changelog: all, changeset: keyOf('9') }), { code: 'CHANGESET_UNKNOWN' })
    })

    it('finds tags without minding their case', async (t) => {
      const { database, update } = await open(t)
      equal(await findTaggedRow({ database, tag: 'v1' }), undefined)
      await update(changelog(one))
      await tagDatabase({ database, tag: 'V1', options: write })
      equal((await findTaggedRow({ database, tag: 'v1' }))?.id, '1')
      equal(await findTaggedRow({ database, tag: 'v2' }), undefined)
    })

    it('tests rollbacks by update, rollback and update, and undoes only what is new', async (t) => {
      const { database, update, ids, tables } = await open(t)
      const always = changeset('r', 'select 1', { runAlways: true })
      await update(changelog(one, always))
      const log = changelog(one, always, two, three)
      const plan = await planTestRollback({ database, changelog: log })
      let asked = 0
      const report = await testRollback({
        database,
        changelog: log,
        plan,
        options: { ...write, beforeFirstWrite: async () => void asked++ },
      })
      deepEqual([report.state, report.failedPhase, asked], ['succeeded', undefined, 1])
      deepEqual(
        report.rollback?.entries.map((entry) => entry.changeset.id),
        ['3', '2'],
      )
      deepEqual(await tables(), ['a', 'b', 'c'])
      deepEqual((await ids()).toSorted(), ['1', '2', '3', 'r'])
    })

    it('names what cannot be undone before a rollback test begins, and tells in which phase one ends', async (t) => {
      const { database, tables } = await open(t)
      const noWay = await planTestRollback({ database, changelog: changelog(one, changeset('2', 'create table b (id int)')) })
      deepEqual(
        noWay.diagnostics.map(({ code }) => code),
        ['ROLLBACK_IMPOSSIBLE'],
      )
      const wrong = changelog(changeset('1', 'create table a (id int)', undoneBy('drop table nowhere')))
      const plan = await planTestRollback({ database, changelog: wrong })
      const report = await testRollback({ database, changelog: wrong, plan, options: write })
      deepEqual([report.state, report.failedPhase, report.firstError?.code], ['failed', 'rollback', 'STATEMENT_FAILED'])
      deepEqual(await tables(), ['a'])
    })

    it('executes SQL of a person: rows to read, all or nothing where that can be', async (t) => {
      const { database, tables } = await open(t)
      const run = async (sql: string, endDelimiter?: string) =>
        executeSql({
          database,
          plan: await planExecuteSql(database, { sql, endDelimiter }),
          options: { keepRows: 2 },
        })
      const made = await run("create table a (id int, name varchar(20)); insert into a values (1, 'one'), (2, null), (3, 'x;y');")
      deepEqual([made.state, made.statements.map(({ rows }) => rows)], ['succeeded', [undefined, 3]])
      const read = await run('select id, name from a order by id // select count(*) as many from a', '//')
      deepEqual(
        read.statements.map(({ rows, kept }) => [rows, kept]),
        [
          [
            3,
            {
              columns: ['id', 'name'],
              rows: [
                ['1', 'one'],
                ['2', null],
              ],
            },
          ],
          [1, { columns: ['many'], rows: [['3']] }],
        ],
      )
      const failed = await run('delete from a; select * from nowhere')
      deepEqual([failed.state, failed.firstError?.statement, failed.firstError?.line], ['failed', 2, 1])
      if (product.name !== 'mariadb') deepEqual((await run('select count(*) from a')).statements[0]?.kept?.rows, [['3']])
      deepEqual(await tables(), ['a'])
      equal((await planExecuteSql(database, { sql: '-- nothing' })).isEmpty, true)
    })

    it('shows the SQL of what was not run yet, forwards, backwards and as rows', async (t) => {
      const { database, update } = await open(t)
      await update(changelog(one))
      const show = async (kind: 'update' | 'futureRollback' | 'sync', options: UpdateOptions): Promise<string> =>
        (await previewSql({ database, changelog: all, what: { kind }, options })).sql
      equal(await show('update', { count: 1 }), '-- Changeset db.sql::2::dev\ncreate table b (id int);\n')
      equal(await show('futureRollback', { count: 1 }), '-- Rolling Back ChangeSet: db.sql::2::dev\ndrop table b;\n')
      equal(
        await show('futureRollback', { toTag: 'v1' }),
        '-- Rolling Back ChangeSet: db.sql::t::dev\n\n-- Rolling Back ChangeSet: db.sql::2::dev\ndrop table b;\n',
      )
      const rows = await show('sync', { toTag: 'v1' })
      match(rows, /^INSERT INTO [^;]*'2', 'dev', 'db\.sql'[^;]*;\n\nINSERT INTO [^;]*'t', 'dev', 'db\.sql'[^;]*'v1'\);\n$/)
    })
  })
}
