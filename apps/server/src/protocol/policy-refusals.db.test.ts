import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import type { Offer, TestDelegate } from './testing/test-delegate.ts'
import { openTestRunner } from './testing/test-runner.ts'
import { openTestShop, stepsOf, type TestShop } from './testing/test-shop.ts'

const refuse = async (delegate: TestDelegate, offer: Offer): Promise<void> => {
  await delegate.accept(offer)
  const message = '"targets": the policy file does not allow "postgresql://db:5432/dev". Ask those who run the delegate.'
  equal((await delegate.report(offer, 1, { type: 'attempt.gone', reason: 'policy', message })).status, 200)
}

/** Asks for work, and is known to the control plane as somebody who can take it. */
async function waitForWork(shop: TestShop, delegate: TestDelegate): Promise<{ readonly offer: Promise<Offer> }> {
  const offer = delegate.nextOffer()
  offer.catch(() => {})
  const isKnown = async (): Promise<boolean> => {
    const { rows } = await shop.server.app.context.store.pool.query('select executors from delegate_instances where id = $1', [
      delegate.instanceId,
    ])
    return JSON.stringify(rows).includes('process')
  }
  await waitFor(isKnown, { timeoutMs: 20_000 })
  return { offer }
}

async function placements(shop: TestShop, executionId: string): Promise<number> {
  const { rows } = await shop.server.app.context.store.pool.query('select 1 from attempts where execution_id = $1', [executionId])
  return rows.length
}

describe('a step group that a delegate’s policy refuses', () => {
  it('fails at once with the reasons when nobody else could take it', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    const executionId = await shop.run([{ steps: ['dev'] }])
    await refuse(delegate, await delegate.nextOffer())
    const view = await shop.until(executionId, 'Failed')
    deepEqual(
      stepsOf(view).map((step) => step.state),
      ['Skipped'],
    )
    match(JSON.stringify(view), /DELEGATE_POLICY[^}]*does not allow \\"postgresql/)
    equal(await placements(shop, executionId), 1)
  })

  it('is placed on another delegate, and never again on one that refused it', async (test) => {
    const shop = await openTestShop(test)
    const strict = await shop.delegate({ name: 'strict' })
    const executionId = await shop.run([{ steps: ['dev'] }])
    const first = await strict.nextOffer()
    const lenient = await shop.delegate({ name: 'lenient' })
    const waiting = await waitForWork(shop, lenient)
    // It asks again before its refusal is known: its place is among those that the queue is looked through for.
    const asking = new AbortController()
    const again = strict.poll({ signal: asking.signal }).catch(() => [])
    await refuse(strict, first)
    const offer = await waiting.offer
    asking.abort()
    ok((await again).every(({ type }) => type !== 'offer'))
    const { body } = await shop.server.call('GET', `/api/v1/executions/${executionId}/selection`)
    const [task] = body.tasks as { delegates: { name: string; reasons: string[] }[] }[]
    const reasons = task?.delegates.find(({ name }) => name === 'strict')?.reasons ?? []
    ok(
      reasons.some((reason) => reason.startsWith('It declined this task (policy): "targets"')),
      JSON.stringify(body),
    )
    await openTestRunner(shop.url, await lenient.accept(offer)).runAll()
    await shop.until(executionId, 'Succeeded')
  })

  it('fails once every delegate that could take it has refused', async (test) => {
    const shop = await openTestShop(test)
    const one = await shop.delegate({ name: 'one' })
    const executionId = await shop.run([{ steps: ['dev'] }])
    const first = await one.nextOffer()
    const two = await shop.delegate({ name: 'two' })
    const waiting = await waitForWork(shop, two)
    // Fits as well, but nobody is there: waiting for it would tell the reasons much later.
    const { instanceId } = await shop.delegate({ name: 'gone' })
    const text = `update delegate_instances set last_seen_at = now() - interval '1 day' where id = $1`
    await shop.server.app.context.store.pool.query(text, [instanceId])
    await refuse(one, first)
    await refuse(two, await waiting.offer)
    match(JSON.stringify(await shop.until(executionId, 'Failed')), /DELEGATE_POLICY/)
    equal(await placements(shop, executionId), 2)
  })
})
