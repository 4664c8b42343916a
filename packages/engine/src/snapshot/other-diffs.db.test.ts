import { test } from 'node:test'
import { openDatabase } from '@sluice/databases'
import { openTestMariadbDatabase, skipWithoutMariadb } from '@sluice/testkit'
import { openSession } from '../testing/test-products.ts'
import { checkMutation } from './testing/migration-check.ts'
import { mariadbBase, mariadbMutations, sqliteBase, sqliteMutations } from './testing/other-mutations.ts'
import { snapshotDatabase } from './take-snapshot.ts'

test(
  'each change of a MariaDB schema is exactly one difference, and a changelog takes it back',
  { skip: skipWithoutMariadb() },
  async (t) => {
    const target = await openSession(t, (await openTestMariadbDatabase(t)).url)
    for (const statement of mariadbBase) await target.execute(statement)
    const reference = await snapshotDatabase({ database: target })
    for (const mutation of mariadbMutations) await t.test(mutation.sql, () => checkMutation(target, reference, mutation))
  },
)

test('each change of a SQLite schema is exactly one difference, and a changelog takes it back', async (t) => {
  for (const mutation of sqliteMutations) {
    await t.test(mutation.sql, async (each) => {
      const target = await openDatabase({ url: 'sqlite::memory:' })
      each.after(() => target.close())
      for (const statement of sqliteBase) await target.execute(statement)
      await checkMutation(target, await snapshotDatabase({ database: target }), mutation)
    })
  }
})
