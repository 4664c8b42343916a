import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tagDatabase } from './tag.ts'
import { changelog, changeset, undoneBy } from './testing/test-changelog.ts'
import { openTestTarget } from './testing/test-target.ts'
import { planUpdate } from './update.ts'

const first = changeset('1', 'create table a (id int)', undoneBy('drop table a'))
const second = changeset('2', 'create table b (id int)', undoneBy('drop table b'))
const third = changeset('3', 'create table c (id int)', undoneBy('drop table c'))

describe('tags of an update', () => {
  it('put the anchor on Liquibase’s own row of an empty history, and a rollback to it undoes all', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(first, second)
    const { report } = await target.update(log, { anchorTag: 'sluice-e1-s1', tag: 'v1' })
    deepEqual([report.preStartTag, report.tag], ['sluice-e1-s1', 'v1'])
    const [anchor, ...rest] = await target.history()
    deepEqual(
      [anchor?.author, anchor?.path, anchor?.description, anchor?.checksum, anchor?.tag, anchor?.orderExecuted],
      ['liquibase', 'liquibase-internal', 'empty', '9:d41d8cd98f00b204e9800998ecf8427e', 'sluice-e1-s1', 1],
    )
    match(anchor?.id ?? '', /^\d{13}$/)
    deepEqual(
      rest.map((row) => [row.id, row.tag, row.orderExecuted]),
      [
        ['1', null, 2],
        ['2', 'v1', 3],
      ],
    )
    equal((await target.rollback(log, { tag: 'sluice-e1-s1' })).state, 'succeeded')
    deepEqual(
      (await target.history()).map((row) => row.path),
      ['liquibase-internal'],
    )
  })

  it('take the tag of the last row where it has one, and write nothing when nothing runs', async (t) => {
    const target = await openTestTarget(t)
    await target.update(changelog(first), { anchorTag: 'anchor-1', tag: 'v1' })
    const noop = await target.update(changelog(first), { anchorTag: 'anchor-2' })
    deepEqual([noop.plan.isEmpty, noop.report.preStartTag, noop.report.tag, noop.report.wrote], [true, 'v1', null, false])
    const same = await target.update(changelog(first), { anchorTag: 'anchor-2', tag: 'v1' })
    deepEqual([same.plan.isEmpty, same.report.tag], [true, 'v1'])
    const next = await target.update(changelog(first, second), { anchorTag: 'anchor-2' })
    equal(next.report.preStartTag, 'v1')
    const last = await target.update(changelog(first, second, third), { anchorTag: 'anchor-3' })
    equal(last.report.preStartTag, 'anchor-3')
    deepEqual(
      (await target.history()).map((row) => [row.id.slice(0, 1), row.tag]),
      [
        ['1', 'anchor-1'],
        ['1', 'v1'],
        ['2', 'anchor-3'],
        ['3', null],
      ],
    )
  })

  it('give the tag that stands as preStartTag, also where an apply that did nothing else put it there instead of another', async (t) => {
    const target = await openTestTarget(t)
    await target.update(changelog(first), { tag: 'v1' })
    const { report } = await target.update(changelog(first), { tag: 'v2' })
    deepEqual([report.preStartTag, report.tag], ['v2', 'v2'])
    const undone = await target.rollback(changelog(first), { tag: report.preStartTag ?? '' })
    deepEqual([undone.state, undone.entries.length], ['succeeded', 0])
  })

  it('give null as preStartTag where nothing was ever tagged', async (t) => {
    const target = await openTestTarget(t)
    await target.update(changelog(first))
    equal((await target.update(changelog(first))).report.preStartTag, null)
  })

  it('keep the anchor of the first try when a step is tried again', async (t) => {
    const target = await openTestTarget(t)
    const broken = changeset('2', 'create table broken (')
    await target.update(changelog(first))
    const failed = await target.update(changelog(first, third, broken), { anchorTag: 'anchor' })
    deepEqual([failed.report.state, failed.report.preStartTag], ['failed', 'anchor'])
    const again = await target.update(changelog(first, third, second), { anchorTag: 'anchor' })
    deepEqual([again.report.state, again.report.preStartTag], ['succeeded', 'anchor'])
    deepEqual(
      (await target.history()).map((row) => [row.id, row.tag]),
      [
        ['1', 'anchor'],
        ['3', null],
        ['2', null],
      ],
    )
  })

  it('refuse a tag that stands on another row, before anything runs', async (t) => {
    const target = await openTestTarget(t)
    await target.update(changelog(first), { tag: 'V1' })
    const plan = await planUpdate({ database: target.database, changelog: changelog(first, second), options: { tag: 'v1' } })
    deepEqual(
      plan.diagnostics.map((diagnostic) => diagnostic.code),
      ['TAG_EXISTS'],
    )
  })
})

describe('the tag command', () => {
  const options = { runId: 'run_tag' }

  it('tags the last row, does nothing the second time and says what it replaced', async (t) => {
    const target = await openTestTarget(t)
    await target.update(changelog(first, second))
    const { database } = target
    const set = await tagDatabase({ database, tag: 'v1', options })
    deepEqual([set.state, set.wrote, set.changeset?.id, set.replacedTag], ['succeeded', true, '2', null])
    const asked: string[] = []
    const again = await tagDatabase({
      database,
      tag: 'v1',
      options: { ...options, beforeFirstWrite: async (plan) => void asked.push(plan.kind) },
    })
    deepEqual([again.wrote, asked], [false, []])
    const replaced = await tagDatabase({
      database,
      tag: 'v2',
      options: { ...options, beforeFirstWrite: async (plan) => void asked.push(plan.kind) },
    })
    deepEqual([replaced.replacedTag, asked], ['v1', ['tag']])
  })

  it('makes Liquibase’s own row on an empty history, and refuses a tag of another row', async (t) => {
    const target = await openTestTarget(t)
    const { database } = target
    equal((await tagDatabase({ database, tag: 'start', options })).changeset?.path, 'liquibase-internal')
    await target.update(changelog(first))
    const refused = await tagDatabase({ database, tag: 'START', options })
    deepEqual([refused.state, refused.firstError?.code, refused.wrote], ['failed', 'TAG_EXISTS', false])
  })
})
