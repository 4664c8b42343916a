import { doesNotThrow, equal, throws } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '@sluice/base'
import { HttpError } from '../http/http-error.ts'
import { createRateLimiter } from './rate-limit.ts'
import { createRecentDeliveries } from './recent-deliveries.ts'

describe('the rate limit', () => {
  it('lets a burst through, then says 429 and when to come back, and recovers', () => {
    let now = 0
    const limiter = createRateLimiter({ clock: { ...systemClock, monotonic: () => now }, perSecond: 2, burst: 3 })
    for (let call = 0; call < 3; call++) limiter.take('a')
    throws(
      () => limiter.take('a'),
      (error) => error instanceof HttpError && error.status === 429 && error.headers['retry-after'] === '1' && error.retryable,
    )
    doesNotThrow(() => limiter.take('b'))
    now += 1000
    limiter.take('a')
    limiter.take('a')
    throws(() => limiter.take('a'))
  })
})

describe('recent deliveries', () => {
  it('are repeated only after a while, for each listener by itself', () => {
    let now = 0
    const deliveries = createRecentDeliveries({ ...systemClock, monotonic: () => now })
    equal(deliveries.isRepeat('a', 'x', 100), false)
    equal(deliveries.isRepeat('a', 'x', 100), true)
    equal(deliveries.isRepeat('b', 'x', 100), false)
    now += 100
    equal(deliveries.isRepeat('a', 'x', 100), false)
  })
})
