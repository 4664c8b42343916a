import { encodeTextList, refuse } from './encoding.ts'

/** Where a secret lives: account (neither), organisation (`org`) or project (both). */
export interface SecretScope {
  readonly org?: string | undefined
  readonly project?: string | undefined
}

/** What a sealed record is bound to: it opens for this scope, secret and version, and nothing else. */
export interface SecretPlace {
  readonly scope: SecretScope
  readonly secretId: string
  /** Counts from 1. */
  readonly version: number
}

const identifierCharsMax = 256
const domain = 'sluice/sealed-secret/v1'

/** The associated data of a record (docs/sealing-format.md). Throws `SEALING_ARGUMENT_INVALID` for a place that cannot be. */
export function placeAad(place: SecretPlace): Uint8Array<ArrayBuffer> {
  const problem = placeProblem(place)
  if (problem !== undefined) refuse('SEALING_ARGUMENT_INVALID', problem)
  return encodeTextList([domain, place.scope.org ?? '', place.scope.project ?? '', place.secretId, String(place.version)])
}

/** What is wrong with a place, as a sentence, or undefined. */
export function placeProblem(place: SecretPlace): string | undefined {
  const { scope, secretId, version } = place
  if (scope.org !== undefined && !isIdentifier(scope.org)) return 'The scope’s org is empty or longer than 256 characters.'
  if (scope.project !== undefined && !isIdentifier(scope.project))
    return 'The scope’s project is empty or longer than 256 characters.'
  if (scope.project !== undefined && scope.org === undefined) return 'The scope names a project without its org.'
  if (!isIdentifier(secretId)) return 'The secret id is empty or longer than 256 characters.'
  if (!Number.isSafeInteger(version) || version < 1) return 'The version is not a whole number from 1.'
  return undefined
}

/** Whether two places are the same one. */
export function isSamePlace(left: SecretPlace, right: SecretPlace): boolean {
  return (
    left.scope.org === right.scope.org &&
    left.scope.project === right.scope.project &&
    left.secretId === right.secretId &&
    left.version === right.version
  )
}

/** `project "default/shop"`, for messages. */
export function formatScope(scope: SecretScope): string {
  if (scope.org === undefined) return 'the account'
  return scope.project === undefined ? `org "${scope.org}"` : `project "${scope.org}/${scope.project}"`
}

/** `secret "db-password" version 3 of project "default/shop"`, for messages. */
export function formatPlace(place: SecretPlace): string {
  return `secret "${place.secretId}" version ${place.version} of ${formatScope(place.scope)}`
}

// Lone surrogates all encode to U+FFFD, so two different identifiers could share associated data.
function isIdentifier(text: string): boolean {
  return text.length > 0 && text.length <= identifierCharsMax && text.isWellFormed()
}
