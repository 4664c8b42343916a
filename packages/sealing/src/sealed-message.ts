import type { Diagnostic } from '@sluice/base'
import { AppError } from '@sluice/base'
import { fromBase64Url, refuse, toBase64Url } from './encoding.ts'
import { createFieldReader } from './fields.ts'
import { isKeyId, keyBytes, keyIdOf } from './keys.ts'
import type { SealingKeyPair } from './keys.ts'
import { hpkeOpen, hpkeSeal } from './suite.ts'

/** A small message that one key can open, for a use that both sides know. */
export interface SealedMessage {
  readonly v: 1
  readonly keyId: string
  /** Ephemeral public key, 32 bytes, base64url. */
  readonly enc: string
  /** Message and tag, base64url. Not padded: its length is the message's. */
  readonly ciphertext: string
}

/** Longest message that `sealToKey` takes, in bytes: several secrets at once. */
export const sealedMessageBytesMax = 1024 * 1024

/** What both sides must agree on for a message to open. */
export interface MessageContext {
  /** Constant name of the use, for example `runtime-secrets`. */
  readonly purpose: string
  /** Facts of this one message, for example the attempt's id. Empty by default. */
  readonly aad?: Uint8Array | undefined
}

/** Seals bytes to one public key. Throws `SEALING_ARGUMENT_INVALID` or `SEALING_KEY_INVALID`. */
export async function sealToKey(publicKey: string, message: Uint8Array, context: MessageContext): Promise<SealedMessage> {
  return sealToKeyWith(publicKey, message, context, undefined)
}

/** `sealToKey` with a given ephemeral seed, for test vectors; not exported from the package. */
export async function sealToKeyWith(
  publicKey: string,
  message: Uint8Array,
  context: MessageContext,
  ephemeralSeed: Uint8Array | undefined,
): Promise<SealedMessage> {
  if (message.length > sealedMessageBytesMax) {
    refuse('SEALING_ARGUMENT_INVALID', `The message has ${message.length} bytes; at most ${sealedMessageBytesMax} can be sealed.`)
  }
  const box = await hpkeSeal(keyBytes(publicKey, 'public'), message, hpkeContext(context), ephemeralSeed)
  return { v: 1, keyId: await keyIdOf(publicKey), enc: toBase64Url(box.enc), ciphertext: toBase64Url(box.ciphertext) }
}

/** Opens what `sealToKey` made. Throws `SEALED_MESSAGE_WRONG_KEY` or `SEALED_MESSAGE_TAMPERED`. */
export async function openWithKey(message: SealedMessage, keyPair: SealingKeyPair, context: MessageContext): Promise<Uint8Array> {
  if (message.keyId !== keyPair.keyId) {
    throw new AppError(
      'failedPrecondition',
      'SEALED_MESSAGE_WRONG_KEY',
      `The message is sealed to key ${message.keyId.slice(0, 64)}, not to this one (${keyPair.keyId}).`,
    )
  }
  try {
    const enc = fromBase64Url(message.enc)
    const ciphertext = fromBase64Url(message.ciphertext)
    if (enc === undefined || ciphertext === undefined) throw new Error('Not base64url.')
    return await hpkeOpen(keyPair.handle, { enc, ciphertext }, hpkeContext(context))
  } catch (error) {
    throw new AppError(
      'invalid',
      'SEALED_MESSAGE_TAMPERED',
      `The sealed message does not open as "${context.purpose}": it was changed, or made for another use.`,
      { cause: error },
    )
  }
}

/** Checks the form of a sealed message; all problems at once, code `SEALED_MESSAGE_INVALID`. */
export function parseSealedMessage(input: unknown): {
  readonly message?: SealedMessage | undefined
  readonly diagnostics: readonly Diagnostic[]
} {
  const diagnostics: Diagnostic[] = []
  const reader = createFieldReader('SEALED_MESSAGE_INVALID', 'sealed message', diagnostics)
  const root = reader.object(input, '', ['v', 'keyId', 'enc', 'ciphertext'])
  if (root === undefined) return { diagnostics }
  if (root['v'] !== 1) reader.fail('v', 'must be 1')
  const keyId = reader.text(root['keyId'], 'keyId', 32)
  if (keyId !== undefined && !isKeyId(keyId)) reader.fail('keyId', 'must be 32 hexadecimal digits in lower case')
  const enc = reader.base64Url(root['enc'], 'enc', { bytes: 32 })
  const ciphertext = reader.base64Url(root['ciphertext'], 'ciphertext', { bytesMin: 16, bytesMax: sealedMessageBytesMax + 16 })
  if (keyId === undefined || enc === undefined || ciphertext === undefined || diagnostics.length > 0) return { diagnostics }
  return { message: { v: 1, keyId, enc, ciphertext }, diagnostics }
}

function hpkeContext(context: MessageContext): { info: string; aad: Uint8Array } {
  if (context.purpose === '') refuse('SEALING_ARGUMENT_INVALID', 'A sealed message needs a purpose.')
  return { info: `sluice/sealed-message/v1/${context.purpose}`, aad: context.aad ?? new Uint8Array() }
}
