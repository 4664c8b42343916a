import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '@sluice/base'
import type { DatabaseError } from '@sluice/engine'
import { openTestDatabase, waitFor } from '@sluice/testkit'
import type { TestDatabase } from '@sluice/testkit'
import { openPostgres } from './open.ts'
import type { PostgresSession } from './session.ts'
import { stretchOf } from './testing/stretch-of.ts'

async function open(database: TestDatabase, more: object = {}): Promise<PostgresSession> {
  return openPostgres({ url: database.url, ...more })
}

describe('a PostgreSQL session', () => {
  it('sends statements verbatim, counts rows without keeping them and reports notices', async (t) => {
    const target = await openTestDatabase(t)
    const session = await open(target)
    t.after(() => session.close())
    const notices: string[] = []
    session.onNotice = (notice) => notices.push(`${notice.severity}: ${notice.message}`)
    deepEqual(await session.execute('create table t (id int)'), { rows: undefined, command: 'CREATE' })
    deepEqual(await session.execute("insert into t select generate_series(1, 5) -- it's \\ $1"), { rows: 5, command: 'INSERT' })
    deepEqual(await session.execute('select * from t'), { rows: 5, command: 'SELECT' })
    deepEqual(await session.execute('insert into t values (6); update t set id = id + 1'), { rows: 7, command: 'UPDATE' })
    await session.execute("do $$ begin raise notice 'hello %', 1; end $$")
    deepEqual(notices, ['NOTICE: hello 1'])
  })

  it('does not count the work that is done while it connects as waiting', async (t) => {
    const target = await openTestDatabase(t)
    const whileConnecting = (): void => {
      const until = performance.now() + 2300
      while (performance.now() < until);
    }
    const session = await open(target, { connectTimeoutMs: 2000, whileConnecting })
    t.after(() => session.close())
    equal((await session.query('select 1')).rows[0]?.[0], 1)
  })

  it('has given its lock back when it is closed', async (t) => {
    const target = await openTestDatabase(t)
    const other = await open(target)
    t.after(() => other.close())
    for (let round = 0; round < 10; round++) {
      const session = await open(target)
      equal(await session.trySessionLock(7n), true)
      await session.close()
      equal(await other.trySessionLock(7n), true)
      await other.releaseSessionLock(7n)
    }
  })

  it('keeps dates and large numbers as the text of the server', async (t) => {
    const target = await openTestDatabase(t)
    const session = await open(target)
    t.after(() => session.close())
    const { rows } = await session.query(
      "select 1, true, null, 12345678901234567890::numeric, timestamp '2020-01-02 03:04:05.678901', 9223372036854775807::bigint",
    )
    deepEqual(rows, [[1, true, null, '12345678901234567890', '2020-01-02 03:04:05.678901', '9223372036854775807']])
  })

  it('knows the transaction state right after an error', async (t) => {
    const target = await openTestDatabase(t)
    const session = await open(target)
    t.after(() => session.close())
    equal(session.transactionState, 'idle')
    await session.script(['BEGIN'])
    equal(session.transactionState, 'active')
    await rejects(session.execute('select * from missing'), (error: DatabaseError) => {
      equal(error.code, '42P01')
      equal(error.position, 15)
      equal(error.connectionLost, false)
      return true
    })
    equal(session.transactionState, 'failed')
    await session.script(['ROLLBACK'])
    equal(session.transactionState, 'idle')
    await rejects(session.script(['BEGIN', 'select 1/0', 'COMMIT']), /division by zero/)
    equal(session.transactionState, 'failed')
  })

  it('commits a statement and what follows it in one round trip, or nothing of both', async (t) => {
    const target = await openTestDatabase(t)
    const session = await open(target)
    t.after(() => session.close())
    await session.script([
      'create table t (id int)',
      'create table note (text text)',
      'create table one (id int primary key deferrable initially deferred)',
    ])
    const note = [{ sql: 'insert into note values ($1)', values: ['done'] }]
    const run = async (sql: string, after = note): Promise<unknown> => {
      let ended: unknown
      try {
        await session.executeStretch(stretchOf({ sql, after, onExecuted: (result) => (ended = result), onCommitted: () => {} }))
      } catch (error) {
        const { code, position } = error as DatabaseError
        ended = [code, position, ended]
      }
      if (session.transactionState !== 'idle') await session.script(['ROLLBACK'])
      const { rows } = await session.query('select (select count(*)::int from t), (select count(*)::int from note)')
      return [ended, rows[0]]
    }
    deepEqual(await run('insert into t values (1) returning id'), [{ rows: 1, command: 'INSERT' }, [1, 1]])
    deepEqual(await run('insert into missing values (2)'), [
      ['42P01', 13, undefined],
      [1, 1],
    ])
    // Nothing of a text that cannot be parsed runs, its BEGIN neither.
    deepEqual(await run('insert into t values ('), [
      ['42601', 23, undefined],
      [1, 1],
    ])
    deepEqual(await run('insert into t values (3)', [{ sql: 'insert into nowhere values (1)', values: [] }]), [
      ['42P01', undefined, { rows: 1, command: 'INSERT' }],
      [1, 1],
    ])
    deepEqual(await run('insert into one values (1), (1)'), [
      ['23505', undefined, { rows: 2, command: 'INSERT' }],
      [1, 1],
    ])
    // One statement or nothing: what ends the transaction never runs.
    for (const sql of [
      'insert into t values (4); commit',
      'insert into t values (4); insert into t values (5)',
      'commit; drop table t',
    ])
      deepEqual(await run(sql), [
        ['42601', undefined, undefined],
        [1, 1],
      ])
    deepEqual(await run('insert into t select $1::int'), [
      ['08P01', undefined, undefined],
      [1, 1],
    ])
    deepEqual(await run('insert into t values (5)'), [{ rows: 1, command: 'INSERT' }, [2, 2]])
  })

  it('reads facts and the columns of tables in one query', async (t) => {
    const target = await openTestDatabase(t)
    const session = await open(target, { url: `${target.url}?currentSchema=app,public` })
    t.after(() => session.close())
    await session.script(['create schema app', 'create table app."Log" (id int, "Name" varchar(35))'])
    const facts = await session.readFacts([
      { schema: undefined, name: 'Log' },
      { schema: 'public', name: 'Log' },
    ])
    equal(facts.databaseName, target.name)
    equal(facts.userName, target.user)
    equal(facts.defaultSchema, 'app')
    match(facts.serverVersion, /^\d+\.\d+/)
    deepEqual(facts.tables, [
      [
        { name: 'id', maxLength: undefined },
        { name: 'name', maxLength: 35 },
      ],
      undefined,
    ])
  })

  it('cancels the running statement, waits for its end and stays usable', async (t) => {
    const target = await openTestDatabase(t)
    const session = await open(target)
    t.after(() => session.close())
    const sleeping = session.execute('select pg_sleep(30)')
    const seen = rejects(sleeping, (error: DatabaseError) => error.canceled && error.code === '57014')
    await session.cancelRunning()
    await waitFor(async () => {
      await session.cancelRunning()
      return Promise.race([seen.then(() => true), new Promise<false>((resolve) => setTimeout(() => resolve(false), 20))])
    })
    deepEqual((await session.query('select 1')).rows, [[1]])
  })

  it('says that the connection is lost when the server ends it, and only then', async (t) => {
    const target = await openTestDatabase(t)
    const session = await open(target, { applicationName: 'sluice:victim' })
    const other = await open(target)
    t.after(() => other.close())
    const [victim] = await other.sessionsNamed('sluice:vic')
    equal(victim?.applicationName, 'sluice:victim')
    const sleeping = rejects(session.execute('select pg_sleep(30)'), (error: DatabaseError) => error.connectionLost)
    await other.query('select pg_terminate_backend($1::int)', [victim?.sessionId ?? ''])
    await sleeping
    equal(session.transactionState, 'closed')
    await rejects(session.query('select 1'), (error: DatabaseError) => error.connectionLost)
    await session.close()
  })

  it('shares the session lock with nobody and names its holder', async (t) => {
    const target = await openTestDatabase(t)
    const [first, second] = await Promise.all([open(target, { applicationName: 'sluice:a:1:x' }), open(target)])
    t.after(() => second.close())
    for (const key of [5n, -7_000_000_000_123n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      equal(await first.trySessionLock(key), true)
      equal(await second.trySessionLock(key), false)
      equal((await second.sessionLockHolder(key))?.applicationName, 'sluice:a:1:x')
    }
    await first.releaseSessionLock(5n)
    equal(await second.trySessionLock(5n), true)
    await first.close()
    await waitFor(async () => (await second.sessionLockHolder(-7_000_000_000_123n)) === undefined)
  })

  it('obeys lock and statement timeouts, and ignores options of our own environment', async (t) => {
    const target = await openTestDatabase(t)
    process.env['PGOPTIONS'] = '-c search_path=elsewhere'
    t.after(() => delete process.env['PGOPTIONS'])
    const session = await open(target, { lockTimeoutMs: 1234, statementTimeoutMs: 5000 })
    t.after(() => session.close())
    const { rows } = await session.query(
      "select current_setting('lock_timeout'), current_setting('statement_timeout'), current_schema()::text",
    )
    deepEqual(rows, [['1234ms', '5s', 'public']])
  })
})

describe('opening PostgreSQL', () => {
  const failure = async (options: Parameters<typeof openPostgres>[0]): Promise<AppError> => {
    const error: unknown = await openPostgres(options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    ok(error instanceof AppError)
    ok(!error.message.includes('s3cret'), error.message)
    return error
  }

  it('explains what is wrong without the password', async (t) => {
    const target = await openTestDatabase(t)
    const url = `postgresql://127.0.0.1:${target.port}/${target.name}`
    equal((await failure({ url, user: target.user, password: 's3cret' })).code, 'DATABASE_LOGIN_REFUSED')
    equal((await failure({ url, user: target.user })).code, 'DATABASE_LOGIN_REFUSED')
    equal((await failure({ url: `${url}_none`, user: target.user, password: target.password })).code, 'DATABASE_NOT_FOUND')
    equal((await failure({ url: 'postgresql://u:s3cret@127.0.0.1:1/d' })).code, 'DATABASE_UNREACHABLE')
    equal((await failure({ url: 'postgresql://u:s3cret@127.0.0.1:1/d?sslmode=often' })).code, 'DATABASE_URL_SSLMODE')
    equal((await failure({ url: `${url}?sslmode=require`, user: target.user, password: target.password })).code, 'DATABASE_TLS')
    equal((await failure({ url })).code, 'DATABASE_USER_MISSING')
    equal((await failure({ url: 'jdbc:mysql://h/d', user: 'u' })).code, 'DATABASE_URL_ENGINE')
  })

  it('takes the first host of a list that answers', async (t) => {
    const target = await openTestDatabase(t)
    const session = await openPostgres({
      url: `jdbc:postgresql://127.0.0.1:1,127.0.0.1:${target.port}/${target.name}`,
      user: target.user,
      password: target.password,
    })
    t.after(() => session.close())
    equal((await session.readFacts([])).databaseName, target.name)
  })
})
