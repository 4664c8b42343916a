import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { parseChangelog } from '@sluice/changelog'
import { createFolderTree } from '@sluice/sources'
import { openTestTarget } from '../testing/test-target.ts'
import { assertRoundTrip } from './testing/round-trip.ts'

const examples = resolve(import.meta.dirname, '../../../../examples')

for (const name of readdirSync(examples)) {
  const folder = join(examples, name, 'repository')
  const root = 'db/changelog.yaml'

  test(
    `the schema of the example ${name} survives being written and applied`,
    { skip: !existsSync(join(folder, root)) && 'no changelog' },
    async (t) => {
      const source = await openTestTarget(t)
      const { changelog, diagnostics } = parseChangelog(root, createFolderTree(folder), { dbms: 'postgresql' })
      assert.ok(changelog, JSON.stringify(diagnostics))
      await source.update(changelog)
      const snapshot = await assertRoundTrip(source.database, (await openTestTarget(t)).database)
      assert.ok(snapshot.objects.some(({ type }) => type === 'table'))
      assert.ok(snapshot.objects.every((object) => !/databasechangelog/i.test(object.name)))
    },
  )
}
