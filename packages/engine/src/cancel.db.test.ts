import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyPlan } from './apply.ts'
import { DatabaseError } from './database.ts'
import type { Database, SmallTransaction } from './database.ts'
import { inspect } from './inspect.ts'
import { changelog, changeset } from './testing/test-changelog.ts'
import { openTestTarget } from './testing/test-target.ts'
import { planUpdate } from './update.ts'

const quick = changeset('1', 'create table a (id int)')
const slow = changeset('2', 'insert into a values (1); select pg_sleep(60)')

describe('cancelling a run', () => {
  it('stops the running statement at the database and undoes its changeset', async (t) => {
    const target = await openTestTarget(t)
    const controller = new AbortController()
    const { report } = await target.update(
      changelog(quick, slow),
      {},
      {
        signal: controller.signal,
        onEvent: (event) =>
          event.type === 'statementStarted' && event.sql.includes('sleep') && queueMicrotask(() => controller.abort()),
      },
    )
    deepEqual([report.state, report.wrote], ['canceled', true])
    deepEqual(
      report.entries.map((entry) => [entry.state, entry.error?.databaseCode]),
      [
        ['done', undefined],
        ['failed', '57014'],
      ],
    )
    deepEqual(await target.rows('select count(*)::int from a'), [[0]])
    deepEqual(await target.rows('select locked from databasechangeloglock'), [[false]])
  })

  it('between two changesets reaches none that was not on its way, and before the first writes nothing', async (t) => {
    const target = await openTestTarget(t)
    const log = changelog(quick, changeset('2', 'create table b (id int); create table c (id int)'))
    const early = await target.update(log, {}, { signal: AbortSignal.abort() })
    deepEqual([early.report.state, early.report.wrote], ['canceled', false])
    const controller = new AbortController()
    const { report } = await target.update(
      log,
      {},
      {
        signal: controller.signal,
        onEvent: (event) => event.type === 'changesetFinished' && controller.abort(),
      },
    )
    deepEqual(
      [report.state, report.wrote, report.entries.map((entry) => entry.state)],
      ['canceled', true, ['done', 'notReached']],
    )
  })

  it('says unknown when the database does not confirm the end in time', async (t) => {
    const target = await openTestTarget(t)
    const deaf = wrap(await target.connect('sluice:deaf:1:x'), { cancelRunning: async () => {} })
    const log = changelog(changeset('2', 'select pg_sleep(1.5)'))
    const controller = new AbortController()
    const plan = await planUpdate({ database: deaf, changelog: log })
    const report = await applyPlan({
      database: deaf,
      changelog: log,
      plan,
      options: { runId: 'run_deaf', cancelWaitMs: 60 },
      signal: controller.signal,
      onEvent: (event) => event.type === 'statementStarted' && queueMicrotask(() => controller.abort()),
    })
    deepEqual([report.state, report.wrote, report.firstError?.code], ['unknown', true, 'CANCEL_UNCONFIRMED'])
    const expected = {
      direction: 'apply',
      changesets: log.changesets,
      runId: 'run_deaf',
      applicationNamePrefix: 'sluice:deaf:1',
    } as const
    const found = await inspect({ database: target.database, expected })
    deepEqual([found.finding, found.settled, found.sessions.length, found.lock?.by], ['none', false, 1, 'session'])
  })
})

describe('a connection that is lost', () => {
  const log = changelog(quick, changeset('2', 'create table b (id int)'), changeset('3', 'create table c (id int)'))
  const lost = new DatabaseError('The connection to the database was lost.', { connectionLost: true })

  for (const arrives of [true, false]) {
    it(`at commits that ${arrives ? 'arrived' : 'never arrived'} leaves all unknown that were on their way, and inspection finds the truth`, async (t) => {
      const target = await openTestTarget(t)
      const session = await target.connect('sluice:lost:1:x')
      const four = changelog(...log.changesets, changeset('4', 'create table d (id int)'))
      const flaky = wrap(session, {
        executeStretch: async (next) => {
          const [first, ...others] = [next(), next(), next()]
          await session.executeStretch?.(stretchOf(first))
          const untold = others.map((one) => one && { ...one, onExecuted: () => {}, onCommitted: () => {} })
          if (arrives) await session.executeStretch?.(stretchOf(...untold))
          await session.close()
          throw lost
        },
      })
      const plan = await planUpdate({ database: flaky, changelog: four })
      const events: string[] = []
      const report = await applyPlan({
        database: flaky,
        changelog: four,
        plan,
        options: { runId: 'run_lost' },
        onEvent: (event) =>
          event.type.startsWith('changeset') && events.push(`${event.type} ${'changeset' in event ? event.changeset?.id : ''}`),
      })
      deepEqual(
        [report.state, report.entries.map((entry) => entry.state)],
        ['unknown', ['done', 'unknown', 'unknown', 'notReached']],
      )
      deepEqual(
        events,
        ['1', '2', '3'].flatMap((id) => [`changesetStarted ${id}`, `changeset${id === '1' ? 'Finished' : 'Failed'} ${id}`]),
      )
      const expected = {
        direction: 'apply',
        changesets: four.changesets,
        runId: 'run_lost',
        applicationNamePrefix: 'sluice:lost:1',
      } as const
      const found = await inspect({ database: target.database, expected })
      deepEqual([found.finding, found.done, found.settled], ['prefix', arrives ? 3 : 1, true])
      ok(found.lock?.lockedBy?.startsWith('sluice run_lost'))
      equal((await target.update(four)).report.state, 'succeeded')
      equal((await inspect({ database: target.database, expected })).summary, 'All 4 changesets were applied.')
    })
  }

  it('inside of a transaction is a failure that changed nothing', async (t) => {
    const target = await openTestTarget(t)
    const session = await target.connect()
    const loseConnection = async (): Promise<never> => {
      await session.close()
      throw lost
    }
    const flaky = wrap(session, {
      execute: loseConnection,
      executeInNewTransaction: loseConnection,
      executeStretch: undefined as never,
    })
    const plan = await planUpdate({ database: flaky, changelog: log })
    const report = await applyPlan({ database: flaky, changelog: log, plan, options: { runId: 'run_lost' } })
    deepEqual([report.state, report.wrote, report.firstError?.code], ['failed', false, 'CONNECTION_LOST'])
  })

  it('is unknown where the commit was sent with the history', async (t) => {
    for (const arrives of [true, false]) {
      const target = await openTestTarget(t)
      const session = await target.connect()
      const flaky = wrap(session, {
        commitWith: async (statements) => {
          if (arrives) await session.commitWith?.(statements)
          await session.close()
          throw lost
        },
      })
      const two = changelog(changeset('1', 'create table a (id int); create table b (id int)'))
      const plan = await planUpdate({ database: flaky, changelog: two })
      const report = await applyPlan({ database: flaky, changelog: two, plan, options: { runId: 'run_lost' } })
      deepEqual([report.state, report.wrote, report.firstError?.code], ['unknown', true, 'CONNECTION_LOST'])
      equal((await target.history()).length, arrives ? 1 : 0)
    }
  })

  it('is unknown where the commit was sent with the statement', async (t) => {
    const target = await openTestTarget(t)
    const session = await target.connect()
    const flaky = wrap(session, {
      executeStretch: async (next) => {
        next()
        await session.close()
        throw lost
      },
    })
    const small = changelog(quick)
    const plan = await planUpdate({ database: flaky, changelog: small })
    const report = await applyPlan({ database: flaky, changelog: small, plan, options: { runId: 'run_lost' } })
    deepEqual([report.state, report.firstError?.code], ['unknown', 'CONNECTION_LOST'])
  })
})

function stretchOf(...transactions: readonly (SmallTransaction | undefined)[]): () => SmallTransaction | undefined {
  const left = [...transactions]
  return () => left.shift()
}

/** The same session with some calls replaced. */
function wrap(database: Database, replaced: Partial<Database>): Database {
  return new Proxy(database, {
    get: (of, name) => {
      const value: unknown = Reflect.get(name in replaced ? replaced : of, name)
      return typeof value === 'function' && !(name in replaced) ? value.bind(of) : value
    },
    set: (of, name, value) => Reflect.set(of, name, value, of),
  })
}
