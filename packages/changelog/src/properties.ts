/** A changelog property that is in force. */
interface Property {
  readonly name: string
  readonly value: string
}

/** Growth of one text by expansion is cut off here: a property that doubles itself is a mistake. */
const expandedLengthMax = 64 * 1024 * 1024
const expansionDepthMax = 32
/** What the names of the database's own properties begin with, in lower case. */
export const databasePrefix = 'database.'
const lookupsMax = 1_000_000

export interface ExpansionProblem {
  readonly code: 'CHANGELOG_PROPERTY_CYCLE' | 'CHANGELOG_PROPERTY_TOO_LARGE' | 'CHANGELOG_PROPERTY_MISSING'
  readonly message: string
}

export interface PropertyOptions {
  /** Facts about the database (`database.typeName`, …): they win over everything but the environment. */
  readonly database?: Readonly<Record<string, string>> | undefined
  /** Environment variables that changelogs may see. Nothing by default. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Given by the caller; they win over the changelog's own. */
  readonly given?: Readonly<Record<string, string>> | undefined
  /** What becomes of `${name}` without such a property: stays as written (default), nothing, or a problem. */
  readonly missing?: 'preserve' | 'empty' | 'error' | undefined
}

/**
 * The properties of one changelog run. The first definition of a global property wins; local ones are seen by their own file
 * and what it includes, the latest first, and only where no global one has the name. Names are case-insensitive.
 */
export class Properties {
  readonly #globals: Map<string, string>
  readonly #missing: 'preserve' | 'empty' | 'error'
  readonly root: PropertyScope = { locals: [], parent: undefined }
  #asksDatabase = false

  constructor(options: PropertyOptions = {}) {
    this.#missing = options.missing ?? 'preserve'
    this.#globals = new Map()
    for (const source of [options.environment, options.database, options.given]) {
      for (const [name, value] of Object.entries(source ?? {})) this.defineGlobal(name, value)
    }
  }

  /** A text asked for `${database.…}`, so what it became depends on the connection. */
  get asksDatabase(): boolean {
    return this.#asksDatabase
  }

  defineGlobal(name: string, value: string): void {
    const key = keyOf(name)
    if (!this.#globals.has(key)) this.#globals.set(key, value)
  }

  /** Every global property by lower-case name. */
  globals(): Record<string, string> {
    return Object.fromEntries(this.#globals)
  }

  lookup(name: string, scope: PropertyScope): string | undefined {
    const key = keyOf(name)
    if (key.startsWith(databasePrefix)) this.#asksDatabase = true
    const found = this.#globals.get(key)
    if (found !== undefined) return found
    for (let at: PropertyScope | undefined = scope; at !== undefined; at = at.parent) {
      const local = at.locals.findLast((property) => property.name === key)
      if (local !== undefined) return local.value
    }
    return undefined
  }

  /** Replaces every `${name}`, names inside of names and values inside of values included. Linear in the result's length. */
  expand(text: string, scope: PropertyScope, onProblem: (problem: ExpansionProblem) => void): string {
    return text.includes('${') ? this.#expand(text, { scope, onProblem, open: [], length: 0, lookups: 0, tooLarge: false }) : text
  }

  #expand(text: string, run: Run): string {
    // One buffer per `${` that is open; the lowest one is the result.
    const buffers: string[] = ['']
    let from = 0
    const append = (part: string): void => {
      buffers[buffers.length - 1] += part
    }
    for (const match of text.matchAll(/\$\{|\}/g)) {
      append(text.slice(from, match.index))
      from = match.index + match[0].length
      if (match[0] === '${') {
        buffers.push('')
      } else if (buffers.length === 1) {
        append('}')
      } else {
        const name = buffers.pop() ?? ''
        append(this.#valueOf(name, run))
      }
    }
    append(text.slice(from))
    return buffers.join('${')
  }

  #valueOf(name: string, run: Run): string {
    if (run.length > expandedLengthMax || ++run.lookups > lookupsMax) return this.#bounded('', name, run)
    const value = this.lookup(name, run.scope)
    if (value === undefined) return this.#missingValue(name, run)
    if (!value.includes('${')) return this.#bounded(value, name, run)
    const key = keyOf(name)
    if (run.open.includes(key) || run.open.length >= expansionDepthMax) {
      const chain = [...run.open, key].join(' → ')
      run.onProblem({ code: 'CHANGELOG_PROPERTY_CYCLE', message: `The property "${name}" is defined by itself: ${chain}.` })
      return ''
    }
    run.open.push(key)
    const expanded = this.#expand(value, run)
    run.open.pop()
    return this.#bounded(expanded, name, run)
  }

  #missingValue(name: string, run: Run): string {
    if (this.#missing === 'empty') return ''
    if (this.#missing === 'error') {
      run.onProblem({ code: 'CHANGELOG_PROPERTY_MISSING', message: `The property "${name}" is not defined.` })
    }
    return `\${${name}}`
  }

  #bounded(value: string, name: string, run: Run): string {
    run.length += value.length
    if (run.length <= expandedLengthMax && run.lookups <= lookupsMax) return value
    if (run.tooLarge) return ''
    run.tooLarge = true
    run.onProblem({ code: 'CHANGELOG_PROPERTY_TOO_LARGE', message: `Expanding the property "${name}" makes the text too long.` })
    return ''
  }
}

/** Where local properties are looked up: one file, then those that include it. */
export interface PropertyScope {
  readonly locals: Property[]
  readonly parent: PropertyScope | undefined
}

export function openScope(parent: PropertyScope): PropertyScope {
  return { locals: [], parent }
}

export function defineLocal(scope: PropertyScope, name: string, value: string): void {
  scope.locals.push({ name: keyOf(name), value })
}

interface Run {
  readonly scope: PropertyScope
  readonly onProblem: (problem: ExpansionProblem) => void
  readonly open: string[]
  length: number
  lookups: number
  tooLarge: boolean
}

function keyOf(name: string): string {
  return name.trim().toLowerCase()
}
