import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeMs, formatMs, median, percentile } from './statistics.ts'

test('a percentile is a value that was measured, by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.equal(percentile(values, 0.5), 50)
  assert.equal(percentile(values, 0.99), 99)
  assert.equal(percentile(values, 1), 100)
  assert.equal(percentile(values, 0), 1)
  assert.equal(median([7]), 7)
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
})

test('nothing has no percentile', () => {
  assert.throws(() => percentile([], 0.5), /nothing/)
})

test('times are written with the digits that mean something', () => {
  assert.equal(formatMs(1.234), '1.2 ms')
  assert.equal(formatMs(123.4), '123 ms')
  assert.equal(formatMs(12_345), '12.3 s')
  assert.equal(describeMs([30, 10, 20]), '20 ms (10–30)')
  assert.equal(describeMs([900, 12_000, 2000]), '2.0 s (0.9–12.0)')
})
