import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitFor } from './wait-for.ts'

test('the first truthy answer is returned', async () => {
  let asked = 0
  assert.equal(await waitFor(() => (++asked === 3 ? 'here' : undefined), { intervalMs: 0 }), 'here')
})

test('a condition that throws is asked again', async () => {
  let asked = 0
  const answer = await waitFor(
    () => {
      if (++asked < 3) throw new Error('not yet')
      return asked
    },
    { intervalMs: 0 },
  )
  assert.equal(answer, 3)
})

test('a failure says what was waited for and why it last failed', async () => {
  const condition = (): boolean => {
    throw new Error('the reason')
  }
  await assert.rejects(waitFor(condition, { timeoutMs: 1, intervalMs: 0, what: 'the impossible' }), (error: Error) => {
    assert.match(error.message, /Waited 1 ms in vain for: the impossible/)
    assert.match(String(error.cause), /the reason/)
    return true
  })
})
