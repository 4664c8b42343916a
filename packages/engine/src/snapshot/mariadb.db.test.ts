import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openDatabase } from '@sluice/databases'
import { openTestMariadbDatabase, skipWithoutMariadb } from '@sluice/testkit'
import type { Database } from '../database.ts'
import { mariadbObjects } from './testing/mariadb-objects.ts'
import { assertRoundTrip } from './testing/round-trip.ts'

async function open(t: TestContext): Promise<Database> {
  const { url } = await openTestMariadbDatabase(t)
  const database = await openDatabase({ url })
  t.after(() => database.close())
  return database
}

for (const [kind, statements] of Object.entries(mariadbObjects)) {
  test(`MariaDB ${kind} survive being written as a changelog and applied`, { skip: skipWithoutMariadb() }, async (t) => {
    const source = await open(t)
    for (const statement of statements) await source.execute(statement)
    for (const format of ['sql', 'yaml'] as const) {
      const snapshot = await assertRoundTrip(source, await open(t), { format })
      assert.deepEqual(snapshot.uncarried, [])
      assert.ok(snapshot.objects.length > 1)
    }
  })
}
