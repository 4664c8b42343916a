import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLogger } from '@sluice/base'
import { openTestDatabase } from '@sluice/testkit'
import { openStore, type Store } from './database.ts'
import { schemaVersion } from './migrate.ts'

interface Scope {
  after(work: () => Promise<void>): void
}

async function openEmpty(scope: Scope): Promise<{ url: string; store: Store }> {
  const database = await openTestDatabase()
  const store = openStore({ url: database.url, logger: silentLogger })
  scope.after(async () => {
    await store.close()
    await database.drop()
  })
  return { url: database.url, store }
}

describe('our own schema', () => {
  it('is made once by servers that start together', async (t) => {
    const { url, store } = await openEmpty(t)
    const others = [1, 2, 3].map(() => openStore({ url, logger: silentLogger }))
    await Promise.all([store, ...others].map((one) => one.migrate()))
    await Promise.all(others.map((other) => other.close()))
    const { rows } = await store.pool.query<{ name: string }>('select name from kysely_migration')
    assert.equal(rows.length, schemaVersion)
    await store.migrate()
  })

  it('may be newer than the server, as long as it says that the server is good enough', async (t) => {
    const { store } = await openEmpty(t)
    await store.migrate()
    await store.pool.query(`insert into kysely_migration (name, timestamp) values ('9001-later', '2030')`)
    await store.migrate()
    await store.pool.query('update schema_info set oldest_server = 9001')
    await assert.rejects(store.migrate(), { code: 'DATABASE_TOO_NEW' })
  })

  it('is not put beside the migrations of somebody else', async (t) => {
    const { store } = await openEmpty(t)
    await store.pool.query(`create table kysely_migration (name text primary key, timestamp text not null)`)
    await store.pool.query(`insert into kysely_migration values ('init-shop', '2020')`)
    await assert.rejects(store.migrate(), { code: 'DATABASE_NOT_OURS' })
  })

  it('claims from the queue by exactly the index that a long backlog needs', async (t) => {
    const { store } = await openEmpty(t)
    await store.migrate()
    const { rows } = await store.pool.query<{ indexdef: string }>(
      `select indexdef from pg_indexes where tablename in ('tasks', 'permits') and indexdef like '%WHERE%' order by indexname`,
    )
    const definitions = rows.map(({ indexdef }) => indexdef)
    assert.ok(definitions.some((definition) => /permits_target .* \(target_key\) WHERE \(released_at IS NULL\)/.test(definition)))
    assert.ok(definitions.some((definition) => /permits_server .* \(server_identity\) WHERE/.test(definition)))
    assert.ok(definitions.some((definition) => /tasks_queued .*WHERE \(state = 'queued'/.test(definition)))
  })

  it('every reference between tables has an index to follow it', async (t) => {
    const { store } = await openEmpty(t)
    await store.migrate()
    const { rows } = await store.pool.query<{ name: string }>(`
      select c.conrelid::regclass || '.' || a.attname as name from pg_constraint c
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
      where c.contype = 'f' and not exists (
        select 1 from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null)`)
    assert.deepEqual(
      rows.map(({ name }) => name),
      [],
    )
  })
})
