import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { spawnProcess, waitFor } from '@sluice/testkit'
import type { ProcessExit, SpawnedProcess } from '@sluice/testkit'
import { inspect } from './inspect.ts'
import { releaseStaleLock } from './locks.ts'
import { observedChangelog } from './testing/observed-changelog.ts'
import type { ObservedKind } from './testing/observed-changelog.ts'
import { openTestTarget } from './testing/test-target.ts'
import type { TestTarget } from './testing/test-target.ts'

const childPath = new URL('testing/apply-child.ts', import.meta.url).pathname
const together = 4

function startChild(target: TestTarget, env: Readonly<Record<string, string>>): SpawnedProcess {
  return spawnProcess({ command: process.execPath, args: [childPath], env: { CHILD_URL: target.url, ...env } })
}

/** Kills a run at its n-th event, for every n that is given, each on a schema of its own. */
async function killAtEvents(
  t: TestContext,
  kind: ObservedKind,
  events: readonly number[],
  check: (target: TestTarget, at: number, exit: ProcessExit) => Promise<void>,
): Promise<void> {
  const queue = [...events]
  const work = async (): Promise<void> => {
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      const target = await openTestTarget(t)
      await target.rows('create table observer (what text)')
      const child = startChild(target, { CHILD_KILL_AT: String(at), CHILD_KIND: kind })
      const exit = await child.exited
      equal(exit.signal, 'SIGKILL', `event ${at}: ${child.output}`)
      await check(target, at, exit)
    }
  }
  await Promise.all(Array.from({ length: together }, work))
}

async function observed(target: TestTarget): Promise<readonly string[]> {
  return (await target.rows('select what from observer order by what')).map(([what]) => String(what))
}

describe('a run that is killed', () => {
  it('leaves every changeset done or not done at each of its events, and the next run does each exactly once', async (t) => {
    const changelog = observedChangelog('transactional')
    await killAtEvents(t, 'transactional', chosen(range(1, 22), [1, 2, 3, 4, 5, 7, 8, 14, 20, 21, 22]), async (target, at) => {
      const before = await observed(target)
      const recorded = (await target.history()).filter((row) => row.author === 'dev').map((row) => row.id)
      deepEqual(before.toSorted(), recorded.toSorted(), `event ${at}`)
      const { report, events } = await target.update(changelog, { anchorTag: 'anchor', tag: 'done' })
      equal(report.state, 'succeeded', `event ${at}: ${report.firstError?.message}`)
      deepEqual(await observed(target), ['one', 'three', 'two'], `event ${at}`)
      const history = await target.history()
      deepEqual([history[0]?.tag, history.at(-1)?.tag, history.length], ['anchor', 'done', 4], `event ${at}`)
      // The last two events are the end tag and the release: then there is nothing left to do, or nothing to take over.
      ok(at >= 21 || events.some((event) => event.type === 'lockTakenOver'), `event ${at}`)
      const stale = await releaseStaleLock({ database: target.database })
      equal(stale.released !== undefined, at === 21, `event ${at}`)
      deepEqual(await target.rows('select locked from databasechangeloglock'), [[false]], `event ${at}`)
    })
  })

  it('leaves each of those that were on their way together done or not done, and the next run does each exactly once', async (t) => {
    const changelog = observedChangelog('small')
    await killAtEvents(t, 'small', chosen(range(1, 16), [2, 3, 4, 5, 7, 8, 11, 14]), async (target, at) => {
      // What it had sent may go on for a moment.
      const { report } = await target.update(changelog, { anchorTag: 'anchor', tag: 'done' })
      equal(report.state, 'succeeded', `event ${at}: ${report.firstError?.message}`)
      deepEqual(await observed(target), ['one', 'three', 'two'], `event ${at}`)
      const recorded = (await target.history()).filter((row) => row.author === 'dev').map((row) => row.id)
      deepEqual(recorded, ['one', 'two', 'three'], `event ${at}`)
      // Where it had done all before it died, there was nothing to do, and so nothing to take over.
      await releaseStaleLock({ database: target.database })
      deepEqual(await target.rows('select locked from databasechangeloglock'), [[false]], `event ${at}`)
    })
  })

  it('knows exactly which statements ran where there is no transaction, and resumes after them', async (t) => {
    const changelog = observedChangelog('stepwise')
    const all = ['one', 'two', 'three'].flatMap((id) => [1, 2, 3].map((part) => `${id}.${part}`)).toSorted()
    await killAtEvents(t, 'stepwise', chosen(range(3, 27), [5, 6, 7, 8, 9, 10, 11, 18, 26]), async (target, at) => {
      const before = await observed(target)
      const found = await inspect({
        database: target.database,
        expected: {
          direction: 'apply',
          changesets: changelog.changesets,
          runId: 'run_none',
          applicationNamePrefix: 'sluice:nobody',
        },
      })
      equal(before.length >= found.done * 3, true)
      const { report } = await target.update(changelog, { anchorTag: 'anchor', tag: 'done', onPartial: 'resume' })
      equal(report.state, 'succeeded', `event ${at}: ${report.firstError?.message}`)
      deepEqual(await observed(target), all, `event ${at}, before: ${before.join(' ')}`)
    })
  })

  it('makes the next one stop at a half-done changeset unless told to resume', async (t) => {
    const target = await openTestTarget(t)
    await target.rows('create table observer (what text)')
    // Event 8 is the end of the first changeset's third statement, before its row.
    await startChild(target, { CHILD_KILL_AT: '8', CHILD_KIND: 'stepwise' }).exited
    const stopped = startChild(target, { CHILD_KIND: 'stepwise' })
    deepEqual([(await stopped.exited).exitCode, stopped.stdout], [3, 'CHANGESET_PARTIAL\n'])
    const resumed = startChild(target, { CHILD_KIND: 'stepwise', CHILD_ON_PARTIAL: 'resume' })
    equal((await resumed.exited).exitCode, 0, resumed.output)
    equal((await observed(target)).length, 9)
  })

  it('holds the lock until the database has ended its statement, and what it was doing is undone', async (t) => {
    const target = await openTestTarget(t)
    await target.rows('create table observer (what text)')
    await target.rows(
      `create function held() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(4711); return new; end $$`,
    )
    await target.rows(
      `create trigger held before insert on observer for each row when (new.what = 'two') execute function held()`,
    )
    const other = await target.connect()
    await other.query('select pg_advisory_lock(4711)')
    const isHeld = async (): Promise<boolean> =>
      (await other.query("select 1 from pg_locks where locktype = 'advisory' and objid = 4711 and not granted")).rows.length > 0
    const child = startChild(target, {})
    await child.waitForOutput(/10 statementStarted/)
    await waitFor(isHeld)
    await child.kill()
    // The statement goes on for as long as this test holds what it waits for.
    const { report, events } = await target.update(
      observedChangelog('transactional'),
      { anchorTag: 'anchor' },
      { onEvent: (event) => void (event.type === 'lockWaiting' && other.query('select pg_advisory_unlock_all()')) },
    )
    equal(report.state, 'succeeded', report.firstError?.message)
    ok(events.some((event) => event.type === 'lockWaiting' && event.holder.session?.applicationName.startsWith('sluice:child:')))
    deepEqual(await observed(target), ['one', 'three', 'two'])
  })
})

/** All events where everything has to run, else those of the first changeset and both ends. */
function chosen(all: readonly number[], sample: readonly number[]): readonly number[] {
  return process.env['SLUICE_REQUIRE_ALL'] === '1' ? all : sample
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
