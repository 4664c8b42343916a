import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A comparison that should be equal and is not yet. */
export interface KnownFailure {
  /** `area/name@database`. */
  readonly case: string
  readonly reason: string
}

/** Where the list is kept: `list-failures.ts` brings it up to date after a run. */
export const knownFailuresPath = join(import.meta.dirname, 'known-failures.json')

/** What is missing, by reason. docs/conformance.md shows it. A case that is equal again fails its test until it is taken off. */
export const knownFailures: readonly KnownFailure[] = Object.entries(
  JSON.parse(readFileSync(knownFailuresPath, 'utf8')) as Record<string, readonly string[]>,
).flatMap(([reason, cases]) => cases.map((one) => ({ case: one, reason })))
