import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { openTestRunner } from './testing/test-runner.ts'
import { openTestShop, shopTimings, stepsOf, type TestShop } from './testing/test-shop.ts'

/** Leases are short here: every test loses something. */
const hasty = { ...shopTimings, offerMs: 400, leaseMs: 1500, leaseGraceMs: 600, heartbeatMs: 300, sweepEveryMs: 100 }

async function attemptState(
  shop: TestShop,
  attemptId: string,
): Promise<{ state: string; contact: string; ended_reason: string | null }> {
  const { rows } = await shop.server.app.context.store.pool.query<{
    state: string
    contact: string
    ended_reason: string | null
  }>('select state, contact, ended_reason from attempts where id = $1', [attemptId])
  return rows[0] ?? { state: 'none', contact: 'none', ended_reason: null }
}

describe('what is lost', () => {
  it('an offer whose delegate died goes to another', async (test) => {
    const shop = await openTestShop(test, { timings: hasty })
    const dead = await shop.delegate()
    const executionId = await shop.run([{ steps: ['dev'] }])
    const lost = await dead.nextOffer()
    const alive = await shop.delegate()
    const offer = await alive.nextOffer()
    notEqual(offer.attemptId, lost.attemptId)
    equal(offer.epoch, lost.epoch + 1)
    equal((await dead.tryAccept(lost)).code, 'ATTEMPT_FENCED')
    await openTestRunner(shop.url, await alive.accept(offer)).runAll()
    await shop.until(executionId, 'Succeeded')
  })

  it('an accepted attempt that falls silent before it starts is placed again, and the old one is fenced', async (test) => {
    const shop = await openTestShop(test, { timings: hasty })
    const silent = await shop.delegate()
    const executionId = await shop.run([{ steps: ['dev'] }])
    const lost = await silent.nextOffer()
    const ghost = openTestRunner(shop.url, await silent.accept(lost))
    const alive = await shop.delegate()
    const offer = await alive.nextOffer()
    const runner = openTestRunner(shop.url, await alive.accept(offer))
    const { stepRunId } = await runner.nextOrder()
    await runner.report({ type: 'step.started', stepRunId })
    const late = await ghost.report({ type: 'step.started', stepRunId })
    deepEqual([late.status, late.code], [409, 'ATTEMPT_FENCED'])
    equal((await ghost.permit(stepRunId)).code, 'ATTEMPT_FENCED')
    equal((await ghost.next()).code, 'ATTEMPT_FENCED')
    const beat = await silent.heartbeat([lost])
    deepEqual(beat.attempts[0]?.verdict, 'fenced')
    const { rows } = await shop.server.app.context.store.pool.query('select late from attempt_events where attempt_id = $1', [
      lost.attemptId,
    ])
    deepEqual(rows, [{ late: true }], 'the late report is kept as evidence')
    await runner.report({ type: 'step.finished', stepRunId, outcome: 'Succeeded' })
    await runner.complete()
    const view = await shop.until(executionId, 'Succeeded')
    equal(view.notes.length, 1)
  })

  it('a silent attempt with a permit is left alone; a late heartbeat heals it', async (test) => {
    const shop = await openTestShop(test, { timings: hasty })
    const delegate = await shop.delegate()
    const executionId = await shop.run([{ steps: ['dev'] }])
    const offer = await delegate.nextOffer()
    const runner = openTestRunner(shop.url, await delegate.accept(offer))
    const { stepRunId } = await runner.nextOrder()
    await runner.report({ type: 'step.started', stepRunId })
    equal((await runner.permit(stepRunId)).status, 200)
    await waitFor(async () => (await attemptState(shop, offer.attemptId)).contact === 'lost', { timeoutMs: 10_000 })
    equal(stepsOf(await shop.view(executionId))[0]?.state, 'Running')
    // The delegate was restarted meanwhile: the new boot adopts the attempt.
    delegate.bootId = 'second-boot'
    const beat = await delegate.heartbeat([offer])
    deepEqual(beat.attempts[0]?.verdict, 'ok')
    equal((await attemptState(shop, offer.attemptId)).contact, 'ok')
    await runner.report({ type: 'step.finished', stepRunId, outcome: 'Succeeded' })
    await runner.complete()
    await shop.until(executionId, 'Succeeded')
  })

  it('an attempt that falls silent in the middle of a step without a permit fails it, and says what to do', async (test) => {
    const shop = await openTestShop(test, { timings: hasty })
    const delegate = await shop.delegate()
    const executionId = await shop.run([{ steps: ['dev', 'prod'] }])
    const runner = openTestRunner(shop.url, await delegate.accept(await delegate.nextOffer()))
    const { stepRunId } = await runner.nextOrder()
    await runner.report({ type: 'step.started', stepRunId })
    const [begun, next] = stepsOf(await shop.until(executionId, 'Failed'))
    deepEqual([begun?.state, begun?.failure?.code, next?.state], ['Failed', 'LEASE_LOST', 'Skipped'])
    match(begun?.failure?.hint ?? '', /`sluice delegate list`[^]*not tried again by itself/)
  })

  it('a runner’s own calls keep its lease while its delegate is away', async (test) => {
    const shop = await openTestShop(test, { timings: hasty })
    const delegate = await shop.delegate()
    const executionId = await shop.run([{ steps: ['dev'] }])
    const offer = await delegate.nextOffer()
    const runner = openTestRunner(shop.url, await delegate.accept(offer))
    const { stepRunId } = await runner.nextOrder()
    await runner.report({ type: 'step.started', stepRunId })
    const until = performance.now() + hasty.leaseMs * 2
    while (performance.now() < until) {
      equal((await runner.heartbeat()).status, 200)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    deepEqual((await attemptState(shop, offer.attemptId)).contact, 'ok')
    equal((await runner.permit(stepRunId)).status, 200)
    await runner.report({ type: 'step.finished', stepRunId, outcome: 'Succeeded' })
    await shop.until(executionId, 'Succeeded')
  })

  it('a runner that ends before its permit is placed again, and after three times the group has failed', async (test) => {
    const shop = await openTestShop(test, { timings: hasty })
    const delegate = await shop.delegate()
    const executionId = await shop.run([{ steps: ['dev', 'prod'] }])
    for (let placement = 1; placement <= 3; placement++) {
      const offer = await delegate.nextOffer()
      await delegate.accept(offer)
      await delegate.report(offer, 1, { type: 'attempt.gone', reason: 'exited', message: 'It exited.' })
    }
    const view = await shop.until(executionId, 'Failed')
    deepEqual(
      stepsOf(view).map((step) => step.state),
      ['Skipped', 'Skipped'],
    )
  })

  it('a decline puts delegate and task apart for a while, and another delegate gets it', async (test) => {
    const shop = await openTestShop(test, { timings: { ...hasty, declineMs: 60_000 } })
    const picky = await shop.delegate({ name: 'picky' })
    const executionId = await shop.run([{ steps: ['dev'] }])
    const offer = await picky.nextOffer()
    equal(await picky.decline(offer), 200)
    equal(await picky.decline(offer), 200, 'declining twice is declining once')
    deepEqual(await picky.poll(), [])
    await picky.heartbeat()
    const { body } = await shop.server.call('GET', `/api/v1/executions/${executionId}/selection`)
    const [task] = body.tasks as { delegates: { name: string; reasons: string[] }[] }[]
    deepEqual(task?.delegates.find(({ name }) => name === 'picky')?.reasons, [
      'It declined this task (policy): The test says no.',
    ])
    const waiting = picky.poll()
    const other = await shop.delegate()
    const [command] = await other.poll()
    equal(command?.type, 'offer', 'the one that did not decline gets it at once')
    deepEqual(await waiting, [])
  })
})
