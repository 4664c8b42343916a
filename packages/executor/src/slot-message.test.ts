import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { encodeSlotValues } from './slot-message.ts'

describe('encodeSlotValues', () => {
  it('is JSON of base64 for any slots and bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.uint8Array({ maxLength: 200 })), { maxLength: 8 }), (entries) => {
        const values = new Map(entries)
        const parsed = JSON.parse(encodeSlotValues(values).toString('utf8')) as Record<string, string>
        for (const [slot, bytes] of values) {
          const text = Object.getOwnPropertyDescriptor(parsed, slot)?.value as string
          deepEqual(Buffer.from(text, 'base64'), Buffer.from(bytes))
        }
      }),
    )
  })

  it('is an empty object, never nothing, when there are no values', () => {
    equal(encodeSlotValues(new Map()).toString(), '{}')
  })
})
