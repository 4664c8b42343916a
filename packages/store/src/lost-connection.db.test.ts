import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@sluice/base'
import { openTestDatabase, waitFor } from '@sluice/testkit'
import { sql } from 'kysely'
import { openStore } from './database.ts'

// Found by the fault rounds: PostgreSQL was killed while a transaction was between two statements, and the server died with it.
void test('a connection that dies inside a transaction, between two statements, fails the transaction and nothing else', async (t) => {
  const database = await openTestDatabase(t)
  const store = openStore({ url: database.url, logger: silentLogger })
  t.after(() => store.close())
  await assert.rejects(
    store.db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction)
      const pid = rows[0]?.pid
      await store.pool.query('select pg_terminate_backend($1)', [pid])
      await waitFor(async () => (await store.pool.query('select 1 from pg_stat_activity where pid = $1', [pid])).rowCount === 0)
      // The socket's end arrives with the next turn of the event loop, while nothing is being asked.
      await new Promise((resolve) => setTimeout(resolve, 50))
      await sql`select 1`.execute(transaction)
    }),
  )
  assert.equal((await store.pool.query('select 1 as one')).rows[0].one, 1)
})
