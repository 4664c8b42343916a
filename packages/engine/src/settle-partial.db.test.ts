import { deepEqual, equal, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { listPartials, settlePartial } from './settle-partial.ts'
import type { PartialOutcome } from './settle-partial.ts'
import { changelog, changeset, undoneBy } from './testing/test-changelog.ts'
import { openTestTarget, skipProduct } from './testing/test-target.ts'
import type { TestTarget } from './testing/test-target.ts'
import { planUpdate } from './update.ts'

const options = { runId: 'run_settle', host: 'host' }
const key = { id: '1', author: 'dev', path: 'db.sql' }

/** Its second statement fails until there is a table `gate`. */
const log = changelog(
  changeset('1', 'create table a (id int); insert into gate values (1)', {
    runInTransaction: false,
    ...undoneBy('delete from gate; drop table lock_me; drop table a'),
  }),
)

async function interrupt(target: TestTarget): Promise<void> {
  const { report } = await target.update(log)
  equal(report.state, 'failed')
  equal(report.entries[0]?.statementsDone, 1)
}

for (const product of ['mariadb', 'postgresql', 'sqlite'] as const) {
  describe(`settling interrupted changesets on ${product}`, { skip: skipProduct(product) }, () => {
    const settle = (target: TestTarget, as: PartialOutcome) =>
      settlePartial({ database: target.database, changelog: log, changeset: key, as, options })

    it('records one that was finished by hand', async (t) => {
      const target = await openTestTarget(t, product)
      await interrupt(target)
      deepEqual(
        (await listPartials({ database: target.database })).map(({ direction, done, statements }) => [
          direction,
          done,
          statements,
        ]),
        [['apply', 1, 2]],
      )
      const { history, partial } = await settle(target, 'done')
      deepEqual([history, partial.done], ['written', 1])
      deepEqual(
        (await target.history()).map((row) => [row.id, row.execType, row.checksum?.slice(0, 2)]),
        [['1', 'EXECUTED', '9:']],
      )
      const plan = await planUpdate({ database: target.database, changelog: log })
      deepEqual([plan.isEmpty, plan.diagnostics], [true, []])
      await rejects(settle(target, 'done'), { code: 'PARTIAL_NOT_FOUND' })
    })

    it('lets one that was taken back by hand run from its first statement', async (t) => {
      const target = await openTestTarget(t, product)
      await interrupt(target)
      await target.database.execute('drop table a')
      await target.database.execute('create table gate (id int)')
      equal((await settle(target, 'undone')).history, 'unchanged')
      deepEqual(await target.history(), [])
      const { report } = await target.update(log)
      deepEqual([report.state, report.entries[0]?.statementsDone], ['succeeded', 2])
    })

    it('ends an interrupted rollback either way', async (t) => {
      const target = await openTestTarget(t, product)
      await target.database.execute('create table gate (id int)')
      equal((await target.update(log)).report.state, 'succeeded')
      for (const [as, rows] of [
        ['undone', 1],
        ['done', 0],
      ] as const) {
        equal((await target.rollback(log, { count: 1 })).state, 'failed')
        equal((await listPartials({ database: target.database }))[0]?.direction, 'rollback')
        equal((await settle(target, as)).history, rows === 1 ? 'unchanged' : 'removed')
        equal((await target.history()).length, rows)
        deepEqual(await listPartials({ database: target.database }), [])
      }
    })

    it('needs the changeset in the changelog to record it', async (t) => {
      const target = await openTestTarget(t, product)
      await interrupt(target)
      const { database } = target
      const other = changelog(changeset('2', 'select 1'))
      await rejects(settlePartial({ database, changelog: other, changeset: key, as: 'done', options }), {
        code: 'CHANGESET_UNKNOWN',
      })
      equal((await listPartials({ database })).length, 1)
    })
  })
}
