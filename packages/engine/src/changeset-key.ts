import { changesetKey } from '@sluice/changelog'

/** What makes a changeset itself, as its user knows it. */
export interface ChangesetKey {
  readonly id: string
  readonly author: string
  /** As the FILENAME column has it. */
  readonly path: string
}

/** `path::id::author`, the form in which Liquibase prints changesets. */
export function formatChangesetKey(key: ChangesetKey): string {
  return `${key.path}::${key.id}::${key.author}`
}

/**
 * What two keys are compared by: the path normalised (no `classpath:`, drive letter, leading slash, `.` or `..`; forward slashes),
 * everything case-insensitive, as Liquibase compares them.
 */
export function normalizeChangesetKey(key: ChangesetKey): string {
  return changesetKey(key).toLowerCase()
}
