// Crockford's base32, lower case: no i, l, o, u, and valid in Kubernetes object names.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

const randomChars = 16
/** Random bytes taken from the system in one piece: a call for each id costs more than all the rest of it. Each is used once. */
const randomPool = new Uint8Array(256 * randomChars)
let randomLeft = 0

/**
 * A new id: `prefix_` and 26 characters, 10 of time (milliseconds) and 16 of randomness, so that ids sort by creation.
 * The layout is ULID's (https://github.com/ulid/spec), in lower case.
 */
export function createId(prefix: string, nowMs: number = Date.now()): string {
  let time = Math.floor(nowMs)
  let head = ''
  for (let index = 0; index < 10; index++) {
    head = alphabet.charAt(time % 32) + head
    time = Math.floor(time / 32)
  }
  if (randomLeft < randomChars) {
    globalThis.crypto.getRandomValues(randomPool)
    randomLeft = randomPool.length
  }
  let tail = ''
  for (let index = 0; index < randomChars; index++) tail += alphabet.charAt((randomPool[--randomLeft] ?? 0) & 31)
  return `${prefix}_${head}${tail}`
}

/** The part of an id after its prefix: what Kubernetes object names are made of. */
export function idSuffix(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}

/** Whether a text has the shape of an id with this prefix. */
export function isId(prefix: string, text: string): boolean {
  return text.length === prefix.length + 27 && text.startsWith(`${prefix}_`) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(idSuffix(text))
}

/** 256 random bits as base64url: tokens that are shown once and stored hashed. */
export function createToken(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
