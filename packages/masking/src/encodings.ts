import { jsonEscapes, percentEncodings, quoteEscapes, shellEscapes, xmlEscapes } from './escapes.ts'

/** Shorter needles would hide ordinary text, so shorter values are not masked. */
export const needleBytesMin = 6

/** From here a value counts as large: its lines and rarer spellings in all encodings would cost too much memory. */
const largeValueBytes = 4096

const jsonDepthMax = 32
const jsonLeavesMax = 10_000

/**
 * Every byte sequence under which a value may show up in a log: the value, its lines and its JSON leaves, each raw, escaped for JSON, XML,
 * shells, SQL and connection strings, URL-encoded, in hexadecimal, and inside base64 at any alignment. Distinct, each at least
 * `needleBytesMin` long; empty for a value that is too short to mask.
 */
export function encodingsOf(value: Uint8Array | string): Uint8Array[] {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  // The encodings of blanks are everywhere: "+" and "%20" in URLs, "20" in hexadecimal.
  if (bytes.every(isBlank)) return []
  const needles = createNeedleSet()
  const text = decodeText(bytes)
  addAllEncodings(bytes, text, needles)
  for (const width of [64, 76]) for (const line of wrappedBase64(bytes, width)) needles.addText(line)
  if (text === undefined) return needles.list
  for (const part of partsOf(text)) {
    if (bytes.length <= largeValueBytes) addAllEncodings(new TextEncoder().encode(part), part, needles)
    else if (part.trim() !== '') for (const spelling of [part, ...jsonEscapes(part)]) needles.addText(spelling)
  }
  return needles.list
}

interface NeedleSet {
  readonly list: Uint8Array[]
  addBytes(bytes: Uint8Array): void
  addText(text: string): void
}

function createNeedleSet(): NeedleSet {
  const list: Uint8Array[] = []
  const seen = new Set<string>()
  const encoder = new TextEncoder()
  const add = (key: string, bytes: Uint8Array): void => {
    if (seen.has(key)) return
    seen.add(key)
    if (bytes.length >= needleBytesMin) list.push(bytes)
  }
  return {
    list,
    addBytes: (bytes) => {
      const text = decodeText(bytes)
      add(text === undefined ? `bytes:${hexOf(bytes)}` : `text:${text}`, new Uint8Array(bytes))
    },
    addText: (text) => {
      if (!seen.has(`text:${text}`)) add(`text:${text}`, encoder.encode(text))
    },
  }
}

function addAllEncodings(bytes: Uint8Array, text: string | undefined, needles: NeedleSet): void {
  if (bytes.length < needleBytesMin || bytes.every(isBlank)) return
  needles.addBytes(bytes)
  for (const spelling of percentEncodings(bytes, bytes.length > largeValueBytes)) needles.addText(spelling)
  for (const alignment of [0, 1, 2] as const) {
    const needle = base64Inside(bytes, alignment)
    needles.addText(needle)
    needles.addText(toBase64Url(needle))
  }
  const hex = hexOf(bytes)
  needles.addText(hex)
  needles.addText(hex.toUpperCase())
  if (text === undefined) return
  for (const family of [jsonEscapes, xmlEscapes, shellEscapes, quoteEscapes]) {
    for (const spelling of family(text)) needles.addText(spelling)
  }
}

/** The trimmed text, its lines and, where it is JSON, the values in it. */
function partsOf(text: string): Set<string> {
  const parts = new Set<string>()
  const lines = text.split(/\r\n|\n|\r/)
  for (const part of [text, ...(lines.length > 1 ? lines : []), ...jsonLeaves(text)]) {
    parts.add(part)
    parts.add(part.trim())
  }
  parts.delete(text)
  return parts
}

function jsonLeaves(text: string): string[] {
  if (!/^\s*[[{"]/.test(text)) return []
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    return []
  }
  const leaves: string[] = []
  const visit = (node: unknown, depth: number): void => {
    if (leaves.length >= jsonLeavesMax || depth > jsonDepthMax) return
    if (typeof node === 'string' || typeof node === 'number') leaves.push(String(node))
    else if (typeof node === 'object' && node !== null) for (const child of Object.values(node)) visit(child, depth + 1)
  }
  visit(root, 0)
  return leaves
}

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * The characters that the bytes certainly make inside a longer base64 text where they begin at `alignment` modulo 3. Characters at the edges
 * that mix in neighbouring bytes are left off.
 */
export function base64Inside(bytes: Uint8Array, alignment: 0 | 1 | 2): string {
  const firstBit = alignment * 8
  const firstCharacter = Math.ceil(firstBit / 6)
  const endCharacter = Math.floor((firstBit + bytes.length * 8) / 6)
  let text = ''
  for (let index = firstCharacter; index < endCharacter; index++) {
    const bit = index * 6 - firstBit
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0)
    text += base64Alphabet.charAt((pair >> (10 - (bit & 7))) & 63)
  }
  return text
}

function toBase64Url(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}

/** The lines of the value's own base64 as `base64` (76) and PEM writers (64) break it; empty where it fits on one. */
function wrappedBase64(bytes: Uint8Array, width: number): string[] {
  const text = base64Inside(bytes, 0)
  if (text.length <= width) return []
  return Array.from({ length: Math.ceil(text.length / width) }, (_, line) => text.slice(line * width, (line + 1) * width))
}

function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}
