import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '@sluice/testkit'
import { openSession, testProducts } from '../testing/test-products.ts'
import { dropAll, planDropAll } from './drop-all.ts'
import { planCreation } from './plan-creation.ts'
import { snapshotDatabase } from './take-snapshot.ts'
import { applyWritten } from './testing/round-trip.ts'
import { mariadbObjects } from './testing/mariadb-objects.ts'
import { postgresObjects } from './testing/postgres-objects.ts'
import { sqliteObjects } from './testing/sqlite-objects.ts'

const scripts = {
  postgresql: Object.values(postgresObjects),
  // The names of the examples overlap; these are the ones with the most dependencies.
  mariadb: [...(mariadbObjects['foreignKeys'] ?? []), ...(mariadbObjects['routines'] ?? [])],
  sqlite: [sqliteObjects['tables'] ?? '', sqliteObjects['triggers'] ?? '', sqliteObjects['virtual'] ?? ''],
}
const write = { runId: 'run_drop', host: 'host (127.0.0.1)' }

for (const product of testProducts) {
  test(`drop-all leaves nothing of any kind on ${product.name}, the history included`, { skip: product.skip }, async (t) => {
    const database = await openSession(t, await product.openUrl(t))
    for (const script of scripts[product.name]) await database.execute(script)
    // A history, as after an apply.
    await applyWritten(database, {
      product: product.name,
      steps: [{ name: 'one', comments: [], statements: ['CREATE TABLE applied (id int)'], rollback: [], losesData: undefined }],
      diagnostics: [],
    })
    const plan = await planDropAll({ database })
    assert.deepEqual(plan.outsideDependents, [])
    let asked = 0
    const report = await dropAll({
      database,
      options: {
        ...write,
        beforeFirstWrite: async (found) => {
          asked++
          assert.equal(found.digest, plan.digest)
        },
      },
    })
    assert.equal(asked, 1)
    assert.ok(report.dropped > 5)
    const left = await snapshotDatabase({ database, options: { includeTracking: true, grants: false } })
    assert.deepEqual(
      left.objects.filter(({ type, drop }) => type !== 'extension' || drop.length > 0),
      [],
    )
    assert.equal((await planDropAll({ database })).isEmpty, true)
    // The lock is free: the next one does not wait.
    await database.execute('CREATE TABLE again (id int)')
    await dropAll({ database, options: { ...write, lockWaitMs: 1000 } })
  })
}

test('drop-all leaves what the system has under the same name', async (t) => {
  const database = await openSession(t, (await openTestDatabase(t)).url)
  await database.execute(`CREATE TEXT SEARCH DICTIONARY public.english_stem (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION public.english (COPY = pg_catalog.simple); CREATE TABLE one (id integer)`)
  const { staying } = await dropAll({ database, options: write })
  assert.deepEqual(
    staying.map(({ name }) => name),
    ['english', 'english_stem'],
  )
  assert.deepEqual((await database.query(`SELECT to_tsvector('pg_catalog.english', 'cats')::text`)).rows, [["'cat':1"]])
})

test('drop-all keeps the history where it is told to', async (t) => {
  const database = await openSession(t, (await openTestDatabase(t)).url)
  await database.execute('CREATE TABLE one (id integer)')
  await applyWritten(database, planCreation(await snapshotDatabase({ database: await openSqliteLike(t) })))
  await dropAll({ database, options: { ...write, keepTracking: true } })
  const { objects } = await snapshotDatabase({ database, options: { includeTracking: true } })
  assert.deepEqual(
    objects.filter(({ type }) => type === 'table').map(({ name }) => name),
    ['databasechangelog', 'databasechangeloglock', 'sluice_changeset_detail'],
  )
  const { rows } = await database.query('SELECT locked FROM databasechangeloglock')
  assert.deepEqual(rows, [[false]])
})

/** A database with one table, for a plan to apply. */
async function openSqliteLike(t: Parameters<typeof openSession>[0]): ReturnType<typeof openSession> {
  const database = await openSession(t, (await openTestDatabase(t)).url)
  await database.execute('CREATE TABLE two (id integer)')
  return database
}

test('drop-all refuses while other schemas use what would go, and drops nothing', async (t) => {
  const database = await openSession(t, (await openTestDatabase(t)).url)
  await database.execute(
    'CREATE TABLE used (id integer PRIMARY KEY); CREATE SCHEMA other; CREATE VIEW other.v AS SELECT * FROM used; CREATE TABLE other.t (id integer REFERENCES used)',
  )
  await assert.rejects(dropAll({ database, options: write }), { code: 'DROP_ALL_USED_OUTSIDE' })
  const plan = await planDropAll({ database })
  assert.equal(plan.outsideDependents.length, 2)
  assert.equal(plan.objects.length, 1)
  await dropAll({ database, options: { ...write, schemas: ['public', 'other'] } })
  assert.equal((await planDropAll({ database, options: { schemas: ['public', 'other'] } })).isEmpty, true)
})
