import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '@sluice/databases'
import { assertRoundTrip } from './testing/round-trip.ts'
import { sqliteObjects } from './testing/sqlite-objects.ts'

for (const [kind, script] of Object.entries(sqliteObjects)) {
  test(`SQLite ${kind} survive being written as a changelog and applied`, async (t) => {
    const open = async () => {
      const database = await openDatabase({ url: 'sqlite::memory:' })
      t.after(() => database.close())
      return database
    }
    const source = await open()
    await source.execute(script)
    for (const format of ['sql', 'yaml', 'json', 'xml'] as const) {
      const snapshot = await assertRoundTrip(source, await open(), { format })
      assert.ok(snapshot.objects.length > 1)
    }
  })
}
