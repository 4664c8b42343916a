import type { Diagnostic } from '@sluice/base'
import { createMemoryTree, parseChangelog } from '@sluice/changelog'
import type { Change } from '@sluice/changelog'
import { splitStatements } from '@sluice/sql'
import type { SnapshotProduct } from './model.ts'
import type { WrittenChangeset, WrittenFormat } from './written.ts'

export interface CheckWrittenOptions {
  readonly format: WrittenFormat
  readonly product: SnapshotProduct
  readonly file?: string | undefined
}

/**
 * Reads a written changelog back and compares what would run with what was meant. A body that has a line like `--rollback …` cannot
 * stand in formatted SQL, for example: that is an error here instead of a surprise later.
 */
export function checkWritten(
  text: string,
  written: readonly WrittenChangeset[],
  options: CheckWrittenOptions,
): { readonly diagnostics: readonly Diagnostic[] } {
  const file = options.file ?? `changelog.${options.format}`
  const path = `changelog.${options.format}`
  const parsed = parseChangelog(path, createMemoryTree({ [path]: text }), { dbms: options.product })
  const found = new Map(parsed.changelog?.changesets.map((changeset) => [changeset.id, changeset]) ?? [])
  if (parsed.changelog === undefined) {
    // What was there before may include files that are not at hand here: only problems of the text itself count.
    const errors = parsed.diagnostics.filter(({ severity, code }) => severity === 'error' && !/NOT_FOUND|MISSING/.test(code))
    return { diagnostics: errors.map((error) => ({ ...error, file, hint: otherFormat(options.format) })) }
  }
  const diagnostics: Diagnostic[] = []
  for (const { id, step } of written) {
    const changeset = found.get(id)
    const statements = changeset?.changes.flatMap((change) => statementsOf(change, options.product))
    if (statements === undefined || !isSame(statements, step.statements)) {
      diagnostics.push({
        severity: 'error',
        code: 'CHANGELOG_NOT_CARRIED',
        message: `The changeset "${id}" cannot be written as ${options.format} without changing what it runs.`,
        file,
        hint: otherFormat(options.format),
      })
    }
  }
  return { diagnostics }
}

function otherFormat(format: WrittenFormat): string {
  return format === 'sql' ? 'Write it as YAML: --format yaml.' : 'Write it as formatted SQL: --format sql.'
}

function statementsOf(change: Change, product: SnapshotProduct): readonly string[] {
  if (change.type !== 'sql') return []
  if (!change.splitStatements) return [change.text]
  const { endDelimiter, stripComments } = change
  const dialect = product === 'mariadb' ? 'mysql' : product
  return splitStatements(change.text, { dialect, endDelimiter, stripComments }).statements.map(({ text }) => text)
}

function isSame(read: readonly string[], meant: readonly string[]): boolean {
  return read.length === meant.length && read.every((text, index) => withoutEnd(text) === withoutEnd(meant[index] ?? ''))
}

/** A closing semicolon of a text that is not split belongs to nobody. */
function withoutEnd(text: string): string {
  return text.trim().replace(/;$/, '').trimEnd()
}
