/**
 * How many of these bytes are whole UTF-8 characters: all but a sequence at the end that has begun and may still be completed. Bytes that
 * are no UTF-8 at all count as whole, so that they are never waited for.
 */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0b1100_0000) === 0b1000_0000) continue
    const needed = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1
    return byte < 0b1111_1000 && needed > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}
