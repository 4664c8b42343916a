import { AppError } from '@sluice/base'

const textEncoder = new TextEncoder()

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(textEncoder.encode(text))
}

/** Base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < bytes.length; start += 8192) binary += String.fromCharCode(...bytes.subarray(start, start + 8192))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/**
 * The bytes of a base64url text, or undefined when it is not the one canonical spelling: padding, foreign characters and
 * non-zero trailing bits are refused, so that two different texts never mean the same bytes.
 */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  return toBase64Url(bytes) === text ? bytes : undefined
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** All parts in one new array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** A list of texts as bytes that no other list shares: each its UTF-8 length as 4 bytes big-endian, then its UTF-8 bytes. */
export function encodeTextList(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  return concatBytes(
    texts.flatMap((text) => {
      const bytes = utf8(text)
      return [uint32(bytes.length), bytes]
    }),
  )
}

/** Four bytes, big-endian. */
export function uint32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** Throws `AppError('invalid', …)`: what the sealing functions do with arguments that no record could carry. */
export function refuse(code: string, message: string, hint?: string): never {
  throw new AppError('invalid', code, message, hint === undefined ? {} : { hint })
}
