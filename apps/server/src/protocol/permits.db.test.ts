import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { sortedStatuses } from '../test-server.ts'
import { openTestRunner, type TestRunner } from './testing/test-runner.ts'
import { openTestShop, type TestShop } from './testing/test-shop.ts'
import type { TestDelegate } from './testing/test-delegate.ts'

/** Brings a pipeline's first step to the point where it asks for its permit. */
async function startStep(shop: TestShop, delegate: TestDelegate, instance: string): Promise<Started> {
  const executionId = await shop.run([{ steps: [instance] }])
  const offer = await delegate.nextOffer()
  const runner = openTestRunner(shop.url, await delegate.accept(offer))
  const { stepRunId } = await runner.nextOrder()
  await runner.report({ type: 'step.started', stepRunId })
  return { executionId, runner, stepRunId, delegate, offer }
}

interface Started {
  readonly executionId: string
  readonly runner: TestRunner
  readonly stepRunId: string
  readonly delegate: TestDelegate
  readonly offer: Awaited<ReturnType<TestDelegate['nextOffer']>>
}

describe('permits', () => {
  it('fifty requests at once get one permit between them', async (test) => {
    const shop = await openTestShop(test)
    const { runner, stepRunId } = await startStep(shop, await shop.delegate(), 'dev')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => runner.permit(stepRunId, { nonce: `nonce-of-runner-${String(index)}` })),
    )
    const granted = answers.filter((answer) => answer.status === 200)
    equal(granted.length, 1)
    deepEqual(
      new Set(answers.filter((answer) => answer.status !== 200).map((answer) => answer.code)),
      new Set(['PERMIT_ALREADY_ISSUED']),
    )
    const winner = answers.findIndex((answer) => answer.status === 200)
    const again = await Promise.all(
      Array.from({ length: 20 }, () => runner.permit(stepRunId, { nonce: `nonce-of-runner-${String(winner)}` })),
    )
    deepEqual(new Set(again.map((answer) => answer.body?.permitId)), new Set([granted[0]?.body.permitId]))
    const { rows } = await shop.server.app.context.store.pool.query('select fence from target_fences')
    deepEqual(rows, [{ fence: 1 }], 'refused requests leave no trace')
  })

  it('one target is written by one step at a time, under whatever name', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    const first = await startStep(shop, delegate, 'dev')
    const second = await startStep(shop, delegate, 'dev2')
    const third = await startStep(shop, delegate, 'prod')
    const granted = await first.runner.permit(first.stepRunId, { serverIdentity: 'server-1' })
    equal(granted.status, 200)
    const locked = await second.runner.permit(second.stepRunId)
    deepEqual([locked.status, locked.code], [423, 'TARGET_LOCKED'])
    const holder = locked.details['holder'] as { executionId: string; stepPath: string }
    deepEqual([holder.executionId, holder.stepPath], [first.executionId, 'main/g1/s1'])
    ok(Number(locked.details['retryAfterMs']) > 0)
    const sameServer = await third.runner.permit(third.stepRunId, { serverIdentity: 'server-1' })
    equal(sameServer.status, 423, 'another name of the same server is the same target')
    equal((await third.runner.permit(third.stepRunId, { serverIdentity: 'server-2' })).status, 200)
    await first.runner.report({ type: 'step.finished', stepRunId: first.stepRunId, outcome: 'Succeeded' })
    const next = await second.runner.permit(second.stepRunId)
    equal(next.body.fence, granted.body.fence + 1)
  })

  it('are not given for another target, a step that is not there, or by another token', async (test) => {
    const shop = await openTestShop(test)
    const { runner, stepRunId } = await startStep(shop, await shop.delegate(), 'dev')
    equal((await runner.permit(stepRunId, { targetKey: 'postgresql://db2:5432/shop' })).code, 'PERMIT_TARGET_MISMATCH')
    equal((await runner.permit('step_other')).code, 'STEP_NOT_RUNNING')
  })

  it('a step whose outcome is unknown blocks its target until somebody says what it was', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    const first = await startStep(shop, delegate, 'dev')
    await first.runner.permit(first.stepRunId)
    await delegate.report(first.offer, 1, { type: 'attempt.gone', reason: 'killed', message: 'Killed by signal 9.' })
    await shop.untilStep(first.executionId, 'Unknown')
    const inspection = await delegate.nextOffer()
    const inspector = openTestRunner(shop.url, await delegate.accept(inspection))
    equal(inspector.task.kind, 'inspection')
    deepEqual(
      [inspector.task.inspection?.stepRunId, inspector.task.inspection?.attemptId],
      [first.stepRunId, first.offer.attemptId],
    )
    await inspector.report({
      type: 'inspection.finished',
      stepRunId: first.stepRunId,
      finding: 'noneApplied',
      appliedCount: 0,
      expectedCount: 1,
      liveSessions: 0,
      lockHolder: null,
      message: 'Nothing is there.',
    })
    equal((await inspector.next()).body.done, true)
    await inspector.complete()
    const step = await shop.untilStep(first.executionId, 'Unknown')
    equal(step.inspection?.finding, 'noneApplied')

    const second = await startStep(shop, delegate, 'dev')
    const blocked = await second.runner.permit(second.stepRunId)
    equal(blocked.code, 'TARGET_LOCKED')
    const { body: targets } = await shop.server.call('GET', '/api/v1/targets?state=blocked')
    equal((targets as { items: unknown[] }).items.length, 1)
    const address = `/api/v1/executions/${first.executionId}/steps/${first.stepRunId}/resolve`
    const resolved = await shop.server.call('POST', address, { body: { as: 'not-started', reason: 'Nothing is there.' } })
    equal(resolved.status, 200)
    const again = await shop.server.call('POST', address, { body: { as: 'succeeded', reason: 'Once more.' } })
    deepEqual([again.status, again.body.error.code], [409, 'STEP_NOT_UNKNOWN'])
    equal((await second.runner.permit(second.stepRunId)).status, 200)
    await shop.until(first.executionId, 'Failed')
  })

  it('of two who resolve a step at the same moment one is told that it was too late, whoever advances the execution', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    const { runner, stepRunId, executionId, offer } = await startStep(shop, delegate, 'dev')
    await runner.permit(stepRunId)
    await delegate.report(offer, 1, { type: 'attempt.gone', reason: 'killed', message: 'Killed by signal 9.' })
    await shop.untilStep(executionId, 'Unknown')
    // As another server does while it advances the execution.
    const { pool } = shop.server.app.context.store
    const other = await pool.connect()
    await other.query('begin')
    await other.query('select 1 from executions where id = $1 for no key update', [executionId])
    const address = `/api/v1/executions/${executionId}/steps/${stepRunId}/resolve`
    const answers = ['failed', 'succeeded'].map((as) => shop.server.call('POST', address, { body: { as, reason: 'I looked.' } }))
    const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await waitFor(async () => (await pool.query(waiting)).rows.length > 0, { what: 'a resolution that waits for its turn' })
    await other.query('commit')
    other.release()
    deepEqual(sortedStatuses(await Promise.all(answers)), [200, 409])
  })

  it('a runner whose step was resolved cannot begin with the permit it never saw', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    const { runner, stepRunId, executionId, offer } = await startStep(shop, delegate, 'dev')
    const nonce = 'a-nonce-of-sixteen-or-more'
    equal((await runner.permit(stepRunId, { nonce })).status, 200)
    await delegate.report(offer, 1, { type: 'attempt.gone', reason: 'missing', message: 'Not found.' })
    await shop.untilStep(executionId, 'Unknown')
    await shop.server.call('POST', `/api/v1/executions/${executionId}/steps/${stepRunId}/resolve`, {
      body: { as: 'not-started', reason: 'It never began.' },
    })
    const late = await runner.permit(stepRunId, { nonce })
    notEqual(late.status, 200)
    equal(late.code, 'ATTEMPT_FENCED')
  })

  it('the runner’s own late word settles an unknown outcome', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    const { runner, stepRunId, executionId, offer } = await startStep(shop, delegate, 'dev')
    await runner.permit(stepRunId)
    await delegate.report(offer, 1, { type: 'attempt.gone', reason: 'missing', message: 'Not found.' })
    await shop.untilStep(executionId, 'Unknown')
    equal((await runner.report({ type: 'step.finished', stepRunId, outcome: 'Succeeded' })).status, 200)
    await shop.until(executionId, 'Succeeded')
    const { rows } = await shop.server.app.context.store.pool.query('select 1 from permits where released_at is null')
    equal(rows.length, 0, 'the target is free')
  })
})
