import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import type { BoundStatement, DatabaseError, SmallTransaction } from '@sluice/engine'
import { openTestDatabase } from '@sluice/testkit'
import type { TestDatabase } from '@sluice/testkit'
import { openPostgres } from './open.ts'
import type { PostgresSession } from './session.ts'
import { stretchOf } from './testing/stretch-of.ts'

interface Setting {
  readonly target: TestDatabase
  readonly session: PostgresSession
  readonly other: PostgresSession
  /** What was told, in order. */
  readonly told: string[]
}

async function open(t: TestContext): Promise<Setting> {
  const target = await openTestDatabase(t)
  const [session, other] = [await openPostgres({ url: target.url }), await openPostgres({ url: target.url })]
  t.after(() => session.close())
  t.after(() => other.close())
  await session.script([
    'create table t (id int primary key deferrable initially deferred)',
    'create table note (id int not null)',
  ])
  await session.readFacts([])
  return { target, session, other, told: [] }
}

const noteOf = (id: number | null): BoundStatement => ({ sql: 'insert into note values ($1)', values: [id] })

function transaction(told: string[], id: number, sql: string, after = [noteOf(id)]): SmallTransaction {
  return {
    sql,
    after,
    onExecuted: ({ command, rows }) => told.push(`${String(id)} ${command} ${String(rows)}`),
    onCommitted: () => told.push(`${String(id)} committed`),
  }
}

const insert = (id: number): string => `insert into t values (${String(id)})`
const rowsOf = async (session: PostgresSession): Promise<unknown> => {
  const { rows } = await session.query(
    'select (select array_agg(id order by id)::text from t), (select array_agg(id)::text from note)',
  )
  return rows[0]
}
const codeOf = (run: Promise<void>): Promise<string | undefined> =>
  run.then(
    () => undefined,
    (error: DatabaseError) => error.code ?? error.name,
  )

describe('a stretch of small transactions', () => {
  it('commits each by itself, tells of them in order, and sends them before those ahead are answered', async (t) => {
    const { session, told } = await open(t)
    const count = 100
    let taken = 0
    let takenAtFirst = 0
    let most = 0
    await session.executeStretch(() => {
      if (taken === count) return undefined
      const one = transaction(told, ++taken, insert(taken))
      return {
        ...one,
        onCommitted: () => {
          one.onCommitted()
          const committed = told.length / 2
          if (committed === 1) takenAtFirst = taken
          most = Math.max(most, taken - committed + 1)
        },
      }
    })
    const ids = Array.from({ length: count }, (_, index) => String(index + 1))
    deepEqual(
      told,
      ids.flatMap((id) => [`${id} INSERT 1`, `${id} committed`]),
    )
    ok(takenAtFirst > 1, `${String(takenAtFirst)} had been sent when the first was answered`)
    ok(most <= 16, `${String(most)} were on their way`)
    equal(session.transactionState, 'idle')
    const { rows } = await session.query('select count(*)::int, count(distinct xmin::text)::int from t')
    deepEqual(rows[0], [count, count])
  })

  it('may hold none', async (t) => {
    const { session } = await open(t)
    await session.executeStretch(stretchOf())
    equal(session.transactionState, 'idle')
  })

  for (const [what, failing, code, state, isExecuted] of [
    ['a statement', transaction([], 2, 'insert into nowhere values (1)'), '42P01', 'failed', false],
    ['a text that cannot be parsed', transaction([], 2, 'insert into t values ('), '42601', 'failed', false],
    ['two statements in one text', transaction([], 2, `${insert(2)}; ${insert(20)}`), '42601', 'failed', false],
    ['a statement of ours', transaction([], 2, insert(2), [noteOf(2), noteOf(null)]), '23502', 'failed', true],
    ['a commit', transaction([], 2, 'insert into t values (1)'), '23505', 'idle', true],
  ] as const) {
    it(`runs nothing behind ${what} that fails`, async (t) => {
      const { session, told } = await open(t)
      const own = { ...failing, onExecuted: () => told.push('executed'), onCommitted: () => told.push('committed') }
      const stretch = stretchOf(transaction(told, 1, insert(1)), own, ...[3, 4, 5].map((id) => transaction(told, id, insert(id))))
      equal(await codeOf(session.executeStretch(stretch)), code)
      deepEqual(told, ['1 INSERT 1', '1 committed', ...(isExecuted ? ['executed'] : [])])
      equal(session.transactionState, state)
      if (state === 'failed') await session.script(['ROLLBACK'])
      deepEqual(await rowsOf(session), ['{1}', '{1}'])
      await session.executeStretch(stretchOf(transaction(told, 6, insert(6))))
      deepEqual(await rowsOf(session), ['{1,6}', '{1,6}'])
    })
  }

  it('ends where the connection does, and what is behind has not run', async (t) => {
    const { session, other, told } = await open(t)
    const end = transaction(told, 2, 'select pg_terminate_backend(pg_backend_pid())')
    const stretch = stretchOf(transaction(told, 1, insert(1)), end, transaction(told, 3, insert(3)))
    const error = await session.executeStretch(stretch).catch((caught: DatabaseError) => caught)
    equal((error as DatabaseError).connectionLost, true)
    deepEqual(told, ['1 INSERT 1', '1 committed'])
    equal(session.transactionState, 'closed')
    deepEqual(await rowsOf(other), ['{1}', '{1}'])
  })

  it('stops at a cancel, which the statement that runs answers', async (t) => {
    const { session, told } = await open(t)
    const sleeping = transaction(told, 2, 'select pg_sleep(60)')
    const first = transaction(told, 1, insert(1))
    const stretch = stretchOf(
      { ...first, onCommitted: () => void session.cancelRunning() },
      sleeping,
      transaction(told, 3, insert(3)),
    )
    const again = setInterval(() => void session.cancelRunning(), 100)
    t.after(() => clearInterval(again))
    equal(await codeOf(session.executeStretch(stretch)), '57014')
    clearInterval(again)
    await session.script(['ROLLBACK'])
    deepEqual(await rowsOf(session), ['{1}', '{1}'])
  })

  it('goes on where the server has forgotten what it kept, each run once for good and told of once', async (t) => {
    const { session, told } = await open(t)
    const texts = [insert(1), insert(2), 'deallocate all', insert(4), 'discard plans', 'deallocate all', insert(7), insert(8)]
    const all = texts.map((sql, index) => transaction(told, index + 1, sql))
    await session.executeStretch(stretchOf(transaction(told, 0, insert(0))))
    told.length = 0
    await session.executeStretch(stretchOf(...all))
    deepEqual(
      told.filter((line) => line.endsWith('committed')),
      texts.map((_, index) => `${String(index + 1)} committed`),
    )
    equal(told.length, 2 * texts.length)
    deepEqual(await rowsOf(session), ['{0,1,2,4,7,8}', '{0,1,2,3,4,5,6,7,8}'])
  })

  it('never finds the text of another behind a name', async (t) => {
    const { session, told } = await open(t)
    const other = (id: number): BoundStatement => ({ sql: 'insert into note select $1::int + 100', values: [id] })
    const both = (id: number): BoundStatement[] => [...(id % 2 === 0 ? [noteOf(id)] : []), other(id)]
    const stretch = Array.from({ length: 40 }, (_, index) => transaction(told, index, insert(index), both(index)))
    await session.executeStretch(stretchOf(...stretch))
    const { rows } = await session.query(
      'select count(*) filter (where id < 100)::int, count(*) filter (where id >= 100)::int, sum(id)::int from note',
    )
    const sum = (39 * 40) / 2
    deepEqual(rows[0], [20, 40, 19 * 20 + sum + 40 * 100])
  })
})
