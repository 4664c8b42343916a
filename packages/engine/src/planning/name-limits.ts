import type { Diagnostic } from '@sluice/base'
import type { Changeset } from '@sluice/changelog'
import type { ChangesetKey } from '../changeset-key.ts'

/** What the columns ID, AUTHOR, FILENAME and TAG hold. */
const nameMax = 255

/** Parts of a changeset's identity, and a tag, that the history table has no room for, as errors. */
export function tooLongDiagnostics(decided: {
  readonly key: ChangesetKey
  readonly changeset: Changeset
}): readonly Diagnostic[] {
  return Object.entries({ ...decided.key, tag: decided.changeset.tag ?? '' })
    .filter(([, value]) => value.length > nameMax)
    .map(([column]) => ({
      severity: 'error',
      code: 'CHANGESET_NAME_TOO_LONG',
      message: `The ${column} of a changeset is longer than the ${nameMax} characters that the history table holds.`,
      ...decided.changeset.place,
      hint: 'Shorten it.',
    }))
}
