const encoder = new TextEncoder()

const primes = firstPrimes(64)
const initial = Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))
const constants = Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))

/** SHA-256 (FIPS 180-4) in lower-case hex; text is taken as UTF-8. Written out so that this package stays free of platforms. */
export function sha256Hex(input: string | Uint8Array): string {
  const bytes = typeof input === 'string' ? encoder.encode(input) : input
  const padded = new Uint8Array(((bytes.length + 9 + 63) >>> 6) << 6)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0)
  const state = Uint32Array.from(initial)
  const schedule = new Uint32Array(64)
  for (let at = 0; at < padded.length; at += 64) mixBlock(state, schedule, view, at)
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

function mixBlock(state: Uint32Array, schedule: Uint32Array, view: DataView, at: number): void {
  for (let index = 0; index < 16; index++) schedule[index] = view.getUint32(at + index * 4)
  for (let index = 16; index < 64; index++) {
    const w15 = schedule[index - 15] ?? 0
    const w2 = schedule[index - 2] ?? 0
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3)
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10)
    schedule[index] = (schedule[index - 16] ?? 0) + s0 + (schedule[index - 7] ?? 0) + s1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let index = 0; index < 64; index++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const choice = (e & f) ^ (~e & g)
    const left = (h + s1 + choice + (constants[index] ?? 0) + (schedule[index] ?? 0)) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const right = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + left) | 0
    d = c
    c = b
    b = a
    a = (left + right) | 0
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + value
}

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits))
}

/** The first 32 bits after the point. */
function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32)
}

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate)
  }
  return found
}
