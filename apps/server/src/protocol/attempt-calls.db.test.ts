import { deepEqual, equal, ok } from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { describe, it } from 'node:test'
import { protocolEndpoints } from '@sluice/contract'
import { tell } from './testing/protocol-client.ts'
import { openTestRunner, type TestRunner } from './testing/test-runner.ts'
import { openTestShop, stepsOf, type TestShop } from './testing/test-shop.ts'
import type { Offer, TestDelegate } from './testing/test-delegate.ts'

interface Begun {
  readonly shop: TestShop
  readonly delegate: TestDelegate
  readonly executionId: string
  readonly offer: Offer
  readonly runner: TestRunner
}

async function begin(test: { after(work: () => Promise<void>): void }, steps = ['dev']): Promise<Begun> {
  const shop = await openTestShop(test)
  const delegate = await shop.delegate()
  const executionId = await shop.run([{ steps }])
  const offer = await delegate.nextOffer()
  const runner = openTestRunner(shop.url, await delegate.accept(offer))
  return { shop, delegate, executionId, offer, runner }
}

describe('calls that are repeated', () => {
  it('accept gives the same task again to the same boot, and nothing to another', async (test) => {
    const { delegate, offer, runner, shop } = await begin(test)
    deepEqual((await delegate.accept(offer)).task, runner.task)
    const other = await shop.delegate()
    equal((await other.tryAccept(offer)).status, 404)
    delegate.bootId = 'another'
    equal((await delegate.tryAccept(offer)).code, 'ATTEMPT_FENCED')
  })

  it('every call of a whole execution may be made twice', async (test) => {
    const { shop, delegate, offer, runner, executionId } = await begin(test, ['dev', 'prod'])
    const twice = async <Answer extends { status: number }>(call: () => Promise<Answer>): Promise<Answer> => {
      const first = await call()
      const second = await call()
      equal(second.status, first.status)
      deepEqual('body' in second && second.body, 'body' in first && first.body)
      return second
    }
    await twice(() => delegate.report(offer, 1, { type: 'attempt.running', place: 'here' }))
    for (let count = 0, seq = 0; count < 2; count++) {
      const { stepRunId } = await runner.nextOrder()
      equal((await runner.next()).body.orders.length, 1, 'an order is repeated until its step has started')
      seq += 1
      const at = seq
      await twice(() => runner.reportAt(at, { type: 'step.started', stepRunId }))
      await twice(() => runner.permit(stepRunId))
      await twice(() => runner.log(stepRunId, 0, Buffer.from('abc')))
      seq += 1
      const last = seq
      await twice(() => runner.reportAt(last, { type: 'step.finished', stepRunId, outcome: 'Succeeded', outputs: { a: 'b' } }))
      await twice(() => runner.seal(stepRunId, Buffer.from('abc')))
    }
    await twice(() => runner.complete())
    const view = await shop.until(executionId, 'Succeeded')
    deepEqual(view.notes, [])
  })

  it('an event under the number of another is a conflict, and a gap is refused', async (test) => {
    const { runner } = await begin(test)
    const { stepRunId } = await runner.nextOrder()
    equal((await runner.reportAt(1, { type: 'step.started', stepRunId })).status, 200)
    const other = await runner.reportAt(1, { type: 'step.waiting', stepRunId, what: 'x' })
    deepEqual([other.status, other.code], [422, 'EVENT_CONFLICT'])
    const gap = await runner.reportAt(3, { type: 'step.waiting', stepRunId, what: 'x' })
    deepEqual([gap.status, gap.code, gap.details['lastSeq']], [409, 'EVENT_GAP', 1])
  })

  it('complete with other words is a conflict', async (test) => {
    const { runner } = await begin(test)
    equal((await runner.complete({ x: 'Failed' })).status, 200)
    equal((await runner.complete({ x: 'Failed' })).status, 200)
    equal((await runner.complete({ x: 'Succeeded' })).code, 'COMPLETE_CONFLICT')
  })
})

describe('who may say what', () => {
  it('delegates state no step outcomes, runners no placement facts', async (test) => {
    const { runner, delegate, offer } = await begin(test)
    const { stepRunId } = await runner.nextOrder()
    const params = { attemptId: offer.attemptId }
    const event = { type: 'step.finished' as const, stepRunId, outcome: 'Succeeded' as const }
    const bodies = [
      { token: delegate.accessToken, source: 'runner' as const, event },
      { token: delegate.accessToken, source: 'delegate' as const, event },
      {
        token: runner.token,
        source: 'runner' as const,
        event: { type: 'attempt.gone' as const, reason: 'exited' as const, message: 'x' },
      },
      { token: runner.token, source: 'delegate' as const, event },
    ]
    for (const { token, source, event: said } of bodies) {
      const body = { epoch: offer.epoch, source, bootId: 'b', events: [{ seq: 1, event: said }] }
      equal((await tell(runner.url, protocolEndpoints.events, { token, params, body })).code, 'EVENT_SOURCE_FORBIDDEN')
    }
  })

  it('an attempt token opens its attempt only', async (test) => {
    const { runner, shop, delegate } = await begin(test)
    await shop.run([{ steps: ['prod'] }])
    const other = openTestRunner(shop.url, await delegate.accept(await delegate.nextOffer()))
    const body = { epoch: 1, bootId: 'b', running: [] }
    const params = { attemptId: other.task.attemptId }
    equal((await tell(shop.url, protocolEndpoints.next, { token: runner.token, params, body })).status, 403)
    const stranger = await shop.delegate()
    equal((await tell(shop.url, protocolEndpoints.next, { token: stranger.accessToken, params, body })).status, 404)
    equal((await tell(shop.url, protocolEndpoints.next, { token: delegate.accessToken, params, body })).status, 200)
    equal(
      (await tell(shop.url, protocolEndpoints.next, { token: other.token, params, body: { ...body, epoch: 9 } })).code,
      'ATTEMPT_FENCED',
    )
  })

  it('a runner cannot report on steps that are not of its attempt', async (test) => {
    const { runner } = await begin(test)
    const answer = await runner.report({ type: 'step.started', stepRunId: 'step_other' })
    deepEqual([answer.status, answer.code], [404, 'STEP_NOT_FOUND'])
  })
})

describe('logs', () => {
  it('are appended by offset, compressed or not, overlapping or not', async (test) => {
    const { runner, shop, executionId } = await begin(test)
    const { stepRunId } = await runner.nextOrder()
    equal((await runner.log(stepRunId, 0, Buffer.from('hello '))).body.nextOffset, 6)
    equal((await runner.log(stepRunId, 3, Buffer.from('lo world'))).body.nextOffset, 11)
    const ahead = await runner.log(stepRunId, 20, Buffer.from('x'))
    deepEqual([ahead.status, ahead.details['nextOffset']], [416, 11])
    const zipped = gzipSync(Buffer.from('!\n'))
    equal((await runner.log(stepRunId, 11, zipped, { 'content-encoding': 'gzip' })).body.nextOffset, 13)
    equal((await runner.log(stepRunId, 0, Buffer.from('HELLO '))).status, 416, 'other bytes are not taken')
    equal((await runner.seal(stepRunId, Buffer.from('hello world!\n'))).status, 200)
    equal((await runner.log(stepRunId, 13, Buffer.from('more'))).code, 'LOG_SEALED')
    const { body } = await shop.server.call('GET', `/api/v1/executions/${executionId}/logs/${stepRunId}`)
    equal(String(body), 'hello world!\n')
  })

  it('that do not match their seal are asked for again', async (test) => {
    const { runner } = await begin(test)
    const { stepRunId } = await runner.nextOrder()
    await runner.log(stepRunId, 0, Buffer.from('wrong'))
    const short = await runner.seal(stepRunId, Buffer.from('right bytes'))
    deepEqual([short.status, short.details['rewindTo']], [409, 5])
    await runner.log(stepRunId, 5, Buffer.from(' bytes'))
    const wrong = await runner.seal(stepRunId, Buffer.from('right bytes'))
    deepEqual([wrong.status, wrong.code, wrong.details['rewindTo']], [409, 'LOG_MISMATCH', 0])
    await runner.log(stepRunId, 0, Buffer.from('right bytes'))
    equal((await runner.seal(stepRunId, Buffer.from('right bytes'))).status, 200)
  })

  it('have bounds', async (test) => {
    const { runner } = await begin(test)
    const { stepRunId } = await runner.nextOrder()
    equal((await runner.log(stepRunId, 0, Buffer.alloc(256 * 1024))).status, 200)
    equal((await runner.log(stepRunId, 256 * 1024, Buffer.alloc(300 * 1024))).status, 413)
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024))
    equal((await runner.log(stepRunId, 256 * 1024, bomb, { 'content-encoding': 'gzip' })).status, 413)
    equal((await runner.log(stepRunId, 256 * 1024, Buffer.from('x'), { 'content-encoding': 'gzip' })).code, 'BODY_NOT_GZIP')
    equal((await runner.log('step_other', 0, Buffer.from('x'))).status, 404)
  })
})

describe('cancel', () => {
  it('reaches a waiting runner, and no permit is given any more', async (test) => {
    const { shop, runner, executionId, delegate } = await begin(test)
    const { stepRunId } = await runner.nextOrder()
    await runner.report({ type: 'step.started', stepRunId })
    const waiting = runner.next([stepRunId])
    const poll = delegate.poll({ free: 0 })
    const started = performance.now()
    await shop.server.call('POST', `/api/v1/executions/${executionId}/cancel`, { body: {} })
    const { body } = await waiting
    deepEqual(body.cancels, [{ stepRunId, mode: 'interrupt' }])
    const commands = await poll
    ok(commands.some((command) => command.type === 'cancel'))
    ok(performance.now() - started < 2000, 'a cancel arrives within two seconds')
    const permit = await runner.permit(stepRunId)
    deepEqual([permit.status, permit.code], [410, 'STEP_CANCELLED'])
    deepEqual((await runner.heartbeat()).body.cancels, [{ stepRunId, mode: 'interrupt' }])
    await runner.report({ type: 'step.finished', stepRunId, outcome: 'Cancelled' })
    await runner.complete()
    const view = await shop.until(executionId, 'Cancelled')
    equal(stepsOf(view)[0]?.state, 'Cancelled')
  })

  it('takes a queued group out of the queue', async (test) => {
    const shop = await openTestShop(test)
    const executionId = await shop.run([{ steps: ['dev'] }])
    await shop.server.call('POST', `/api/v1/executions/${executionId}/cancel`, { body: {} })
    await shop.until(executionId, 'Cancelled')
    const delegate = await shop.delegate()
    deepEqual(await delegate.poll(), [])
  })
})
