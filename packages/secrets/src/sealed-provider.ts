import { AppError } from '@sluice/base'
import type { SealingKeyPair } from '@sluice/sealing'
import { openSecret, parseSealedSecret } from '@sluice/sealing'
import { parseGitUrl } from './git-url.ts'
import { matchesGlob, matchesTarget } from './glob.ts'
import type { SecretProvider } from './provider.ts'
import { formatReference } from './reference.ts'
import type { SecretReference } from './reference.ts'

/**
 * Opens records that were sealed to one of these keys (the current one and those still valid after a rotation), for the place that the
 * reference names, and releases the value only to an audience that its sealer allowed.
 */
export function createSealedProvider(keyPairs: readonly SealingKeyPair[]): SecretProvider {
  return {
    kind: 'sealed',
    async resolve(reference) {
      const { record, diagnostics } = parseSealedSecret(reference.source.kind === 'sealed' ? reference.source.record : undefined)
      if (record === undefined) {
        const problems = diagnostics.map((diagnostic) => diagnostic.message).join(' ')
        throw new AppError('invalid', 'SEALED_SECRET_INVALID', `${subject(reference)} came as a broken record. ${problems}`, {
          hint: 'Set the secret again.',
        })
      }
      const own =
        keyPairs.find((keyPair) => record.recipients.some((recipient) => recipient.keyId === keyPair.keyId)) ?? keyPairs[0]
      if (own === undefined)
        throw new AppError(
          'failedPrecondition',
          'SEALED_SECRET_WRONG_KEY',
          `${subject(reference)} needs a sealing key; this delegate has none.`,
        )
      const { value, allowedTargets } = await openSecret(record, own, reference)
      if (isAllowedAudience(allowedTargets, reference)) return value
      value.fill(0)
      throw new AppError(
        'forbidden',
        'SECRET_AUDIENCE',
        `${subject(reference)} may not be given to "${shownAudience(reference)}": whoever set it allowed ${allowedTargets.join(', ')}.`,
        { hint: 'If the connection is right, set the secret again with this target allowed.' },
      )
    },
  }
}

/**
 * Whether a value may go where the reference says. Databases: the canonical target key. Git: the canonical address of the repository.
 * Registries and the steps of a pipeline: the text itself.
 */
function isAllowedAudience(allowed: readonly string[], reference: SecretReference): boolean {
  if (allowed.includes('*')) return true
  const { audience, use } = reference
  if (use === 'databaseUser' || use === 'databasePassword') return allowed.some((pattern) => matchesTarget(pattern, audience))
  const location = use === 'registry' || use === 'step' ? audience : parseGitUrl(audience)?.canonical
  return location !== undefined && allowed.some((pattern) => matchesGlob(pattern, location))
}

function shownAudience(reference: SecretReference): string {
  return reference.audience.replace(/\/\/[^/]*@/, '//').slice(0, 300)
}

function subject(reference: SecretReference): string {
  const text = formatReference(reference)
  return text.charAt(0).toUpperCase() + text.slice(1)
}
