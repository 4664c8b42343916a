import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '@sluice/base'
import { openTestDatabase, waitFor } from '@sluice/testkit'
import pg from 'pg'
import { openStore, type Store } from './database.ts'
import { notify } from './notifications.ts'
import { inTransaction } from './queryable.ts'

/** A store, what another session hears, and how many rows that session saw with each. */
async function open(t: TestContext): Promise<{ store: Store; heard: string[]; seen: Promise<number>[] }> {
  const database = await openTestDatabase(t)
  const store = openStore({ url: database.url, logger: silentLogger })
  t.after(() => store.close())
  await store.pool.query('create table written (n int)')
  const listener = new pg.Client({ connectionString: database.url })
  listener.on('error', () => {})
  await listener.connect()
  t.after(() => listener.end())
  const heard: string[] = []
  const seen: Promise<number>[] = []
  listener.on('notification', ({ channel, payload }) => {
    heard.push(`${channel} ${String(payload)}`)
    seen.push(listener.query('select count(*)::int as n from written').then(({ rows }) => rows[0].n as number))
  })
  await listener.query('listen sluice_task; listen sluice_execution')
  return { store, heard, seen }
}

void test('what a transaction says is heard once, behind its commit, by who then sees what it wrote', async (t) => {
  const { store, heard, seen } = await open(t)
  const result = await inTransaction(store.pool, async (connection) => {
    await notify(connection, 'sluice_task', 'a', 'b', 'a')
    await connection.query({ text: 'insert into written values (1)' })
    await notify(connection, 'sluice_execution', 'a')
    await notify(connection, 'sluice_task', 'b')
    // Others have been heard meanwhile, if this could be.
    await notify(store.pool, 'sluice_task', 'between')
    await waitFor(() => heard.length > 0)
    assert.deepEqual(heard, ['sluice_task between'])
    return 'result'
  })
  assert.equal(result, 'result')
  await waitFor(() => heard.length === 4)
  assert.deepEqual(heard.slice(1), ['sluice_task a', 'sluice_task b', 'sluice_execution a'])
  assert.deepEqual(await Promise.all(seen), [0, 1, 1, 1])
})

void test('a transaction that is rolled back says nothing, and neither does the next one on its connection', async (t) => {
  const { store, heard } = await open(t)
  const fails = inTransaction(store.pool, async (connection) => {
    await notify(connection, 'sluice_task', 'undone')
    throw new Error('No.')
  })
  await assert.rejects(fails, /No\./)
  await inTransaction(store.pool, (connection) => connection.query({ text: 'insert into written values (1)' }))
  await notify(store.pool, 'sluice_task', 'last')
  await waitFor(() => heard.length > 0)
  assert.deepEqual(heard, ['sluice_task last'])
})

void test('a transaction that cannot say what it has to is committed all the same', async (t) => {
  const { store } = await open(t)
  const result = await inTransaction(store.pool, async (connection) => {
    await connection.query({ text: 'insert into written values (1)' })
    // NOTIFY takes less than 8,000 bytes.
    await notify(connection, 'sluice_task', 'x'.repeat(9000))
    return 'committed'
  })
  assert.equal(result, 'committed')
  assert.equal((await store.pool.query('select n from written')).rowCount, 1)
})
