import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock } from './manual-clock.ts'

test('sleepers wake in the order of their times, each before the clock moves on', async () => {
  const clock = createManualClock()
  const seen: string[] = []
  const note = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms)
    seen.push(`${name}@${clock.monotonic()}`)
  }
  void note('late', 30).then(() => note('later', 5))
  void note('early', 10)
  await clock.advance(29)
  assert.deepEqual(seen, ['early@10'])
  await clock.advance(6)
  assert.deepEqual(seen, ['early@10', 'late@30', 'later@35'])
  assert.equal(clock.sleeping, 0)
})

test('an aborted sleep rejects with the reason and waits no longer', async () => {
  const clock = createManualClock()
  const controller = new AbortController()
  const sleep = clock.sleep(10, controller.signal)
  controller.abort(new Error('enough'))
  await assert.rejects(sleep, /enough/)
  assert.equal(clock.sleeping, 0)
  await assert.rejects(clock.sleep(10, controller.signal), /enough/)
})

test('the wall clock can jump without the monotonic one', async () => {
  const clock = createManualClock(1000)
  clock.jumpWall(-500)
  await clock.advance(7)
  assert.equal(clock.now(), 507)
  assert.equal(clock.monotonic(), 7)
})

test('advancing to the next sleeper moves exactly as far', async () => {
  const clock = createManualClock()
  const sleep = clock.sleep(25)
  assert.equal(await clock.advanceToNext(), 25)
  await sleep
  assert.equal(await clock.advanceToNext(), 0)
})
