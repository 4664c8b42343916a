import type { DatabaseEngine } from './database-url.ts'
import { mysqlParameters } from './database-url-parameters-mysql.ts'
import { postgresParameters } from './database-url-parameters-postgres.ts'
import { sqliteParameters } from './database-url-parameters-sqlite.ts'
import { quoteWord, urlError, urlWarning } from './database-url-text.ts'
import { didYouMean } from './diagnostic.ts'
import type { Diagnostic } from './diagnostic.ts'

/** What becomes of a parameter that no driver here reads. */
export interface ParameterRefusal {
  /** The sentence after `The parameter "x" …`. */
  readonly why: string
  readonly hint: string
  /** Values that ask for nothing, such as `false`. */
  readonly except?: RegExp
  /** Default: error. */
  readonly severity?: 'error' | 'warning'
}

/** What the parameters of one database's URLs mean here. Names are compared without regard to case, as most drivers do. */
export interface ParameterRules {
  /** Parameters that the driver here reads, in the spelling that it reads, each with its allowed values. */
  readonly used: Readonly<Record<string, RegExp>>
  /** Other names of those, in lower case. */
  readonly aliases: Readonly<Record<string, string>>
  /** Lower-case names, separated by blanks, that tune a Java driver and change nothing about what is done. */
  readonly harmless: string
  /** By lower-case name. */
  readonly refused: Readonly<Record<string, ParameterRefusal>>
}

const rulesByEngine: Readonly<Record<DatabaseEngine, ParameterRules>> = {
  postgresql: postgresParameters,
  mysql: mysqlParameters,
  mariadb: mysqlParameters,
  sqlite: sqliteParameters,
}

const aboutSafety = /ssl|tls|cert|trust|key|auth|verify|readonly|password|encrypt|secure/i
const neverShown = /password|passphrase|secret|token/i

/**
 * Keeps the parameters that a driver here reads, under the names that it reads, and says what becomes of every other one: nothing for
 * tuning of a Java driver, an error for what would be unsafe to leave out, a warning for the rest.
 */
export function checkParameters(
  engine: DatabaseEngine,
  written: readonly (readonly [string, string])[],
  problems: Diagnostic[],
): Record<string, string> {
  const rules = rulesByEngine[engine]
  const usedNames = new Map(Object.keys(rules.used).map((name) => [name.toLowerCase(), name]))
  const harmless = new Set(rules.harmless.split(/\s+/))
  const kept: Record<string, string> = {}
  // A password with a plain `&` or `?` in it ends up among the names.
  const mayBePassword = written.some(([name, value]) => neverShown.test(name) || name.includes('@') || value.includes('@'))
  for (const [name, value] of written) {
    const lower = name.toLowerCase()
    const canonical = usedNames.get(lower) ?? rules.aliases[lower]
    if (canonical !== undefined) {
      keep(kept, canonical, value, rules.used[canonical], problems)
      continue
    }
    const refusal = rules.refused[lower]
    if (refusal !== undefined) {
      if (refusal.except?.test(value) === true) continue
      const say = refusal.severity === 'warning' ? urlWarning : urlError
      problems.push(say('DATABASE_URL_PARAMETER', `The parameter "${name}" of the database URL ${refusal.why}.`, refusal.hint))
      continue
    }
    if (!harmless.has(lower)) problems.push(unknownParameter(name, usedNames.values(), mayBePassword))
  }
  return kept
}

function keep(
  kept: Record<string, string>,
  name: string,
  value: string,
  allowed: RegExp | undefined,
  problems: Diagnostic[],
): void {
  const before = kept[name]
  if (before !== undefined && before !== value) {
    problems.push(
      urlError(
        'DATABASE_URL_PARAMETER',
        `The parameter "${name}" of the database URL is there twice with different values.`,
        'Keep one.',
      ),
    )
    return
  }
  kept[name] = value
  if (allowed === undefined || allowed.test(value)) return
  const code = /^sslmode$/i.test(name) ? 'DATABASE_URL_SSLMODE' : 'DATABASE_URL_PARAMETER'
  problems.push(
    urlError(
      code,
      `The parameter "${name}" of the database URL has a value${quoteWord(value)} which is not allowed.`,
      allowedHint(allowed),
    ),
  )
}

/** `^(?:a|b)$` says itself what is allowed; `^\d+$` is a number. */
function allowedHint(allowed: RegExp): string {
  const list = /^\^\(\?:([\w.|-]*)\)\$$/.exec(allowed.source)?.[1]
  return list === undefined ? 'Give a whole number.' : `Use one of ${list.split('|').filter(Boolean).join(', ')}.`
}

function unknownParameter(name: string, known: Iterable<string>, mayBePassword: boolean): Diagnostic {
  const near = didYouMean(name, known)
  const hint = mayBePassword
    ? 'If it is a piece of a password, write & as %26, ? as %3F and @ as %40; better, keep the password out of the URL.'
    : near === undefined
      ? 'docs/connections.md lists those that are.'
      : `Did you mean "${near}"?`
  const message = mayBePassword
    ? 'A parameter of the database URL is not known'
    : `The parameter${quoteWord(name)} of the database URL is not known`
  return aboutSafety.test(name) || mayBePassword
    ? urlError('DATABASE_URL_PARAMETER', `${message}, and the connection's safety may depend on it.`, hint)
    : urlWarning('DATABASE_URL_PARAMETER', `${message} and has no effect.`, hint)
}
