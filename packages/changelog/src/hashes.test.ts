import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { computeMd5 } from './md5.ts'
import { sha256Hex } from './sha256.ts'

test('MD5 and SHA-256 agree with the platform for every length around block ends', () => {
  for (let length = 0; length <= 260; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 255)
    assert.equal(computeMd5(bytes), createHash('md5').update(bytes).digest('hex'))
    assert.equal(sha256Hex(bytes), createHash('sha256').update(bytes).digest('hex'))
  }
})

test('MD5 and SHA-256 agree with the platform for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      assert.equal(computeMd5(text), createHash('md5').update(text, 'utf8').digest('hex'))
      assert.equal(sha256Hex(text), createHash('sha256').update(text, 'utf8').digest('hex'))
    }),
  )
})

test('MD5 reads the given part of a larger buffer', () => {
  const whole = new TextEncoder().encode('xxabcxx')
  assert.equal(computeMd5(whole.subarray(2, 5)), '900150983cd24fb0d6963f7d28e17f72')
})
