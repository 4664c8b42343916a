const encoder = new TextEncoder()

/** Rotations of each round, and the sine table, of RFC 1321. */
const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
const constants = Uint32Array.from({ length: 64 }, (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32))

/**
 * MD5 (RFC 1321) in lower-case hex; text is taken as UTF-8. Only for checksums that other tools defined: nothing may rely on it
 * for security.
 */
export function md5Hex(input: string | Uint8Array): string {
  const bytes = typeof input === 'string' ? encoder.encode(input) : input
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476])
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const block = new Uint32Array(16)
  const wholeBlocks = bytes.length >>> 6
  for (let index = 0; index < wholeBlocks; index++) {
    for (let word = 0; word < 16; word++) block[word] = view.getUint32(index * 64 + word * 4, true)
    mixBlock(state, block)
  }
  const tail = paddedTail(bytes, wholeBlocks * 64)
  for (let at = 0; at < tail.byteLength; at += 64) {
    for (let word = 0; word < 16; word++) block[word] = tail.getUint32(at + word * 4, true)
    mixBlock(state, block)
  }
  const digest = new DataView(new ArrayBuffer(16))
  state.forEach((value, index) => digest.setUint32(index * 4, value, true))
  return Array.from(new Uint8Array(digest.buffer), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function paddedTail(bytes: Uint8Array, from: number): DataView {
  const rest = bytes.length - from
  const tail = new Uint8Array(rest < 56 ? 64 : 128)
  tail.set(bytes.subarray(from))
  tail[rest] = 0x80
  const view = new DataView(tail.buffer)
  view.setUint32(tail.length - 8, (bytes.length << 3) >>> 0, true)
  view.setUint32(tail.length - 4, Math.floor(bytes.length / 2 ** 29), true)
  return view
}

function mixBlock(state: Uint32Array, block: Uint32Array): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number]
  for (let step = 0; step < 64; step++) {
    const round = step >>> 4
    let mixed: number
    let word: number
    if (round === 0) {
      mixed = (b & c) | (~b & d)
      word = step
    } else if (round === 1) {
      mixed = (d & b) | (~d & c)
      word = (5 * step + 1) & 15
    } else if (round === 2) {
      mixed = b ^ c ^ d
      word = (3 * step + 5) & 15
    } else {
      mixed = c ^ (b | ~d)
      word = (7 * step) & 15
    }
    const sum = (a + mixed + (constants[step] ?? 0) + (block[word] ?? 0)) | 0
    const shift = shifts[round * 4 + (step & 3)] ?? 0
    a = d
    d = c
    c = b
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
  }
  state[0] = (state[0] ?? 0) + a
  state[1] = (state[1] ?? 0) + b
  state[2] = (state[2] ?? 0) + c
  state[3] = (state[3] ?? 0) + d
}
