import type { Diagnostic } from '@sluice/base'
import { sha256Hex } from '@sluice/changelog'
import type { ChangelogPlan } from './changelog-plan.ts'
import { formattedSql } from './formatted-sql-text.ts'
import { appendJson, appendXml, appendYaml } from './document-text.ts'
import { checkWritten } from './check-written.ts'
import { changelogFormats } from './written.ts'
import type { WrittenChangeset, WrittenFormat } from './written.ts'

export interface WriteChangelogOptions {
  readonly format: WrittenFormat
  /** Author of every changeset. Blanks become `_`. */
  readonly author: string
  /** Text of the file that the changesets are added to; undefined or blank = a new file. */
  readonly existing?: string | undefined
  /** For diagnostics. */
  readonly file?: string | undefined
}

export interface WrittenChangelog {
  /** The whole file, what was there included. */
  readonly text: string
  readonly changesets: readonly WrittenChangeset[]
  /** Those of the plan, and errors for changesets that this format cannot carry unchanged. With an error the text must not be used. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Writes changesets as a changelog, or adds them to one as Liquibase does, and reads the result back: what would run is what was
 * planned, or there is an error that names the changeset. Ids are made of the object's name and a hash of the statements, so that
 * the same object gets the same id every time.
 *
 * Throws `CHANGELOG_NOT_APPENDABLE` when the existing text has no place for more changesets.
 */
export function writeChangelog(plan: ChangelogPlan, options: WriteChangelogOptions): WrittenChangelog {
  const existing = options.existing === undefined || options.existing.trim() === '' ? undefined : options.existing
  const author = options.author.trim().replaceAll(/[\s:"]+/g, '_') || 'sluice'
  const taken = new Set<string>()
  const changesets = plan.steps.map((step): WrittenChangeset => {
    const base = `${step.name}-${sha256Hex(step.statements.join('\n;\n')).slice(0, 8)}`
    let id = base
    for (let copy = 2; taken.has(id) || holdsId(existing, id); copy++) id = `${base}-${String(copy)}`
    taken.add(id)
    return { id, author, step }
  })
  const text = render(changesets, options.format, existing)
  const { diagnostics } = checkWritten(text, changesets, { ...options, product: plan.product })
  return { text, changesets, diagnostics: [...plan.diagnostics, ...diagnostics] }
}

function render(changesets: readonly WrittenChangeset[], format: WrittenFormat, existing: string | undefined): string {
  switch (format) {
    case 'sql':
      return formattedSql(changesets, existing)
    case 'yaml':
      return appendYaml(changesets, existing)
    case 'json':
      return appendJson(changesets, existing)
    case 'xml':
      return appendXml(changesets, existing)
  }
}

/** Ids hold letters, digits, `_` and `-` only, so that a search finds them as whole words in every format. */
function holdsId(text: string | undefined, id: string): boolean {
  return text !== undefined && new RegExp(`(?<![\\w-])${id}(?![\\w-])`).test(text)
}

/** The format that a file's name asks for; undefined when its ending says nothing. */
export function formatOfFile(path: string): WrittenFormat | undefined {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase()
  if (ending === 'yml') return 'yaml'
  return changelogFormats.find((format) => format === ending)
}
