import { invariant } from '@sluice/base'
import type { SlotValues } from './executor.ts'

const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')
const padding = '='.charCodeAt(0)

/**
 * The message a runner reads from descriptor 3: JSON `{slot: base64}`. Written byte by byte into one buffer, because a string with a
 * secret in it could not be zeroed afterwards. The caller zeroes the result.
 */
export function encodeSlotValues(values: SlotValues): Buffer {
  const keys = [...values.keys()].map((slot) => Buffer.from(`${JSON.stringify(slot)}:"`, 'utf8'))
  const valueBytes = [...values.values()].reduce((sum, value) => sum + base64Length(value.length) + 2, 0)
  const message = Buffer.alloc(keys.reduce((sum, key) => sum + key.length, 0) + valueBytes + 2)
  let offset = message.write('{', 0, 'latin1')
  let index = 0
  for (const value of values.values()) {
    if (index > 0) offset += message.write(',', offset, 'latin1')
    offset += keys[index]?.copy(message, offset) ?? 0
    offset = writeBase64(value, message, offset)
    offset += message.write('"', offset, 'latin1')
    index++
  }
  offset += message.write('}', offset, 'latin1')
  invariant(offset <= message.length, 'The slot message is longer than planned.')
  return message.subarray(0, offset)
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}

function writeBase64(source: Uint8Array, target: Buffer, start: number): number {
  let offset = start
  for (let index = 0; index < source.length; index += 3) {
    const first = source[index] ?? 0
    const second = source[index + 1] ?? 0
    const third = source[index + 2] ?? 0
    target[offset++] = alphabet[first >> 2] ?? 0
    target[offset++] = alphabet[((first & 3) << 4) | (second >> 4)] ?? 0
    target[offset++] = index + 1 < source.length ? (alphabet[((second & 15) << 2) | (third >> 6)] ?? 0) : padding
    target[offset++] = index + 2 < source.length ? (alphabet[third & 63] ?? 0) : padding
  }
  return offset
}
