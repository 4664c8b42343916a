import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import type { SenderContext } from '@hpke/core'
import { AppError } from '@sluice/base'
import { concatBytes, utf8 } from './encoding.ts'

/** RFC 9180: KEM 0x0020, KDF 0x0001, AEAD 0x0002; the only suite of format version 1. */
export const kem = new DhkemX25519HkdfSha256()

const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() })

/** A key pair as the suite holds it. */
export type KeyPairHandle = Awaited<ReturnType<typeof kem.generateKeyPair>>

/** Bytes that only one private key can turn back into the message. */
export interface HpkeBox {
  /** The ephemeral public key, 32 bytes. */
  readonly enc: Uint8Array<ArrayBuffer>
  /** Message plus the 16-byte tag. */
  readonly ciphertext: Uint8Array<ArrayBuffer>
}

export interface HpkeContext {
  /** Keeps uses apart: a box made for one purpose opens for no other. */
  readonly info: string
  /** Bytes that both sides know and that must agree. */
  readonly aad: Uint8Array
}

/**
 * HPKE single-shot seal, base mode. Throws `SEALING_KEY_INVALID`. `ephemeralSeed` makes the result repeatable (RFC 9180 DeriveKeyPair); only test vectors may
 * give it, since repeating a seed repeats key and nonce.
 */
export async function hpkeSeal(
  publicKey: Uint8Array<ArrayBuffer>,
  plaintext: Uint8Array,
  context: HpkeContext,
  ephemeralSeed?: Uint8Array,
): Promise<HpkeBox> {
  const sender = await createSender(publicKey, context.info, ephemeralSeed)
  const ciphertext = await sender.seal(concatBytes([plaintext]), concatBytes([context.aad]))
  return { enc: new Uint8Array(sender.enc), ciphertext: new Uint8Array(ciphertext) }
}

async function createSender(
  publicKey: Uint8Array<ArrayBuffer>,
  info: string,
  seed: Uint8Array | undefined,
): Promise<SenderContext> {
  try {
    const recipientPublicKey = await kem.deserializePublicKey(publicKey)
    const ekm = seed === undefined ? {} : { ekm: await kem.deriveKeyPair(concatBytes([seed])) }
    return await suite.createSenderContext({ recipientPublicKey, info: utf8(info), ...ekm })
  } catch (error) {
    // RFC 9180 section 7.1.4: points of small order give an all-zero secret, which anybody knows.
    throw new AppError('invalid', 'SEALING_KEY_INVALID', 'Nothing can be sealed to this public key.', { cause: error })
  }
}

/** The message of a box. Rejects when key, context or any byte differs. */
export async function hpkeOpen(handle: KeyPairHandle, box: HpkeBox, context: HpkeContext): Promise<Uint8Array<ArrayBuffer>> {
  const recipient = await suite.createRecipientContext({ recipientKey: handle, enc: box.enc, info: utf8(context.info) })
  return new Uint8Array(await recipient.open(box.ciphertext, concatBytes([context.aad])))
}

/** AES-256-GCM with a 16-byte tag after the ciphertext. */
export async function aesGcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const cryptoKey = await globalThis.crypto.subtle.importKey('raw', concatBytes([key]), 'AES-GCM', false, ['encrypt'])
  const algorithm = { name: 'AES-GCM', iv: concatBytes([nonce]), additionalData: concatBytes([aad]) }
  return new Uint8Array(await globalThis.crypto.subtle.encrypt(algorithm, cryptoKey, concatBytes([plaintext])))
}

/** The reverse of `aesGcmSeal`. Rejects when anything differs. */
export async function aesGcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const cryptoKey = await globalThis.crypto.subtle.importKey('raw', concatBytes([key]), 'AES-GCM', false, ['decrypt'])
  const algorithm = { name: 'AES-GCM', iv: concatBytes([nonce]), additionalData: concatBytes([aad]) }
  return new Uint8Array(await globalThis.crypto.subtle.decrypt(algorithm, cryptoKey, concatBytes([ciphertext])))
}
