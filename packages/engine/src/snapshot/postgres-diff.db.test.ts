import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '@sluice/testkit'
import { openSession } from '../testing/test-products.ts'
import { openTestTarget } from '../testing/test-target.ts'
import { checkMutation } from './testing/migration-check.ts'
import { inheritanceBase, inheritanceMutations, sameInheritance } from './testing/postgres-inheritance-mutations.ts'
import { postgresBase, postgresMutations, postgresReversible } from './testing/postgres-mutations.ts'
import { postgresOuterBase, postgresOuterMutations } from './testing/postgres-outer-mutations.ts'
import { diffSnapshots } from './diff.ts'
import { renderDiff } from './snapshot-text.ts'
import { snapshotDatabase } from './take-snapshot.ts'

test('each change of one property of a PostgreSQL schema is exactly one difference, and a changelog takes it back', async (t) => {
  const reference = await openTestTarget(t)
  const target = await openTestTarget(t)
  await reference.database.execute(postgresBase)
  await target.database.execute(postgresBase)
  const snapshot = await snapshotDatabase({ database: reference.database })
  for (const [index, mutation] of postgresReversible.entries()) {
    const withRollback = index % 4 === 0 || process.env['SLUICE_REQUIRE_ALL'] === '1'
    await t.test(mutation.sql.slice(0, 100), () => checkMutation(target.database, snapshot, mutation, withRollback))
  }
})

test('a change of PostgreSQL that no statement takes back is said', async (t) => {
  for (const mutation of postgresMutations) {
    const reference = await openTestTarget(t)
    const target = await openTestTarget(t)
    await reference.database.execute(postgresBase)
    await target.database.execute(postgresBase)
    await checkMutation(target.database, await snapshotDatabase({ database: reference.database }), mutation)
  }
})

test('so is each change of foreign servers, user mappings, text search, publications, casts and operators', async (t) => {
  // These belong to a database, not to a schema.
  const reference = await openSession(t, (await openTestDatabase(t)).url)
  const target = await openSession(t, (await openTestDatabase(t)).url)
  await reference.execute(postgresOuterBase)
  await target.execute(postgresOuterBase)
  const options = { allSchemas: true }
  const snapshot = await snapshotDatabase({ database: reference, options })
  for (const mutation of postgresOuterMutations)
    await t.test(mutation.sql.slice(0, 100), () => checkMutation(target, snapshot, mutation, true, options))
})

test('children and partitions leave their parents and come back with all their rows', async (t) => {
  const reference = await openTestTarget(t)
  const target = await openTestTarget(t)
  await reference.database.execute(inheritanceBase)
  await target.database.execute(inheritanceBase)
  const snapshot = await snapshotDatabase({ database: reference.database })
  const rows = async (): Promise<unknown> =>
    target.rows(
      'SELECT (SELECT count(*) FROM dog), (SELECT count(legs) FROM cat), (SELECT count(what) FROM logs_2024), (SELECT count(what) FROM logs_2025)',
    )
  const before = await rows()
  for (const mutation of inheritanceMutations)
    await t.test(mutation.sql.slice(0, 100), async () => {
      await checkMutation(target.database, snapshot, mutation)
      assert.deepEqual(await rows(), before)
    })
  const same = await openTestTarget(t)
  await same.database.execute(inheritanceBase)
  for (const sql of sameInheritance) {
    await same.database.execute(sql)
    const diff = diffSnapshots(snapshot, await snapshotDatabase({ database: same.database }))
    assert.equal(renderDiff(diff), 'There are no differences.', sql)
  }
})
