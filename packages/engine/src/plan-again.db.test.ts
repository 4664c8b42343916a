import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Changelog } from '@sluice/changelog'
import { applyPlan } from './apply.ts'
import type { UpdateOptions } from './options.ts'
import type { ApplyReport } from './report.ts'
import { changelog, changeset } from './testing/test-changelog.ts'
import { openTestTarget, skipProduct, testProducts } from './testing/test-target.ts'
import type { TestTarget } from './testing/test-target.ts'
import { planUpdate } from './update.ts'

const log = changelog(
  changeset('1', 'create table a (id int)'),
  changeset('2', 'create table b (id int)'),
  changeset('3', 'create table c (id int)'),
)

/** Plans, lets something happen, and applies that plan. */
async function planAndApply(
  target: TestTarget,
  meanwhile: () => Promise<unknown>,
  options: UpdateOptions = {},
  changed: { readonly changelog?: Changelog; readonly options?: UpdateOptions } = {},
): Promise<ApplyReport> {
  const { database } = target
  const plan = await planUpdate({ database, changelog: log, options })
  await meanwhile()
  const now = { ...options, ...changed.options, runId: 'run_again' }
  return applyPlan({ database, changelog: changed.changelog ?? log, plan, options: now })
}

for (const product of testProducts) {
  describe(`a plan that is carried out later, on ${product}`, { skip: skipProduct(product) }, () => {
    const results = ({ entries }: ApplyReport): unknown => entries.map((entry) => entry.result)

    it('runs as it is when nothing has happened', async (t) => {
      const target = await openTestTarget(t, product)
      await target.update(log, { count: 1 })
      const report = await planAndApply(target, () => Promise.resolve())
      deepEqual([report.state, results(report)], ['succeeded', ['executed', 'executed']])
      equal((await target.history()).length, 3)
    })

    it('leaves out what another run has applied since', async (t) => {
      const target = await openTestTarget(t, product)
      const report = await planAndApply(target, () => target.update(log, { count: 2 }))
      deepEqual([report.state, results(report)], ['succeeded', ['alreadyApplied', 'alreadyApplied', 'executed']])
    })

    it('is refused when more would run than it has', async (t) => {
      const target = await openTestTarget(t, product)
      await target.update(log, { count: 2 })
      const undone = await planAndApply(target, () => target.database.execute("delete from DATABASECHANGELOG where ID = '1'"))
      deepEqual([undone.state, undone.firstError?.code, undone.wrote], ['failed', 'PLAN_CHANGED', false])
      const fresh = await openTestTarget(t, product)
      const wider = await planAndApply(fresh, () => Promise.resolve(), { count: 1 }, { options: { count: 2 } })
      deepEqual([wider.state, wider.firstError?.code, wider.wrote], ['failed', 'PLAN_CHANGED', false])
      const longer = changelog(...log.changesets, changeset('4', 'create table d (id int)'))
      const other = await planAndApply(fresh, () => Promise.resolve(), {}, { changelog: longer })
      deepEqual([other.state, other.firstError?.code, other.wrote], ['failed', 'PLAN_CHANGED', false])
    })

    it('is refused when one of its changesets was begun and interrupted since', async (t) => {
      const target = await openTestTarget(t, product)
      await target.update(log, { count: 1 })
      const report = await planAndApply(target, () =>
        target.database.execute(
          "insert into sluice_changeset_detail (RUN_ID, DEPLOYMENT_ID, ID, AUTHOR, FILENAME, DIRECTION, STATE, SHA256, STATEMENTS, STATEMENTS_DONE, STARTED_AT) values ('run_x', '1', '2', 'dev', 'db.sql', 'apply', 'running', 'x', 2, 1, '2026-01-01 00:00:00')",
        ),
      )
      deepEqual([report.state, report.firstError?.code, report.wrote], ['failed', 'CHANGESET_PARTIAL', false])
    })
  })
}
