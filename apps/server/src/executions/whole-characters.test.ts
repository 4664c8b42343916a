import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wholeCharacters } from './whole-characters.ts'

test('text cut anywhere is put together again from its whole characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, cut) => {
      const bytes = Buffer.from(text)
      const first = bytes.subarray(0, cut % (bytes.length + 1))
      const whole = wholeCharacters(first)
      assert.ok(first.length - whole <= 3)
      assert.equal(first.subarray(0, whole).toString() + bytes.subarray(whole).toString(), text)
    }),
  )
})

test('bytes that are no UTF-8 are not waited for', () => {
  for (const bytes of [[0xff], [0x80, 0x80, 0x80, 0x80], [0x41, 0xf8], [0xc3, 0x28]]) {
    assert.equal(wholeCharacters(Uint8Array.from(bytes)), bytes.length)
  }
  assert.equal(wholeCharacters(Uint8Array.from([])), 0)
})
