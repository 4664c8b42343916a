import { AppError } from '@sluice/base'
import type { ChangelogStep } from './changelog-plan.ts'

/** Formats a changelog can be written in: formatted SQL, or a document with one `sql` change per statement. */
export const changelogFormats = ['sql', 'yaml', 'json', 'xml'] as const
export type WrittenFormat = (typeof changelogFormats)[number]

/** One changeset as it is written. */
export interface WrittenChangeset {
  readonly id: string
  readonly author: string
  readonly step: ChangelogStep
}

/** Throws for a text that cannot be added to. */
export function notAppendable(reason: string): AppError {
  return new AppError('invalid', 'CHANGELOG_NOT_APPENDABLE', `The changelog file cannot be added to: ${reason}`, {
    hint: 'Write to another file, or replace this one with --overwrite.',
  })
}
