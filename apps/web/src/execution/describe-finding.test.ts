import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeFinding } from './describe-finding.ts'

test('complete evidence suggests an answer', () => {
  const text = describeFinding({
    state: 'finished',
    finding: 'allApplied',
    appliedCount: 3,
    expectedCount: 3,
    liveSessions: 0,
    lockHolder: null,
  })
  assert.equal(text?.suggests, 'succeeded')
  assert.deepEqual(text?.facts, [
    '3 of 3 planned changesets are recorded as applied.',
    'No session of this step is connected any more.',
    'The changelog lock is free.',
  ])
  assert.equal(describeFinding({ state: 'finished', finding: 'noneApplied', liveSessions: 0 })?.suggests, 'not-started')
})

test('nothing is suggested while a session lives or the history is between', () => {
  assert.equal(describeFinding({ state: 'finished', finding: 'allApplied', liveSessions: 1 })?.suggests, undefined)
  assert.equal(describeFinding({ state: 'finished', finding: 'partlyApplied', liveSessions: 0 })?.suggests, undefined)
})

test('an inspection that failed says so, one that runs says nothing', () => {
  assert.equal(describeFinding({ state: 'failed', message: 'No route.' })?.summary, 'The database could not be looked at.')
  assert.equal(describeFinding({ state: 'running' }), undefined)
})
