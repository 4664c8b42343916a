import { concatBytes, refuse, toBase64Url } from './encoding.ts'
import { keyBytes, keyIdOf } from './keys.ts'
import { encodePayload } from './payload.ts'
import { placeAad } from './place.ts'
import type { SecretPlace } from './place.ts'
import { recipientsMax } from './sealed-secret.ts'
import type { SealedRecipient, SealedSecret } from './sealed-secret.ts'
import { aesGcmSeal, hpkeSeal } from './suite.ts'

/** HPKE `info` of a wrapped data key. */
export const wrapInfo = 'sluice/sealed-secret/v1/data-key'

/** Whom a secret is sealed to. */
export interface SealingRecipient {
  /** Must be the key id of `publicKey`: what a person compared is what is used. */
  readonly keyId: string
  /** 32 bytes, base64url. */
  readonly publicKey: string
}

export interface SealSecretInput extends SecretPlace {
  readonly value: Uint8Array
  /** See `OpenedSecret.allowedTargets`; at least one. */
  readonly allowedTargets: readonly string[]
  readonly recipients: readonly SealingRecipient[]
}

/** The random bytes of one sealing. Injected only by test vectors. */
export interface SealingRandomness {
  readonly dataKey: Uint8Array
  readonly nonce: Uint8Array
  /** One seed of at least 32 bytes per recipient. */
  readonly ephemeralSeeds: readonly Uint8Array[]
}

/**
 * Seals a secret so that only the recipients can open it, only for its place, and with its allowed targets inside.
 * Throws `SEALING_ARGUMENT_INVALID` or `SEALING_KEY_INVALID`; no message has the value.
 */
export async function sealSecret(input: SealSecretInput): Promise<SealedSecret> {
  const random = (bytes: number): Uint8Array => globalThis.crypto.getRandomValues(new Uint8Array(bytes))
  const randomness = { dataKey: random(32), nonce: random(12), ephemeralSeeds: [] }
  try {
    return await sealSecretWith(input, randomness)
  } finally {
    randomness.dataKey.fill(0)
  }
}

/** `sealSecret` with given randomness; not exported from the package, since repeated randomness breaks the cipher. */
export async function sealSecretWith(input: SealSecretInput, randomness: SealingRandomness): Promise<SealedSecret> {
  const aad = placeAad(input)
  const payload = encodePayload(input)
  const recipients = await wrapDataKey(randomness.dataKey, input.recipients, aad, randomness.ephemeralSeeds)
  const ciphertext = await aesGcmSeal(randomness.dataKey, randomness.nonce, payload, aad)
  payload.fill(0)
  const { org, project } = input.scope
  return {
    v: 1,
    scope: { ...(org === undefined ? {} : { org }), ...(project === undefined ? {} : { project }) },
    secretId: input.secretId,
    version: input.version,
    recipients,
    nonce: toBase64Url(randomness.nonce),
    ciphertext: toBase64Url(ciphertext),
  }
}

/** The data key, sealed to each recipient. Throws as `sealSecret`. */
export async function wrapDataKey(
  dataKey: Uint8Array,
  recipients: readonly SealingRecipient[],
  aad: Uint8Array,
  ephemeralSeeds: readonly Uint8Array[] = [],
): Promise<readonly SealedRecipient[]> {
  if (recipients.length === 0 || recipients.length > recipientsMax) {
    refuse(
      'SEALING_ARGUMENT_INVALID',
      `A secret is sealed to 1 to ${recipientsMax} recipients; ${recipients.length} were given.`,
      'Approve a delegate for this scope first: secrets are sealed to delegates’ keys.',
    )
  }
  if (new Set(recipients.map((recipient) => recipient.keyId)).size !== recipients.length) {
    refuse('SEALING_ARGUMENT_INVALID', 'A recipient is named twice.')
  }
  return Promise.all(
    recipients.map(async (recipient, index) => {
      if ((await keyIdOf(recipient.publicKey)) !== recipient.keyId) {
        refuse(
          'SEALING_KEY_INVALID',
          `The public key given for recipient "${recipient.keyId.slice(0, 64)}" has another key id.`,
          'Compare the fingerprint that the delegate prints with the one shown here; do not seal to this key.',
        )
      }
      const publicKey = keyBytes(recipient.publicKey, 'public')
      const context = { info: wrapInfo, aad: concatBytes([aad]) }
      const box = await hpkeSeal(publicKey, dataKey, context, ephemeralSeeds[index])
      return { keyId: recipient.keyId, enc: toBase64Url(box.enc), wrappedKey: toBase64Url(box.ciphertext) }
    }),
  )
}
