import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openTestRunner } from './testing/test-runner.ts'
import { openTestShop, stepsOf } from './testing/test-shop.ts'

describe('an execution, driven through the protocol', () => {
  it('goes from its start to its end with a delegate and a runner', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    const executionId = await shop.run([{ steps: ['dev', 'prod'] }, { steps: ['dev'] }])
    for (let group = 0; group < 2; group++) {
      const offer = await delegate.nextOffer()
      const runner = openTestRunner(shop.url, await delegate.accept(offer))
      await delegate.report(offer, 1, { type: 'attempt.running', place: 'pid 1' })
      await runner.runAll()
    }
    const view = await shop.until(executionId, 'Succeeded')
    deepEqual(
      stepsOf(view).map(({ path, state, targetKey }) => [path, state, targetKey]),
      [
        ['main/g1/s1', 'Succeeded', 'postgresql://db1:5432/shop'],
        ['main/g1/s2', 'Succeeded', 'postgresql://db2:5432/shop'],
        ['main/g2/s1', 'Succeeded', 'postgresql://db1:5432/shop'],
      ],
    )
    equal(view.notes.length, 0)
  })
})
