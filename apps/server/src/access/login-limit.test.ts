import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock } from '@sluice/testkit'
import { createLoginLimit } from './login-limit.ts'

test('an address that failed ten times within a minute waits for the rest of it; others do not', async () => {
  const clock = createManualClock()
  const limit = createLoginLimit(clock)
  for (let index = 0; index < 10; index++) {
    limit.check('a')
    limit.noteFailure('a')
  }
  assert.throws(() => limit.check('a'), { code: 'LOGIN_LIMIT', status: 429 })
  limit.check('b')
  await clock.advance(60_001)
  limit.check('a')
})

test('what it remembers is bounded', () => {
  const clock = createManualClock()
  const limit = createLoginLimit(clock)
  for (let index = 0; index < 10; index++) limit.noteFailure('first')
  for (let index = 0; index < 10_000; index++) limit.noteFailure(`other-${String(index)}`)
  limit.check('first')
})
