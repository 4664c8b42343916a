import { test } from 'node:test'
import { openTestDatabase } from '@sluice/testkit'
import { openSession } from '../testing/test-products.ts'
import { openTestTarget } from '../testing/test-target.ts'
import { checkMutation } from './testing/migration-check.ts'
import { postgresBase, postgresMutations, postgresReversible } from './testing/postgres-mutations.ts'
import { postgresOuterBase, postgresOuterMutations } from './testing/postgres-outer-mutations.ts'
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
