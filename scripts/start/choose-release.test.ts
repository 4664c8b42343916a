import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseRelease, type ReleasedDatabase } from './choose-release.ts'

function database(name: string, isUpToDate: boolean, ...tags: string[]): ReleasedDatabase {
  return { name, isUpToDate, tags, lastTag: tags.at(-1) ?? null }
}

test('a start brings the release that is there, or a new one when something is to be applied', () => {
  assert.equal(chooseRelease([database('dev', false), database('prod', false)]), 'v1')
  const released = [database('dev', true, 'dev-v1', 'dev-v2'), database('prod', true, 'prod-v1', 'prod-v2')]
  assert.equal(chooseRelease(released), 'v2')
  assert.equal(chooseRelease(released.map((one) => ({ ...one, isUpToDate: false }))), 'v3')
  // One of them was rolled back, or left behind.
  assert.equal(chooseRelease([database('dev', true, 'dev-v1', 'dev-v2'), database('prod', true, 'prod-v1')]), 'v3')
  assert.equal(chooseRelease([database('dev', true, 'dev-summer')]), 'summer')
})
