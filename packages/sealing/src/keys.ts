import { AppError } from '@sluice/base'
import { fromBase64Url, refuse, toBase64Url, toHex } from './encoding.ts'
import { kem } from './suite.ts'
import type { KeyPairHandle } from './suite.ts'

/** An X25519 key pair that secrets can be sealed to, ready for use. Hold one per process: importing costs more than opening. */
export interface SealingKeyPair {
  /** See `keyIdOf`. */
  readonly keyId: string
  /** 32 bytes, base64url. */
  readonly publicKey: string
  /** What the cipher suite works with; not for other use. */
  readonly handle: KeyPairHandle
}

/** A key pair as it is stored: raw X25519 keys (RFC 7748), base64url, 43 characters each. */
export interface ExportedKeyPair {
  readonly publicKey: string
  /** Secret. Never log it, never send it. */
  readonly privateKey: string
}

/** A key pair as JSON Web Key (RFC 8037). */
export interface SealingJwk {
  readonly kty: 'OKP'
  readonly crv: 'X25519'
  readonly kid: string
  readonly x: string
  readonly d: string
}

/** A new random key pair. */
export async function createKeyPair(): Promise<SealingKeyPair> {
  return describeKeyPair(await kem.generateKeyPair())
}

/** The pair's keys for storing. */
export async function exportKeyPair(keyPair: SealingKeyPair): Promise<ExportedKeyPair> {
  const privateKey = new Uint8Array(await kem.serializePrivateKey(keyPair.handle.privateKey))
  return { publicKey: keyPair.publicKey, privateKey: toBase64Url(privateKey) }
}

/** The pair's keys as JWK, for tools that speak it. */
export async function exportKeyPairJwk(keyPair: SealingKeyPair): Promise<SealingJwk> {
  const { publicKey, privateKey } = await exportKeyPair(keyPair)
  return { kty: 'OKP', crv: 'X25519', kid: keyPair.keyId, x: publicKey, d: privateKey }
}

/**
 * A stored pair, ready for use. The public key is derived from the private one; where the caller also stored a public key, both
 * must agree. Throws `SEALING_KEY_INVALID`, which never quotes the key.
 */
export async function importKeyPair(stored: {
  readonly privateKey: string
  readonly publicKey?: string | undefined
}): Promise<SealingKeyPair> {
  const bytes = keyBytes(stored.privateKey, 'private')
  const keyPair = await describeKeyPair(await handleOf(bytes))
  if (stored.publicKey !== undefined && stored.publicKey !== keyPair.publicKey) {
    refuse(
      'SEALING_KEY_INVALID',
      'The stored public key does not belong to the stored private key.',
      'Restore both from the same backup, or remove the pair and enrol again.',
    )
  }
  return keyPair
}

/**
 * The short name of a public key: the first 16 bytes of its SHA-256, hexadecimal. 128 bits, so nobody can make a second key with the
 * same name. Throws `SEALING_KEY_INVALID` for what is not a public key.
 */
export async function keyIdOf(publicKey: string): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', keyBytes(publicKey, 'public'))
  return toHex(new Uint8Array(digest).subarray(0, 16))
}

/** `keyIdOf` for reading aloud: eight groups of four, `3f2a-91bc-…`. Two people who see the same one hold the same key. */
export async function fingerprint(publicKey: string): Promise<string> {
  const keyId = await keyIdOf(publicKey)
  return keyId.match(/.{4}/g)?.join('-') ?? keyId
}

/** Whether a text has the form of a key id. */
export function isKeyId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}

/** The 32 bytes of a base64url key. Throws `SEALING_KEY_INVALID`. */
export function keyBytes(text: string, kind: 'public' | 'private'): Uint8Array<ArrayBuffer> {
  const bytes = text.length === 43 ? fromBase64Url(text) : undefined
  return (
    bytes ??
    refuse(
      'SEALING_KEY_INVALID',
      `The ${kind} key is not an X25519 key.`,
      'It must be 32 bytes as base64url without padding, 43 characters.',
    )
  )
}

async function handleOf(privateKey: Uint8Array<ArrayBuffer>): Promise<KeyPairHandle> {
  try {
    // Through JWK the public half comes with the private one; the suite derives it from the private key's own export.
    const imported = await kem.importKey('raw', privateKey.buffer, false)
    return { privateKey: imported, publicKey: await publicHalf(imported) }
  } catch (error) {
    throw new AppError('invalid', 'SEALING_KEY_INVALID', 'The private key cannot be imported as an X25519 key.', { cause: error })
  }
}

async function publicHalf(privateKey: KeyPairHandle['privateKey']): Promise<KeyPairHandle['publicKey']> {
  const jwk = await globalThis.crypto.subtle.exportKey('jwk', privateKey)
  const bytes = fromBase64Url(jwk.x ?? '')
  if (bytes === undefined) refuse('SEALING_KEY_INVALID', 'This platform does not export the public half of an X25519 key.')
  return kem.deserializePublicKey(bytes)
}

async function describeKeyPair(handle: KeyPairHandle): Promise<SealingKeyPair> {
  const publicKey = toBase64Url(new Uint8Array(await kem.serializePublicKey(handle.publicKey)))
  return { keyId: await keyIdOf(publicKey), publicKey, handle }
}
