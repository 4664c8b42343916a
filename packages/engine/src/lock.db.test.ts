import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { spawnProcess, waitFor } from '@sluice/testkit'
import type { EngineEvent } from './events.ts'
import { changelog, changeset } from './testing/test-changelog.ts'
import { readLock, releaseStaleLock } from './locks.ts'
import { readLockHolder, sessionLockKey } from './tracking/lock.ts'
import { readTracking } from './tracking/tables.ts'
import { openSessionOn, openTestTarget } from './testing/test-target.ts'
import type { TestTarget } from './testing/test-target.ts'

const log = changelog(changeset('1', 'create table a (id int)'))
const more = changelog(...log.changesets, changeset('2', 'create table b (id int)'))

async function setRow(target: TestTarget, lockedBy: string): Promise<void> {
  await target.rows(
    `update databasechangeloglock set locked = true, lockedby = '${lockedBy}', lockgranted = '2020-01-01' where id = 1`,
  )
}

describe('the changelog lock', () => {
  it('is taken over, with a note, from a Sluice run whose session is gone', async (t) => {
    const target = await openTestTarget(t)
    await target.update(log)
    await setRow(target, 'sluice run_dead host (10.0.0.1)')
    const { report, events } = await target.update(more)
    equal(report.state, 'succeeded')
    deepEqual(
      events.filter((event) => event.type === 'lockTakenOver'),
      [{ type: 'lockTakenOver', from: 'sluice run_dead host (10.0.0.1)', since: '2020-01-01 00:00:00' }],
    )
    deepEqual(await target.rows('select locked, lockedby from databasechangeloglock'), [[false, null]])
  })

  for (const owner of ['build-7 (10.0.0.1)', 'sluice (10.0.0.1)', 'sluice', 'sluiceway run_1']) {
    it(`is never taken from a Liquibase, here one that calls itself "${owner}"`, async (t) => {
      const target = await openTestTarget(t)
      await target.update(log)
      await setRow(target, owner)
      const { report, events } = await target.update(more, { lockWaitMs: 120 })
      deepEqual([report.state, report.firstError?.code, report.wrote], ['failed', 'LOCK_WAIT_TIMEOUT', false])
      ok(report.firstError?.message.includes(owner))
      ok(events.some((event) => event.type === 'lockWaiting' && event.holder.by === 'row' && event.holder.lockedBy === owner))
      deepEqual(await target.rows('select locked, lockedby from databasechangeloglock'), [[true, owner]])
    })
  }

  it('is freed for a Liquibase where its run is dead, by force where it is somebody else’s, and never under a live session', async (t) => {
    const target = await openTestTarget(t)
    const { database } = target
    await target.update(log)
    deepEqual(await releaseStaleLock({ database }), { released: undefined, holder: undefined })
    await setRow(target, 'sluice run_dead host (10.0.0.1)')
    equal((await releaseStaleLock({ database })).released?.lockedBy, 'sluice run_dead host (10.0.0.1)')
    equal(await readLock({ database }), undefined)
    await setRow(target, 'build-7 (10.0.0.1)')
    equal((await releaseStaleLock({ database })).holder?.lockedBy, 'build-7 (10.0.0.1)')
    equal((await releaseStaleLock({ database, force: true })).released?.lockedBy, 'build-7 (10.0.0.1)')
    const other = await target.connect('sluice:live')
    const key = sessionLockKey(await readTracking(other, undefined))
    equal(await other.trySessionLock(key), true)
    await setRow(target, 'sluice run_live host (10.0.0.1)')
    equal((await releaseStaleLock({ database, force: true })).holder?.session?.applicationName, 'sluice:live')
    equal((await readLock({ database }))?.by, 'session')
  })

  it('is waited for, and the holder can be seen', async (t) => {
    const target = await openTestTarget(t)
    const slow = changelog(changeset('1', 'create table a (id int); select pg_sleep(0.4)'))
    const other = await openSessionOn(target, t)
    const running = target.update(slow, {}, { onEvent: () => {} })
    await waitFor(async () =>
      (await other.rows('select lockedby from databasechangeloglock').catch(() => [])).some(([by]) => by !== null),
    )
    const waited = await other.update(slow)
    equal((await running).report.entries[0]?.result, 'executed')
    equal(waited.report.state, 'succeeded')
    deepEqual(
      waited.report.entries.map((entry) => entry.result),
      ['alreadyApplied'],
    )
    const seen = waited.events.find(
      (event): event is Extract<EngineEvent, { type: 'lockWaiting' }> => event.type === 'lockWaiting',
    )
    match(seen?.holder.lockedBy ?? '', /^sluice run_test host/)
    equal(seen?.holder.session?.applicationName, 'sluice:test')
  })

  it('can be given up waiting for', async (t) => {
    const target = await openTestTarget(t)
    await target.update(log)
    await setRow(target, 'build-7 (10.0.0.1)')
    const controller = new AbortController()
    const { report } = await target.update(
      more,
      {},
      {
        signal: controller.signal,
        onEvent: (event) => event.type === 'lockWaiting' && controller.abort(),
      },
    )
    deepEqual([report.state, report.wrote], ['canceled', false])
    const tracking = await readTracking(target.database, undefined)
    deepEqual((await readLockHolder(target.database, tracking))?.by, 'row')
  })

  it('is free again after every kind of failure', async (t) => {
    const target = await openTestTarget(t)
    for (const broken of [
      'selec 1',
      'begin; selec 1',
      'create index concurrently i on nowhere (id)',
      'set transaction read only; create table z (id int)',
    ]) {
      const { report } = await target.update(changelog(changeset(broken, broken)))
      equal(report.state, 'failed', broken)
      deepEqual(await target.rows('select locked, lockedby from databasechangeloglock'), [[false, null]])
    }
    equal((await (await openSessionOn(target, t)).update(log)).report.state, 'succeeded')
  })

  it('lets one of ten processes apply while the others find it done', async (t) => {
    const target = await openTestTarget(t)
    await target.rows('create table observer (changeset text)')
    const children = Array.from({ length: 10 }, () =>
      spawnProcess({
        command: process.execPath,
        args: [new URL('testing/apply-child.ts', import.meta.url).pathname],
        env: { CHILD_URL: target.url },
      }),
    )
    const exits = await Promise.all(children.map((child) => child.exited))
    deepEqual(
      exits.map((exit) => exit.exitCode),
      Array.from({ length: 10 }, () => 0),
      children.map((child) => child.output).join('\n'),
    )
    deepEqual(
      (await target.rows('select changeset, count(*)::int from observer group by 1 order by 1')).map(([, count]) => count),
      [1, 1, 1],
    )
    equal(children.flatMap((child) => child.output.match(/executed/g) ?? []).length, 3)
    deepEqual(await target.rows('select locked from databasechangeloglock'), [[false]])
  })
})
