/**
 * The line forms of formatted SQL changelogs. Each is anchored and free of nested repetition, so that a line costs time in
 * proportion to its length.
 */

/** First non-blank line of a formatted SQL changelog. */
export function isFormattedSqlHeader(line: string): boolean {
  return /^\s*--\s*liquibase\s*formatted/i.test(line)
}

export type DirectiveName =
  | 'changeset'
  | 'comment'
  | 'validCheckSum'
  | 'rollback'
  | 'preconditions'
  | 'precondition'
  | 'property'
  | 'ignoreLines'

export type FormattedLine =
  | { readonly kind: 'directive'; readonly name: DirectiveName; readonly rest: string; readonly column: number }
  | { readonly kind: 'rollbackBlock' }
  /** Another header line, as files that were joined have them: a comment of the SQL, as for Liquibase up to 4.28. */
  | { readonly kind: 'header' }
  | { readonly kind: 'mistake'; readonly message: string; readonly hint: string }
  | { readonly kind: 'sql' }

const sqlLine: FormattedLine = { kind: 'sql' }

/** Which directive a line is, if any: those lines are not part of the SQL. */
export function classifyLine(line: string): FormattedLine {
  const start = line.search(/\S/)
  if (start === -1) return sqlLine
  const code = line.charCodeAt(start)
  if (code === 47) return /^\s*\/\*\s*liquibase\s*rollback\s*$/i.test(line) ? { kind: 'rollbackBlock' } : sqlLine
  if (code !== 45) return sqlLine
  return line.charCodeAt(start + 1) === 45 ? classifyComment(line, start) : classifyDash(line)
}

const directive = /^\s*--\s*(changeset|comment|validCheckSum|rollback|preconditions|precondition-|property|ignoreLines)(.*)$/is

const names: Readonly<Record<string, DirectiveName>> = {
  changeset: 'changeset',
  comment: 'comment',
  validchecksum: 'validCheckSum',
  rollback: 'rollback',
  preconditions: 'preconditions',
  'precondition-': 'precondition',
  property: 'property',
  ignorelines: 'ignoreLines',
}

/** What has to follow a directive's name for the line to be one. Everything else is a comment of the SQL. */
const following: Readonly<Record<DirectiveName, RegExp>> = {
  changeset: /^/,
  comment: /^:? /,
  validCheckSum: /^:? /,
  rollback: /^ /,
  preconditions: /^/,
  precondition: /^[a-z-]+ /i,
  property: /^\s/,
  ignoreLines: /^:\w+/,
}

function classifyComment(line: string, start: number): FormattedLine {
  const match = directive.exec(line)
  if (match === null) return isFormattedSqlHeader(line) ? { kind: 'header' } : sqlLine
  const [, word = '', rest = ''] = match
  const name = names[word.toLowerCase()] ?? 'comment'
  // These three count at the start of a line only; others may be indented.
  if (start > 0 && (name === 'comment' || name === 'validCheckSum' || name === 'ignoreLines')) return sqlLine
  if (following[name].test(rest)) return { kind: 'directive', name, rest, column: start + 1 }
  if (name === 'comment' && /^s:? /i.test(rest)) return mistake('"--comments" is not known.', 'Write "--comment: …".')
  return sqlLine
}

/** One dash is a mistake that would turn the rest of a changeset into something else. */
function classifyDash(line: string): FormattedLine {
  const match = /^\s*-\s*(changeset|rollback|comment:?|validCheckSum:?|preconditions?|property|ignoreLines:?)\b/i.exec(line)
  if (match === null || !/^\s*-\s*[a-z:]+(?:[\s:-]|$)/i.test(line)) return sqlLine
  return mistake(`"-${match[1]}" starts with one dash.`, `Write "--${match[1]}".`)
}

function mistake(message: string, hint: string): FormattedLine {
  return { kind: 'mistake', message, hint }
}

/** A key and its value on a directive line. */
export interface LineAttribute {
  readonly name: string
  readonly value: string
  /** 0-based place in the given text. */
  readonly at: number
}

/** Reads `key:value key:"quoted value"`; `words` are what is neither. */
export function readLineAttributes(text: string): {
  readonly attributes: readonly LineAttribute[]
  readonly words: readonly LineAttribute[]
} {
  const attributes: LineAttribute[] = []
  const words: LineAttribute[] = []
  for (const match of text.matchAll(/([a-z]+):(?:"([^"]*)"|(\S*))|\S+/gi)) {
    const [whole, name, quoted, bare] = match
    if (name === undefined) words.push({ name: whole, value: '', at: match.index })
    else attributes.push({ name, value: quoted ?? bare ?? '', at: match.index })
  }
  return { attributes, words }
}
