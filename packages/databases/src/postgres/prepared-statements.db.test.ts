import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import type { BoundStatement, DatabaseError, SqlValue, StatementResult } from '@sluice/engine'
import { openTestDatabase } from '@sluice/testkit'
import { openPostgres } from './open.ts'
import type { PostgresSession } from './session.ts'
import { stretchOf } from './testing/stretch-of.ts'

const note = (text: string | null, number: number): BoundStatement => ({
  sql: 'insert into note (text, number) values ($1, $2)',
  values: [text, number],
})

async function open(t: TestContext): Promise<PostgresSession> {
  const target = await openTestDatabase(t)
  const session = await openPostgres({ url: target.url })
  t.after(() => session.close())
  await session.script(['create table t (id int)', 'create table note (text varchar(5), number int)'])
  await session.readFacts([])
  return session
}

/** What a changeset of one statement answers, how often it was told to have run, and what stands in the tables afterwards. */
async function run(session: PostgresSession, sql: string, after: readonly BoundStatement[]): Promise<unknown> {
  const told: StatementResult[] = []
  let code: string | undefined
  try {
    await session.executeStretch(stretchOf({ sql, after, onExecuted: (result) => told.push(result), onCommitted: () => {} }))
  } catch (error) {
    code = (error as DatabaseError).code
  }
  if (session.transactionState !== 'idle') await session.script(['ROLLBACK'])
  return [code, told.length, ...(await counts(session))]
}

async function counts(session: PostgresSession): Promise<readonly SqlValue[]> {
  const { rows } = await session.query('select (select count(*)::int from t), (select count(*)::int from note)')
  return rows[0] ?? []
}

async function kept(session: PostgresSession): Promise<unknown> {
  const { rows } = await session.query('select name, generic_plans + custom_plans from pg_prepared_statements order by name')
  return rows.map(([name, plans]) => [name, Number(plans)])
}

describe('statements of ours that PostgreSQL keeps prepared', () => {
  it('are read once, and their values are written as they are', async (t) => {
    const session = await open(t)
    const other = { sql: 'insert into note (number) values ($1)', values: [7] }
    deepEqual(await run(session, 'insert into t values (1)', [note("i's\\", 1), note(null, 2), other]), [undefined, 1, 1, 3])
    deepEqual(await run(session, 'insert into t values (2)', [note('$1', -3)]), [undefined, 1, 2, 4])
    deepEqual(await kept(session), [
      ['sluice statement 1', 3],
      ['sluice statement 2', 1],
    ])
    deepEqual((await session.query('select * from note')).rows, [
      ["i's\\", 1],
      [null, 2],
      [null, 7],
      ['$1', -3],
    ])
  })

  it('are not kept before it is known that nothing stands between', async (t) => {
    const target = await openTestDatabase(t)
    const session = await openPostgres({ url: target.url })
    t.after(() => session.close())
    await session.script(['create table t (id int)', 'create table note (text varchar(5), number int)'])
    equal(session.keepsPrepared, false)
    deepEqual(await run(session, 'insert into t values (1)', [note('a', 1)]), [undefined, 1, 1, 1])
    deepEqual(await kept(session), [])
  })

  for (const forget of ['deallocate all', 'discard all', 'deallocate "sluice statement 1"']) {
    it(`may be thrown away by ${forget}: the statement runs once for good and is told of once`, async (t) => {
      const session = await open(t)
      deepEqual(await run(session, 'insert into t values (1)', [note('a', 1)]), [undefined, 1, 1, 1])
      await session.execute(forget)
      deepEqual(await run(session, 'insert into t values (2)', [note('b', 2)]), [undefined, 1, 2, 2])
      equal(session.transactionState, 'idle')
      deepEqual(await run(session, 'insert into t values (3)', [note('c', 3)]), [undefined, 1, 3, 3])
      deepEqual(await run(session, 'insert into t values (4)', [note('d', 4)]), [undefined, 1, 4, 4])
      deepEqual(await kept(session), [['sluice statement 1', 3]])
    })
  }

  it('may be thrown away by the very statement that they follow', async (t) => {
    const session = await open(t)
    await session.execute(`create function forget() returns trigger language plpgsql as $$
begin execute 'deallocate all'; return new; end $$`)
    await session.execute('create trigger forget before insert on t for each row execute function forget()')
    for (const index of [1, 2, 3]) {
      deepEqual(await run(session, `insert into t values (${String(index)})`, [note('a', index)]), [undefined, 1, index, index])
    }
  })

  it('may be thrown away in the transaction that they end, and nothing of it is lost', async (t) => {
    const session = await open(t)
    for (const index of [1, 2, 3]) {
      await session.executeInNewTransaction('insert into t values (1)')
      if (index > 1) await session.execute('deallocate all')
      await session.commitWith([note('a', index), note('b', index)])
      equal(session.transactionState, 'idle')
      deepEqual(await counts(session), [index, index * 2])
    }
    deepEqual((await session.query('select number from note order by number')).rows.flat(), [1, 1, 2, 2, 3, 3])
  })

  it('follow the tables when those change', async (t) => {
    const session = await open(t)
    for (let index = 1; index <= 7; index++) {
      deepEqual(await run(session, `insert into t values (${String(index)})`, [note('a', index)]), [undefined, 1, index, index])
    }
    deepEqual(await run(session, 'alter table note add column more int default 5', [note('b', 8)]), [undefined, 1, 7, 8])
    await session.script([
      'drop table note',
      'create table note (number bigint, text text)',
      'create schema other',
      'set search_path to other, public',
    ])
    deepEqual(await run(session, 'insert into t values (8)', [note('much longer', 9)]), [undefined, 1, 8, 1])
  })

  it('take their transaction with them when they fail, for good and without a second try', async (t) => {
    const session = await open(t)
    deepEqual(await run(session, 'insert into t values (1)', [note('longer', 1)]), ['22001', 1, 0, 0])
    deepEqual(await run(session, 'insert into t values (1)', [note('a', 1)]), [undefined, 1, 1, 1])
    deepEqual(await run(session, 'insert into t values (2)', [note('longer', 2)]), ['22001', 1, 1, 1])
    await session.script(['BEGIN', 'insert into t values (2)'])
    equal(await session.commitWith([note('longer', 2)]).catch((error: DatabaseError) => error.code), '22001')
    equal(session.transactionState, 'failed')
    await session.script(['ROLLBACK'])
    deepEqual(await counts(session), [1, 1])
  })

  it('leave an error of the same kind that is the user’s own to the user', async (t) => {
    const session = await open(t)
    deepEqual(await run(session, 'insert into t values (1)', [note('a', 1)]), [undefined, 1, 1, 1])
    deepEqual(await run(session, 'execute nothing', [note('a', 1)]), ['26000', 0, 1, 1])
    await session.execute(`create function refuse() returns trigger language plpgsql as $$
begin raise exception 'late' using errcode = '26000'; end $$`)
    await session.execute(
      'create constraint trigger refuse after insert on t deferrable initially deferred for each row execute function refuse()',
    )
    deepEqual(await run(session, 'insert into t values (2)', [note('b', 2)]), ['26000', 1, 1, 1])
    await session.executeInNewTransaction('insert into t values (2)')
    equal(await session.commitWith([note('b', 2)]).catch((error: DatabaseError) => error.code), '26000')
    equal(session.transactionState, 'idle')
    deepEqual(await counts(session), [1, 1])
  })
})
