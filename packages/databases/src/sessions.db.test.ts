import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { AppError } from '@sluice/base'
import type { Database, DatabaseError } from '@sluice/engine'
import { openTempDir, openTestDatabase, openTestMariadbDatabase, skipWithoutMariadb, waitFor } from '@sluice/testkit'
import { openDatabase } from './open-database.ts'

interface Product {
  readonly name: 'postgresql' | 'mariadb' | 'sqlite'
  readonly skip: false | string
  readonly openUrl: (t: TestContext) => Promise<string>
  /** A statement that runs for 20 seconds. */
  readonly sleep: string | undefined
  readonly missingCode: string
}

const products: readonly Product[] = [
  {
    name: 'postgresql',
    skip: false,
    openUrl: async (t) => (await openTestDatabase(t)).url,
    sleep: 'select pg_sleep(20)',
    missingCode: '42P01',
  },
  {
    name: 'mariadb',
    skip: skipWithoutMariadb(),
    openUrl: async (t) => (await openTestMariadbDatabase(t)).url,
    sleep: 'select sleep(20)',
    missingCode: '1146',
  },
  { name: 'sqlite', skip: false, openUrl: openSqliteUrl, sleep: undefined, missingCode: 'SQLITE_ERROR' },
]

async function openSqliteUrl(t: TestContext): Promise<string> {
  const dir = await openTempDir()
  t.after(() => dir[Symbol.asyncDispose]())
  return `sqlite:${dir.path}/shop.db`
}

for (const { name, skip, openUrl, sleep, missingCode } of products) {
  const setUp = async (
    t: TestContext,
  ): Promise<{ readonly session: Database; readonly another: (applicationName?: string) => Promise<Database> }> => {
    const url = await openUrl(t)
    const another = async (applicationName = 'sluice:test'): Promise<Database> => {
      const session = await openDatabase({ url, applicationName })
      t.after(() => session.close())
      return session
    }
    return { session: await another('sluice:first:1:x'), another }
  }

  describe(`a session on ${name}`, { skip }, () => {
    it('sends statements verbatim and counts rows without keeping them', async (t) => {
      const { session } = await setUp(t)
      deepEqual(await session.execute('create table t (id int, name varchar(40))'), { rows: undefined, command: 'CREATE' })
      deepEqual(await session.execute("insert into t values (1, 'it''s ? $1 -- %s'), (2, null) -- why; not"), {
        rows: 2,
        command: 'INSERT',
      })
      deepEqual((await session.query('select name from t where id = 1')).rows, [["it's ? $1 -- %s"]])
      deepEqual(await session.execute('select * from t'), { rows: 2, command: 'SELECT' })
      deepEqual(await session.execute('update t set id = id + 1 where id = 7'), { rows: 0, command: 'UPDATE' })
      deepEqual(await session.execute("insert into t values (3, ''); update t set id = 9"), { rows: 4, command: 'UPDATE' })
    })

    it('binds values, and keeps large numbers, decimals and dates as text', async (t) => {
      const { session } = await setUp(t)
      const marker = session.dialect.parameter(1)
      await session.execute('create table t (a bigint, b varchar(20), c decimal(30, 2), d varchar(30))')
      await session.execute("insert into t values (9223372036854775807, 'x''\\y', 1.50, '2020-01-02 03:04:05')")
      const { rows } = await session.query(`select a, d from t where d = ${marker}`, ['2020-01-02 03:04:05'])
      deepEqual(rows, [['9223372036854775807', '2020-01-02 03:04:05']])
      equal((await session.query(`select a from t where d = ${marker}`, ["' or 1 = 1 --"])).rows.length, 0)
      deepEqual((await session.query(`select 1 from t where b = ${session.dialect.literal('no')}`)).rows, [])
      const odd = 'a\'b\\c"d`e\n\\'
      deepEqual((await session.query(`select ${session.dialect.literal(odd)}`)).rows, [[odd]])
    })

    it('knows the transaction state, also after an error', async (t) => {
      const { session } = await setUp(t)
      equal(session.transactionState, 'idle')
      await session.script(['create table t (id int primary key)'])
      await session.script(['BEGIN', 'insert into t values (1)'])
      equal(session.transactionState, 'active')
      await rejects(session.execute('insert into missing values (1)'), (error: DatabaseError) => {
        equal(error.code, missingCode)
        equal(error.reason, 'missing')
        equal(error.connectionLost, false)
        equal(error.canceled, false)
        return true
      })
      ok(session.transactionState === 'active' || session.transactionState === 'failed')
      await session.script(['ROLLBACK'])
      equal(session.transactionState, 'idle')
      deepEqual(
        (await session.query('select count(*) from t')).rows.map(([count]) => Number(count)),
        [0],
      )
      await session.execute('insert into t values (1)')
      await rejects(session.execute('insert into t values (1)'), (error: DatabaseError) => error.reason === 'exists')
    })

    it('says where a statement is wrong', async (t) => {
      const { session } = await setUp(t)
      await rejects(session.execute('select 1,\n  2 frm x y z'), (error: DatabaseError) => {
        ok(error.position !== undefined && error.position > 10, String(error.position))
        return true
      })
    })

    it('opens a transaction and runs its first statement at once, where it can', async (t) => {
      const { session } = await setUp(t)
      if (session.executeInNewTransaction === undefined) return
      await session.execute('create table begun (id int)')
      const sql = 'insert into begun values (1), (2)'
      const { rows, command } = await session.executeInNewTransaction(sql)
      deepEqual({ rows, command, state: session.transactionState }, { rows: 2, command: 'INSERT', state: 'active' })
      await session.execute('ROLLBACK')
      deepEqual(
        (await session.query('select count(*) from begun')).rows.map(([count]) => Number(count)),
        [0],
      )
      for (const wrong of ['select 1,\n  2 frm x y z', 'select missing_column from begun']) {
        const positions: (number | undefined)[] = []
        for (const begins of [false, true]) {
          const run = (): Promise<unknown> | undefined =>
            begins ? session.executeInNewTransaction?.(wrong) : session.execute(wrong)
          await rejects(
            async () => run(),
            (error: DatabaseError) => positions.push(error.position) > 0,
          )
          if (session.transactionState !== 'idle') await session.execute('ROLLBACK')
        }
        ok(positions[0] !== undefined && positions[0] === positions[1], String(positions))
      }
    })

    it('reads facts and the columns of tables', async (t) => {
      const { session } = await setUp(t)
      await session.execute('create table "Log" (id int, "Name" varchar(35))'.replaceAll('"', name === 'mariadb' ? '`' : '"'))
      const facts = await session.readFacts([
        { schema: undefined, name: 'Log' },
        { schema: undefined, name: 'none' },
      ])
      match(facts.serverVersion, /^\d+\.\d+/)
      ok(facts.defaultSchema !== undefined && facts.sessionId !== '')
      deepEqual(
        facts.tables[0]?.map((column) => column.name),
        ['id', 'name'],
      )
      equal(facts.tables[0]?.[1]?.maxLength, name === 'sqlite' ? undefined : 35)
      equal(facts.tables[1], undefined)
    })

    it('shares the session lock with nobody, names its holder, and gives it back with the connection', async (t) => {
      const { session, another } = await setUp(t)
      const other = await another()
      for (const key of [5n, -7_000_000_000_123n, 2n ** 63n - 1n, -(2n ** 63n)]) {
        equal(await session.trySessionLock(key), true)
        equal(await other.trySessionLock(key), false)
        const holder = await other.sessionLockHolder(key)
        equal(holder?.sessionId, (await session.readFacts([])).sessionId)
      }
      deepEqual(
        (await other.sessionsNamed('sluice:first:1:x')).map(({ sessionId }) => sessionId),
        [(await session.readFacts([])).sessionId],
      )
      equal((await other.sessionsNamed('sluice:first')).length, 1)
      deepEqual(await other.sessionsNamed('sluice:nobody'), [])
      deepEqual(await session.sessionsNamed('sluice:first:1:x'), [])
      await session.close()
      await waitFor(async () => (await other.sessionLockHolder(5n)) === undefined)
      equal(await other.trySessionLock(5n), true)
      await other.releaseSessionLock(5n)
      equal(await other.sessionLockHolder(5n), undefined)
    })

    if (sleep !== undefined)
      it('cancels the running statement and stays usable', async (t) => {
        const { session } = await setUp(t)
        const running = session.execute(sleep ?? '')
        const seen = running.then(
          () => 'ended',
          (error: DatabaseError) => (error.canceled ? 'canceled' : error.message),
        )
        await waitFor(async () => {
          await session.cancelRunning()
          return Promise.race([seen.then(() => true), new Promise<false>((resolve) => setTimeout(() => resolve(false), 20))])
        })
        match(await seen, /canceled|ended/)
        for (let round = 0; round < 20; round++) {
          await session.cancelRunning()
          deepEqual((await session.query('select 1')).rows, [[1]])
        }
      })

    if (sleep !== undefined)
      it('says that the connection is lost, and stays so', async (t) => {
        const { session, another } = await setUp(t)
        const other = await another()
        const id = (await session.readFacts([])).sessionId
        const lost = rejects(session.execute(sleep ?? ''), (error: DatabaseError) => error.connectionLost)
        await other.query(name === 'mariadb' ? `KILL ${id}` : `select pg_terminate_backend(${id})`)
        await lost
        equal(session.transactionState, 'closed')
        await rejects(session.query('select 1'), (error: DatabaseError) => error.connectionLost)
        await session.close()
      })

    it('ends a wait for a lock after the time that is set, and a statement where it can', async (t) => {
      const { session, another } = await setUp(t)
      const other = await another()
      await session.script(['create table t (id int primary key)', 'insert into t values (1)'])
      await other.script(['BEGIN', 'update t set id = 2'])
      const notKept = await session.setTimeouts({ lockTimeoutMs: 60, statementTimeoutMs: 150 })
      deepEqual(notKept, name === 'sqlite' ? ['statementTimeoutMs'] : [])
      if (name !== 'sqlite') {
        await rejects(
          session.execute(sleep ?? ''),
          (error: DatabaseError) => error.reason === 'statementTimeout' && !error.canceled,
        )
        await session.setTimeouts({ lockTimeoutMs: 60 })
      }
      await rejects(session.execute('update t set id = 3'), (error: DatabaseError) => error.reason === 'lockTimeout')
      await other.script(['ROLLBACK'])
      await session.setTimeouts({})
      equal((await session.execute('update t set id = 3')).rows, 1)
    })
  })
}

describe('MariaDB', { skip: skipWithoutMariadb() }, () => {
  it('gives the results of a routine, and its warnings', async (t) => {
    const session = await openDatabase({ url: (await openTestMariadbDatabase(t)).url })
    t.after(() => session.close())
    const notices: string[] = []
    session.onNotice = (notice) => notices.push(`${notice.severity} ${notice.code}`)
    await session.execute('create table t (id int)')
    await session.execute('create procedure p() begin select 1; select 2 union select 3; insert into t values (4); end')
    deepEqual(await session.execute('call p()'), { rows: 4, command: 'CALL' })
    await session.execute('drop table if exists nothing')
    deepEqual(notices, ['NOTE 1051'])
  })

  it('tells the transaction’s end by statements that commit', async (t) => {
    const session = await openDatabase({ url: (await openTestMariadbDatabase(t)).url })
    t.after(() => session.close())
    await session.script(['BEGIN', 'do 1'])
    equal(session.transactionState, 'active')
    await session.execute('create table t (id int)')
    equal(session.transactionState, 'idle')
    await session.execute('set autocommit = 0')
    await session.execute('select * from t')
    equal(session.transactionState, 'active')
  })

  it('never reads a file of this machine for the server', async (t) => {
    const session = await openDatabase({ url: (await openTestMariadbDatabase(t)).url })
    t.after(() => session.close())
    await session.execute('create table t (line varchar(200))')
    await rejects(
      session.execute("load data local infile '/etc/hostname' into table t"),
      (error: DatabaseError) => !error.connectionLost,
    )
    deepEqual((await session.query('select count(*) from t')).rows, [[0]])
  })

  it('explains what is wrong without the password', async (t) => {
    const { url, port, name, user } = await openTestMariadbDatabase(t)
    const failure = async (options: Parameters<typeof openDatabase>[0]): Promise<string> => {
      const error: unknown = await openDatabase(options).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      ok(error instanceof AppError, String(error))
      ok(!error.message.includes('s3cret'), error.message)
      return error.code
    }
    equal(await failure({ url, password: 's3cret' }), 'DATABASE_LOGIN_REFUSED')
    equal(await failure({ url: `${url}_none` }), 'DATABASE_NOT_FOUND')
    equal(await failure({ url: `mariadb://127.0.0.1:1/${name}`, user, password: 's3cret' }), 'DATABASE_UNREACHABLE')
    equal(await failure({ url: `mariadb://127.0.0.1:${port}/${name}` }), 'DATABASE_USER_MISSING')
    equal(await failure({ url: `${url}?sslMode=REQUIRED` }), 'DATABASE_TLS')
    equal(await failure({ url: `${url}?sslMode=often` }), 'DATABASE_URL_SSLMODE')
  })
})

describe('SQLite', () => {
  it('cancels a wait for a lock; a statement runs to its end, and cancelling between statements does no harm', async (t) => {
    const url = await openSqliteUrl(t)
    const [session, other] = await Promise.all([openDatabase({ url }), openDatabase({ url })])
    t.after(() => session.close())
    t.after(() => other.close())
    await other.script(['create table t (id int)'])
    await other.script(['BEGIN', 'insert into t values (1)'])
    const waiting = rejects(session.execute('insert into t values (2)'), (error: DatabaseError) => error.canceled)
    await session.cancelRunning()
    await waiting
    await other.script(['COMMIT'])
    await session.cancelRunning()
    equal((await session.execute('insert into t values (2)')).rows, 1)
  })

  it('explains a file that is none, and a folder that is not there', async (t) => {
    await using dir = await openTempDir()
    await writeFile(
      `${dir.path}/text.db`,
      'this is no database, only a text that is long enough to be looked at as one'.repeat(20),
    )
    await rejects(openDatabase({ url: `sqlite:${dir.path}/text.db` }), { code: 'DATABASE_FILE' })
    await rejects(openDatabase({ url: `sqlite:${dir.path}/no/such.db` }), { code: 'DATABASE_FILE' })
    const memory = await openDatabase({ url: 'sqlite::memory:' })
    t.after(() => memory.close())
    equal(await memory.trySessionLock(1n), true)
  })

  it('keeps SQLite’s own defaults unless the URL says otherwise', async (t) => {
    const url = await openSqliteUrl(t)
    const plain = await openDatabase({ url })
    t.after(() => plain.close())
    deepEqual((await plain.query('pragma foreign_keys')).rows, [[0]])
    const strict = await openDatabase({ url: `${url}?foreign_keys=on` })
    t.after(() => strict.close())
    deepEqual((await strict.query('pragma foreign_keys')).rows, [[1]])
  })
})
