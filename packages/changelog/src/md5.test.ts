import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { chooseMd5, computeMd5, md5Hex } from './md5.ts'

test('the test suite of RFC 1321', () => {
  const suite: readonly (readonly [string, string])[] = [
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['a', '0cc175b9c0f1b6a831c399e269772661'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
    ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
    ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
    ['12345678901234567890123456789012345678901234567890123456789012345678901234567890', '57edf4a22be3c955ac49da2e2107b67a'],
  ]
  for (const [text, digest] of suite) {
    assert.equal(md5Hex(text), digest)
    assert.equal(computeMd5(text), digest)
  }
})

test('ours and that of Node are the same for any text and any bytes, unpaired surrogates too', () => {
  const native = chooseMd5(crypto)
  assert.notEqual(native, computeMd5)
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(fc.constantFrom('\ud800', '\udc00', 'é', '😀', 'x')).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(fc.oneof(texts, fc.uint8Array({ maxLength: 300 })), (input) => assert.equal(computeMd5(input), native(input))),
  )
})

test('where there is none of Node, or it refuses or is wrong, ours is taken', () => {
  const refuse = (): never => {
    throw new Error('error:0308010C:digital envelope routines::unsupported')
  }
  assert.equal(chooseMd5(undefined), computeMd5)
  assert.equal(chooseMd5({ hash: refuse }), computeMd5)
  assert.equal(chooseMd5({ hash: () => 'something else' }), computeMd5)
})
