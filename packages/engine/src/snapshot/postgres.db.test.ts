import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestTarget } from '../testing/test-target.ts'
import { postgresObjects } from './testing/postgres-objects.ts'
import { assertRoundTrip } from './testing/round-trip.ts'

for (const [kind, script] of Object.entries(postgresObjects)) {
  test(`PostgreSQL ${kind} survive being written as a changelog and applied`, async (t) => {
    const source = await openTestTarget(t)
    const empty = await openTestTarget(t)
    await source.database.execute(script)
    const snapshot = await assertRoundTrip(source.database, empty.database)
    assert.deepEqual(snapshot.uncarried, [])
    assert.ok(snapshot.objects.length > 1)
  })
}
