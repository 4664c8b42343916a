const encoder = new TextEncoder()

/** Rotations of each step, and the sine table, of RFC 1321. */
const rounds = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
]
const shifts = Uint8Array.from({ length: 64 }, (_, step) => rounds[step >>> 4]?.[step & 3] ?? 0)
const constants = Int32Array.from({ length: 64 }, (_, step) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) | 0)
const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

type Md5 = (input: string | Uint8Array) => string

/** What we use of `node:crypto`. */
interface NodeCrypto {
  hash(algorithm: 'md5', input: string | Uint8Array): string
}

let chosen: Md5 | undefined

/**
 * MD5 (RFC 1321) in lower-case hex; text is taken as UTF-8. Only for checksums that other tools defined: nothing may rely on it
 * for security.
 */
export function md5Hex(input: string | Uint8Array): string {
  chosen ??= chooseMd5((globalThis as { readonly process?: Partial<NodeJS.Process> }).process?.getBuiltinModule?.('node:crypto'))
  return chosen(input)
}

/**
 * Node's own, where there is one: it takes a tenth of the time until ours has been compiled for speed, which short commands never come to. A
 * browser has none, and a host that is confined to the algorithms of FIPS 140 refuses it.
 */
export function chooseMd5(crypto: NodeCrypto | undefined): Md5 {
  try {
    if (crypto?.hash('md5', '') === computeMd5('')) return (input) => crypto.hash('md5', input)
  } catch {
    // Ours is right as well.
  }
  return computeMd5
}

/** MD5 without anybody's help. */
export function computeMd5(input: string | Uint8Array): string {
  const bytes = typeof input === 'string' ? encoder.encode(input) : input
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  const block = new Int32Array(16)
  const wholeEnd = bytes.length & ~63
  for (let at = 0; at < wholeEnd; at += 64) mixBlock(state, block, bytes, at)
  const tail = paddedTail(bytes, wholeEnd)
  for (let at = 0; at < tail.length; at += 64) mixBlock(state, block, tail, at)
  let hex = ''
  for (const word of state) {
    for (let shift = 0; shift < 32; shift += 8) hex += hexPairs[(word >>> shift) & 255] ?? ''
  }
  return hex
}

function paddedTail(bytes: Uint8Array, from: number): Uint8Array {
  const rest = bytes.length - from
  const tail = new Uint8Array(rest < 56 ? 64 : 128)
  tail.set(bytes.subarray(from))
  tail[rest] = 0x80
  const view = new DataView(tail.buffer)
  view.setUint32(tail.length - 8, (bytes.length << 3) >>> 0, true)
  view.setUint32(tail.length - 4, Math.floor(bytes.length / 2 ** 29), true)
  return tail
}

/** One block of 64 bytes. Written for speed: every changeset of a changelog comes through here in every command. */
function mixBlock(state: Int32Array, block: Int32Array, bytes: Uint8Array, from: number): void {
  for (let word = 0, at = from; word < 16; word++, at += 4) {
    block[word] =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
  }
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  for (let step = 0; step < 64; step++) {
    let sum: number
    if (step < 16) sum = ((b & c) | (~b & d)) + (block[step] as number)
    else if (step < 32) sum = ((d & b) | (~d & c)) + (block[(5 * step + 1) & 15] as number)
    else if (step < 48) sum = (b ^ c ^ d) + (block[(3 * step + 5) & 15] as number)
    else sum = (c ^ (b | ~d)) + (block[(7 * step) & 15] as number)
    sum = (sum + a + (constants[step] as number)) | 0
    const shift = shifts[step] as number
    a = d
    d = c
    c = b
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
  }
  state[0] = (state[0] as number) + a
  state[1] = (state[1] as number) + b
  state[2] = (state[2] as number) + c
  state[3] = (state[3] as number) + d
}
