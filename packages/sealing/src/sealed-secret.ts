import type { Diagnostic } from '@sluice/base'
import { isKeyId } from './keys.ts'
import { payloadBytesMax } from './payload.ts'
import { placeProblem } from './place.ts'
import type { SecretScope } from './place.ts'
import { createFieldReader } from './fields.ts'
import type { FieldReader } from './fields.ts'

/**
 * A secret as the control plane stores it: JSON that only the recipients can open. Scope, id and version stand here in the clear and
 * are bound by the associated data. Layout and vectors: docs/sealing-format.md.
 */
export interface SealedSecret {
  readonly v: 1
  readonly scope: SecretScope
  readonly secretId: string
  readonly version: number
  readonly recipients: readonly SealedRecipient[]
  /** 12 bytes, base64url. */
  readonly nonce: string
  /** Payload under the data key, with its tag, base64url. */
  readonly ciphertext: string
}

/** The data key, sealed to one recipient. */
export interface SealedRecipient {
  readonly keyId: string
  /** Ephemeral public key, 32 bytes, base64url. */
  readonly enc: string
  /** The 32-byte data key and its tag, base64url. */
  readonly wrappedKey: string
}

export const recipientsMax = 100

export interface ParsedSealedSecret {
  /** Present exactly when `diagnostics` has no error. */
  readonly record?: SealedSecret | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Checks that something is a sealed record of a version we know: every field, every size, nothing unknown. All problems at once,
 * with the code `SEALED_SECRET_INVALID` (`SEALED_SECRET_VERSION` for a newer format). Says nothing about whether it opens.
 */
export function parseSealedSecret(input: unknown): ParsedSealedSecret {
  const diagnostics: Diagnostic[] = []
  const reader = createFieldReader('SEALED_SECRET_INVALID', 'sealed secret', diagnostics)
  const root = reader.object(input, '', ['v', 'scope', 'secretId', 'version', 'recipients', 'nonce', 'ciphertext'])
  if (root === undefined) return { diagnostics }
  if (typeof root['v'] === 'number' && root['v'] !== 1) {
    diagnostics.length = 0
    diagnostics.push({
      severity: 'error',
      code: 'SEALED_SECRET_VERSION',
      message: `The sealed secret has format version ${root['v']}; this program knows version 1.`,
      hint: 'Upgrade this program, or seal the secret again with the version in use here.',
    })
    return { diagnostics }
  }
  if (root['v'] !== 1) reader.fail('v', 'must be 1')
  const scope = readScope(root['scope'], reader)
  const secretId = reader.text(root['secretId'], 'secretId', 256)
  const version = root['version']
  if (typeof version !== 'number') reader.fail('version', 'must be a number')
  const recipients = readRecipients(root['recipients'], reader)
  const nonce = reader.base64Url(root['nonce'], 'nonce', { bytes: 12 })
  const ciphertext = reader.base64Url(root['ciphertext'], 'ciphertext', { bytesMin: 256 + 16, bytesMax: payloadBytesMax + 16 })
  if (scope !== undefined && secretId !== undefined && typeof version === 'number') {
    const problem = placeProblem({ scope, secretId, version })
    if (problem !== undefined) reader.say(problem)
    else if (recipients !== undefined && nonce !== undefined && ciphertext !== undefined && diagnostics.length === 0) {
      return { record: { v: 1, scope, secretId, version, recipients, nonce, ciphertext }, diagnostics }
    }
  }
  return { diagnostics }
}

function readScope(input: unknown, reader: FieldReader): SecretScope | undefined {
  const scope = reader.object(input, 'scope', ['org', 'project'])
  if (scope === undefined) return undefined
  const org = scope['org'] === undefined ? undefined : reader.text(scope['org'], 'scope.org', 256)
  const project = scope['project'] === undefined ? undefined : reader.text(scope['project'], 'scope.project', 256)
  return { ...(org === undefined ? {} : { org }), ...(project === undefined ? {} : { project }) }
}

function readRecipients(input: unknown, reader: FieldReader): readonly SealedRecipient[] | undefined {
  if (!Array.isArray(input) || input.length === 0 || input.length > recipientsMax) {
    reader.fail('recipients', `must be a list of 1 to ${recipientsMax}`)
    return undefined
  }
  const recipients: SealedRecipient[] = []
  const seen = new Set<string>()
  for (const [index, item] of (input as readonly unknown[]).entries()) {
    const path = `recipients[${index}]`
    const fields = reader.object(item, path, ['keyId', 'enc', 'wrappedKey'])
    if (fields === undefined) continue
    const keyId = reader.text(fields['keyId'], `${path}.keyId`, 32)
    if (keyId !== undefined && !isKeyId(keyId)) reader.fail(`${path}.keyId`, 'must be 32 hexadecimal digits in lower case')
    if (keyId !== undefined && seen.has(keyId)) reader.fail(`${path}.keyId`, 'names a recipient a second time')
    const enc = reader.base64Url(fields['enc'], `${path}.enc`, { bytes: 32 })
    const wrappedKey = reader.base64Url(fields['wrappedKey'], `${path}.wrappedKey`, { bytes: 48 })
    if (keyId === undefined || enc === undefined || wrappedKey === undefined) continue
    seen.add(keyId)
    recipients.push({ keyId, enc, wrappedKey })
  }
  return recipients
}
