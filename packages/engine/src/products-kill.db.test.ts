import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { spawnProcess } from '@sluice/testkit'
import type { SpawnedProcess } from '@sluice/testkit'
import { readStatus } from './status.ts'
import { observedChangelog } from './testing/observed-changelog.ts'
import { openTestTarget, skipProduct } from './testing/test-target.ts'
import type { TestProduct, TestTarget } from './testing/test-target.ts'

const childPath = new URL('testing/apply-child.ts', import.meta.url).pathname
const together = 3
/** Every event, instead of a sample. */
const isFull = process.env['SLUICE_TEST_FULL'] === '1'

function startChild(target: TestTarget, env: Readonly<Record<string, string>>): SpawnedProcess {
  return spawnProcess({ command: process.execPath, args: [childPath], env: { CHILD_URL: target.url, ...env } })
}

async function prepare(t: TestContext, product: TestProduct): Promise<TestTarget> {
  const target = await openTestTarget(t, product)
  await target.rows('create table observer (what varchar(20))')
  return target
}

async function observed(target: TestTarget): Promise<readonly string[]> {
  return (await target.rows('select what from observer order by what')).map(([what]) => String(what))
}

async function killAtEvents(
  t: TestContext,
  product: TestProduct,
  kind: 'transactional' | 'stepwise',
  events: readonly number[],
  check: (target: TestTarget, at: number) => Promise<void>,
): Promise<void> {
  const queue = [...events]
  const work = async (): Promise<void> => {
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      const target = await prepare(t, product)
      const child = startChild(target, { CHILD_KILL_AT: String(at), CHILD_KIND: kind })
      const exit = await child.exited
      equal(exit.signal, 'SIGKILL', `event ${at}: ${child.output}`)
      await check(target, at)
    }
  }
  await Promise.all(Array.from({ length: together }, work))
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

describe('a run on SQLite that is killed', () => {
  it('leaves every changeset whole or not at all, and the next run does each once', async (t) => {
    const log = observedChangelog('transactional')
    await killAtEvents(t, 'sqlite', 'transactional', isFull ? range(1, 22) : [2, 5, 6, 7, 8, 14, 21], async (target, at) => {
      const recorded = (await target.history()).filter((row) => row.author === 'dev').map((row) => row.id)
      deepEqual(await observed(target), recorded.toSorted(), `event ${at}`)
      const { report, events } = await target.update(log, { anchorTag: 'anchor', tag: 'done' })
      equal(report.state, 'succeeded', `event ${at}: ${report.firstError?.message}`)
      deepEqual(await observed(target), ['one', 'three', 'two'], `event ${at}`)
      ok(at >= 21 || events.some((event) => event.type === 'lockTakenOver'), `event ${at}`)
    })
  })

  it('inside of a statement has done nothing of its changeset', async (t) => {
    const target = await prepare(t, 'sqlite')
    await target.database.execute(
      `create table counted (n int);
       create view slow as with recursive c(x) as (select 1 union all select x + 1 from c where x < 4000000) select count(*) as n from c;
       create trigger slowly after insert on observer when new.what = 'two' begin insert into counted select n from slow; end`,
    )
    const child = startChild(target, {})
    await child.waitForOutput(/\n10 statementStarted/)
    await child.kill()
    deepEqual(await observed(target), ['one'])
    await target.database.execute('drop trigger slowly')
    const { report } = await target.update(observedChangelog('transactional'), { anchorTag: 'anchor' })
    equal(report.state, 'succeeded', report.firstError?.message)
    deepEqual(await observed(target), ['one', 'three', 'two'])
  })

  it('knows which statements ran where the changelog wants no transaction', async (t) => {
    await killAtEvents(t, 'sqlite', 'stepwise', isFull ? range(3, 27) : [6, 7, 10, 18], async (target, at) => {
      const { report } = await target.update(observedChangelog('stepwise'), {
        anchorTag: 'anchor',
        tag: 'done',
        onPartial: 'resume',
      })
      equal(report.state, 'succeeded', `event ${at}: ${report.firstError?.message}`)
      equal((await observed(target)).length, 9, `event ${at}`)
      equal(new Set(await observed(target)).size, 9, `event ${at}`)
    })
  })
})

describe('a run on MariaDB that is killed', { skip: skipProduct('mariadb') }, () => {
  it('has left word of every statement, and what it says is true', async (t) => {
    const log = observedChangelog('transactional')
    await killAtEvents(t, 'mariadb', 'transactional', isFull ? range(1, 22) : [2, 4, 5, 6, 7, 8, 13, 21], async (target, at) => {
      const rows = await observed(target)
      const tables = (
        await target.rows(
          "select table_name from information_schema.tables where table_schema = database() and table_name like 't\\_%'",
        )
      ).map(([name]) => String(name).slice(2))
      const recorded = new Set((await target.history()).filter((row) => row.author === 'dev').map((row) => row.id))
      const { partial } = await readStatus({ database: target.database, changelog: log })
      for (const id of ['one', 'two', 'three']) {
        // Its first statement writes a row, its second makes a table.
        const ran = (rows.includes(id) ? 1 : 0) + (tables.includes(id) ? 1 : 0)
        const told = partial.find(({ changeset }) => changeset.id === id)
        if (recorded.has(id)) deepEqual([ran, told], [2, undefined], `event ${at}, ${id}`)
        else if (told === undefined) equal(ran, 0, `event ${at}, ${id}`)
        else
          ok(ran >= told.done && ran <= (told.uncertain ?? told.done), `event ${at}, ${id}: ${ran} ran, ${JSON.stringify(told)}`)
      }
      const { report } = await target.update(log, { anchorTag: 'anchor', tag: 'done', onPartial: 'resume' })
      equal(report.state, 'succeeded', `event ${at}: ${report.firstError?.message}`)
      deepEqual(await observed(target), ['one', 'three', 'two'], `event ${at}`)
    })
  })

  it('inside of a statement holds the lock until the server has ended it', async (t) => {
    const target = await prepare(t, 'mariadb')
    await target.database.execute(
      "create trigger slow before insert on observer for each row begin if new.what = 'two' then do sleep(0.7); end if; end",
    )
    const child = startChild(target, {})
    await child.waitForOutput(/11 statementStarted|10 statementStarted/)
    await child.kill()
    const { report } = await target.update(observedChangelog('transactional'), { anchorTag: 'anchor', onPartial: 'resume' })
    equal(report.state, 'succeeded', report.firstError?.message)
    deepEqual(await observed(target), ['one', 'three', 'two'])
  })
})

describe('processes that start at one moment', () => {
  const crowd = async (t: TestContext, product: TestProduct, count: number): Promise<void> => {
    const target = await prepare(t, product)
    const children = Array.from({ length: count }, () => startChild(target, {}))
    const exits = await Promise.all(children.map((child) => child.exited))
    deepEqual(
      exits.map(({ exitCode }, index) => [exitCode, exitCode === 0 ? '' : children[index]?.output]),
      exits.map(() => [0, '']),
    )
    deepEqual(await observed(target), ['one', 'three', 'two'])
    const applied = children.filter((child) => child.stdout.includes('changesetFinished executed'))
    equal(applied.length, 1)
    equal((await target.history()).length, 4)
  }

  for (const product of ['postgresql', 'mariadb', 'sqlite'] as const) {
    it(`on ${product}: one applies, the others wait and find it done`, { skip: skipProduct(product) }, async (t) => {
      await crowd(t, product, 2)
      await crowd(t, product, isFull ? 10 : 4)
    })
  }
})
