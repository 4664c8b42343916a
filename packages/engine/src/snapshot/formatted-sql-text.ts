import type { WrittenChangeset } from './written.ts'
import { notAppendable } from './written.ts'

/** Delimiters for changesets of several statements that hold semicolons themselves. Tried in this order. */
const delimiters = ['//', '@@', '~~', '%%', '!!', '##']

/** Formatted SQL with these changesets at its end. */
export function formattedSql(changesets: readonly WrittenChangeset[], existing: string | undefined): string {
  if (existing !== undefined && !/^\s*--\s*liquibase\s*formatted/i.test(existing)) {
    throw notAppendable('it is no formatted SQL (its first line is not "--liquibase formatted sql").')
  }
  const head = existing === undefined ? '--liquibase formatted sql\n' : `${existing.trimEnd()}\n`
  return head + changesets.map((changeset) => `\n${changesetText(changeset)}`).join('')
}

function changesetText({ id, author, step }: WrittenChangeset): string {
  const keys = ['stripComments:false']
  const body = joinStatements(step.statements)
  keys.push(...body.keys)
  const rollback = step.rollback === undefined || step.rollback.length === 0 ? undefined : joinStatements(step.rollback)
  for (const key of rollback?.keys ?? []) keys.push(`rollback${key[0]?.toUpperCase() ?? ''}${key.slice(1)}`)
  const lines = [`--changeset ${author}:${id} ${keys.join(' ')}`]
  if (step.comments.length > 0) lines.push(`--comment: ${step.comments.join(' ').replaceAll(/\s+/g, ' ')}`)
  lines.push(body.text)
  if (rollback !== undefined) lines.push(rollbackText(rollback.text))
  else if (step.rollback !== undefined) lines.push('--rollback empty')
  return `${lines.join('\n')}\n`
}

/** Statements as one text and the keys that tell how to take it apart again. */
function joinStatements(statements: readonly string[]): { readonly text: string; readonly keys: readonly string[] } {
  const only = statements.length === 1 ? statements[0] : undefined
  if (only !== undefined) {
    // Plain one-liners look as people write them.
    return isPlain(only) ? { text: `${only};`, keys: [] } : { text: only, keys: ['splitStatements:false'] }
  }
  if (statements.every(isPlain)) return { text: statements.map((statement) => `${statement};`).join('\n'), keys: [] }
  const delimiter = delimiters.find((candidate) => statements.every((statement) => !statement.includes(candidate))) ?? '//'
  return { text: statements.map((statement) => `${statement}\n${delimiter}`).join('\n'), keys: [`endDelimiter:${delimiter}`] }
}

/** Whether splitting at semicolons, by whatever tool, cannot go wrong. */
function isPlain(statement: string): boolean {
  return !/[;\\#]|--|\/\*|\$|^\s*(?:GO|\/)\s*$/im.test(statement)
}

function rollbackText(text: string): string {
  const lines = text.split('\n')
  const isExact = lines.every((line) => line === line.trim())
  // Blanks at a line's start mean nothing outside of quotes.
  if (isExact || !/['"$`]/.test(text) || text.includes('*/')) {
    return lines
      .filter((line) => line.trim() !== '')
      .map((line) => `--rollback ${line}`)
      .join('\n')
  }
  return `/* liquibase rollback\n${text}\n*/`
}
