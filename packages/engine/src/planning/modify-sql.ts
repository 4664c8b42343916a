import type { Diagnostic } from '@sluice/base'
import type { SqlVisitor } from '@sluice/changelog'

/** The `modifySql` of a changeset, ready to be applied to many statements. */
export interface SqlModification {
  /** One statement after all visitors, in the order written. */
  readonly apply: (sql: string) => string
  readonly diagnostics: readonly Diagnostic[]
}

/** Prepares visitors, of which it is decided before that they apply. A pattern that cannot be read is a diagnostic. */
export function prepareModification(visitors: readonly SqlVisitor[]): SqlModification {
  if (visitors.length === 0) return { apply: (sql) => sql, diagnostics: [] }
  const diagnostics: Diagnostic[] = []
  const steps = visitors.map((visitor) => prepareVisitor(visitor, diagnostics))
  return { apply: (sql) => steps.reduce((text, step) => step(text), sql), diagnostics }
}

function prepareVisitor(visitor: SqlVisitor, diagnostics: Diagnostic[]): (sql: string) => string {
  const attribute = (name: string): string => visitor.attributes[name] ?? ''
  switch (visitor.name) {
    case 'append':
      return (sql) => sql + attribute('value')
    case 'appendSqlIfNotPresent':
      return (sql) => (sql.endsWith(attribute('value')) ? sql : sql + attribute('value'))
    case 'prepend':
      return (sql) => attribute('value') + sql
    case 'replace':
      return (sql) => sql.replaceAll(attribute('replace'), () => attribute('with'))
    case 'regExpReplace': {
      const pattern = javaPattern(attribute('replace'))
      if (pattern === undefined) {
        diagnostics.push({
          severity: 'error',
          code: 'MODIFY_SQL_PATTERN',
          message: `The pattern "${attribute('replace')}" of "regExpReplace" cannot be read.`,
          ...visitor.place,
          hint: 'Possessive quantifiers, atomic groups and Java’s own character classes are not supported: write it without them.',
        })
        return (sql) => sql
      }
      return (sql) => sql.replace(pattern, (...match) => javaReplacement(attribute('with'), match))
    }
  }
}

/** A Java pattern as one of JavaScript: flags at its start (`(?i)`), quoted parts (`\Q…\E`) and `\A`, `\z`, `\Z` are turned into ours. */
function javaPattern(pattern: string): RegExp | undefined {
  const leading = /^\(\?([ims]+)\)/.exec(pattern)
  const body = pattern
    .slice(leading?.[0].length ?? 0)
    .replaceAll(/\\Q(.*?)(?:\\E|$)/gs, (_, quoted: string) => quoted.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`))
    .replaceAll(String.raw`\A`, '^')
    .replaceAll(/\\[zZ]/g, '$')
  try {
    return new RegExp(body, `g${[...new Set(leading?.[1] ?? '')].join('')}`)
  } catch {
    return undefined
  }
}

/** `$1` and `${name}` are groups, a backslash makes the next character plain. */
function javaReplacement(text: string, match: readonly unknown[]): string {
  const groups = match.at(-1)
  const named = typeof groups === 'object' && groups !== null ? (groups as Readonly<Record<string, string | undefined>>) : {}
  const count = match.findIndex((part) => typeof part === 'number') - 1
  return text.replaceAll(
    /\\(.)|\$\{(\w+)\}|\$(\d+)/gs,
    (whole, plain: string | undefined, name: string | undefined, digits: string) => {
      if (plain !== undefined) return plain
      if (name !== undefined) return named[name] ?? ''
      // As many digits belong to the number as there are groups for.
      let length = digits.length
      while (length > 1 && Number(digits.slice(0, length)) > count) length--
      const group = Number(digits.slice(0, length))
      if (group > count) return whole
      const found = match[group]
      return (typeof found === 'string' ? found : '') + digits.slice(length)
    },
  )
}
