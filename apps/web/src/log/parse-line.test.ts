import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLine } from './parse-line.ts'

test('the time in front of a line is split off', () => {
  assert.deepEqual(parseLine('12:03:11.480 [1/3] Applying a.sql::1::ada'), {
    time: '12:03:11.480',
    text: '[1/3] Applying a.sql::1::ada',
    tone: undefined,
  })
  assert.equal(parseLine('12:03:11.480 ').text, '')
  assert.equal(parseLine('12:03 later').time, undefined)
})

test('failures, warnings and gaps are told from the rest', () => {
  assert.equal(parseLine('12:03:11.480     Failed after 3 ms: no such table').tone, 'failure')
  assert.equal(parseLine('12:03:11.480 Warning: slow').tone, 'warning')
  assert.equal(parseLine('… 1200 bytes of this log were dropped: it is larger than its limit …').tone, 'gap')
  assert.equal(parseLine('Errors: 0').tone, undefined)
})
