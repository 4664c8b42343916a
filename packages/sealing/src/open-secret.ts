import { AppError } from '@sluice/base'
import { fromBase64Url } from './encoding.ts'
import type { SealingKeyPair } from './keys.ts'
import { decodePayload } from './payload.ts'
import type { OpenedSecret } from './payload.ts'
import { formatPlace, isSamePlace, placeAad } from './place.ts'
import type { SecretPlace } from './place.ts'
import { wrapDataKey, wrapInfo } from './seal-secret.ts'
import type { SealingRecipient } from './seal-secret.ts'
import type { SealedSecret } from './sealed-secret.ts'
import { aesGcmOpen, hpkeOpen } from './suite.ts'

/**
 * Opens a record for the place that the caller expects it in; the place must come from what is being done, not from the record.
 * The caller checks `allowedTargets` and fills `value` with zeros when it is done.
 *
 * Throws `SEALED_SECRET_MOVED` (the record belongs elsewhere), `SEALED_SECRET_WRONG_KEY` (not sealed to this key) or
 * `SEALED_SECRET_TAMPERED` (some byte is not the sealer's). No message has the value.
 */
export async function openSecret(record: SealedSecret, keyPair: SealingKeyPair, place: SecretPlace): Promise<OpenedSecret> {
  const dataKey = await openDataKey(record, keyPair, place)
  try {
    const payload = await aesGcmOpen(dataKey, bytesOf(record.nonce), bytesOf(record.ciphertext), placeAad(place))
    const opened = decodePayload(payload)
    payload.fill(0)
    if (opened === undefined) throw new Error('The payload is malformed.')
    return opened
  } catch (error) {
    throw tampered(place, error)
  } finally {
    dataKey.fill(0)
  }
}

/**
 * The same secret for other recipients, without touching its value: for a new delegate, or a delegate's new key. `recipients` is the
 * whole new list. Throws as `openSecret` and `sealSecret`.
 */
export async function rewrapSecret(
  record: SealedSecret,
  keyPair: SealingKeyPair,
  place: SecretPlace,
  recipients: readonly SealingRecipient[],
): Promise<SealedSecret> {
  // Opened whole first: a record that is already broken must not come back looking fresh.
  const { value } = await openSecret(record, keyPair, place)
  value.fill(0)
  const dataKey = await openDataKey(record, keyPair, place)
  try {
    return { ...record, recipients: await wrapDataKey(dataKey, recipients, placeAad(place)) }
  } finally {
    dataKey.fill(0)
  }
}

async function openDataKey(record: SealedSecret, keyPair: SealingKeyPair, place: SecretPlace): Promise<Uint8Array> {
  if (!isSamePlace(record, place)) {
    throw new AppError(
      'forbidden',
      'SEALED_SECRET_MOVED',
      `The sealed record given for ${formatPlace(place)} is ${formatPlace(record)}.`,
      { hint: 'A sealed secret opens only where it was set. Set it again in this place.' },
    )
  }
  const recipient = record.recipients.find((candidate) => candidate.keyId === keyPair.keyId)
  if (recipient === undefined) {
    const keyIds = record.recipients.map((candidate) => candidate.keyId)
    throw new AppError(
      'failedPrecondition',
      'SEALED_SECRET_WRONG_KEY',
      `${capitalize(formatPlace(place))} is not sealed to this key (${keyPair.keyId}).`,
      {
        hint: 'Set the secret again, or let a delegate that can open it add this key.',
        details: { keyIds, keyId: keyPair.keyId },
      },
    )
  }
  try {
    const box = { enc: bytesOf(recipient.enc), ciphertext: bytesOf(recipient.wrappedKey) }
    return await hpkeOpen(keyPair.handle, box, { info: wrapInfo, aad: placeAad(place) })
  } catch (error) {
    throw tampered(place, error)
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64Url(text)
  if (bytes === undefined) throw new Error('Not base64url.')
  return bytes
}

function tampered(place: SecretPlace, cause: unknown): AppError {
  return new AppError(
    'invalid',
    'SEALED_SECRET_TAMPERED',
    `The sealed record of ${formatPlace(place)} does not open: it was changed, damaged, or relabelled from another place.`,
    { hint: 'Set the secret again. If nobody changed it, find out who can write to the control plane’s database.', cause },
  )
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
