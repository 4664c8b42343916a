import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError, type Clock, defaultTimings } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import fc from 'fast-check'
import { insist, isWorthRepeating, retryDelayMs } from './retry.ts'

const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} }
const waiting = (random: number) => ({ clock, timings: defaultTimings, random: () => random })
const answered = (status: number, retryAfterMs?: number): HttpCallError =>
  new HttpCallError('unavailable', 'X', 'x', { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })

describe('retryDelayMs', () => {
  it('grows exponentially to its bound, with full jitter', () => {
    deepEqual(
      [1, 2, 3, 20, 1000].map((failures) => retryDelayMs(failures, undefined, waiting(1))),
      [200, 400, 800, 30_000, 30_000],
    )
    deepEqual(
      [1, 20].map((failures) => retryDelayMs(failures, undefined, waiting(0.5))),
      [100, 15_000],
    )
    equal(retryDelayMs(5, undefined, waiting(0)), 1)
  })

  it('waits as long as the server says, and the jitter on top', () => {
    equal(retryDelayMs(1, answered(503, 7000), waiting(1)), 7200)
    equal(retryDelayMs(1, answered(503, 86_400_000), waiting(1)), 30_200)
  })

  it('is never longer than twice its bound, nor zero', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), fc.option(fc.nat()), (failures, random, named) => {
        const ms = retryDelayMs(failures, answered(503, named ?? undefined), waiting(random))
        ok(ms >= 0 && ms <= 2 * defaultTimings.retryMaxMs)
        ok(named !== null || ms >= 1)
      }),
    )
  })
})

describe('insist', () => {
  it('repeats what may be answered differently later', async () => {
    const answers = [answered(0), answered(503), answered(429), new AppError('timeout', 'T', 't')]
    const failures: number[] = []
    const result = await insist(
      async () => {
        const error = answers.shift()
        if (error !== undefined) throw error
        return 'done'
      },
      waiting(0),
      new AbortController().signal,
      (_, count) => failures.push(count),
    )
    equal(result, 'done')
    deepEqual(failures, [1, 2, 3, 4])
  })

  it('gives up on what no repeat changes', async () => {
    let calls = 0
    const refuse = async (): Promise<never> => {
      calls++
      throw answered(409)
    }
    await rejects(insist(refuse, waiting(0), new AbortController().signal), (error) => error instanceof HttpCallError)
    equal(calls, 1)
    for (const status of [400, 401, 403, 404, 409, 410, 422, 426])
      equal(isWorthRepeating(answered(status)) && status !== 401, false)
  })

  it('ends when it is told to', async () => {
    const stop = new AbortController()
    const call = async (): Promise<never> => {
      stop.abort(new Error('enough'))
      throw answered(503)
    }
    await rejects(insist(call, waiting(0), stop.signal))
    await rejects(insist(call, waiting(0), stop.signal), /enough/)
  })
})
