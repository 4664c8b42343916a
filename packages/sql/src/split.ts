import type { Diagnostic } from '@sluice/base'
import { findCopyData } from './copy-data.ts'
import { createDelimiterMatcher, createExactMatcher, type DelimiterMatcher } from './delimiter.ts'
import { dialectRules, type DialectRules, type SqlDialect } from './dialect-rules.ts'
import type { StatementScope } from './statement-scope.ts'
import { isSignificant, lineEnd, type SqlToken } from './token.ts'

export interface SplitOptions {
  readonly dialect: SqlDialect
  /** Cut into statements; false gives the whole text as one. Default true. */
  readonly splitStatements?: boolean | undefined
  /** Leave comments out of the statements, keeping line ends, and keeping hints, that is, slash star plus. Default false. */
  readonly stripComments?: boolean | undefined
  /** Replaces `;`, `GO` and `/` lines; see `createDelimiterMatcher`. */
  readonly endDelimiter?: string | undefined
  /** False for MySQL sessions with NO_BACKSLASH_ESCAPES, where a backslash in a string is a backslash. Default true. */
  readonly backslashEscapes?: boolean | undefined
  /** Name and position of the text for diagnostics. Lines are 1-based and default to 1. */
  readonly file?: string | undefined
  readonly firstLine?: number | undefined
}

export interface SqlStatement {
  /** What to send to the database: without delimiter and outer blanks. Its lines are the source's lines, also without comments. */
  readonly text: string
  /** Where it starts and ends in the given text, in UTF-16 code units. */
  readonly offset: number
  readonly end: number
  /** 1-based line of its first character, counted from `firstLine`. */
  readonly line: number
}

export interface SplitResult {
  readonly statements: readonly SqlStatement[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Cuts a script into statements as the database itself would see them. PostgreSQL: dollar quotes, E'' strings, nested comments,
 * parentheses (`CREATE RULE … DO (a; b)`) and `BEGIN ATOMIC` bodies hold together. MySQL and MariaDB: backslash escapes, backquotes,
 * `#` comments, executable comments, the client's DELIMITER lines, and bodies of routines, triggers and events also without them.
 * SQLite: brackets, triggers. Linear in the text's length.
 *
 * The data of a `COPY … FROM STDIN` belongs to its statement, up to the `\.` that ends it: `readCopyFromStdin` takes the two apart.
 *
 * Never throws. What only a product's own client understands (backslash and dot commands) and unfinished quotes are errors with their
 * place; the rest is still split, so that all problems show at once.
 */
export function splitStatements(text: string, options: SplitOptions): SplitResult {
  const splitter = new Splitter(text, options)
  return splitter.run()
}

/** A file full of the same mistake is told about it this many times. */
const diagnosticsMax = 100

class Splitter {
  readonly #text: string
  readonly #options: SplitOptions
  readonly #rules: DialectRules
  #delimiter: DelimiterMatcher | undefined
  /** The delimiter is one that somebody chose: it ends a statement wherever it stands. */
  #chosen: boolean
  readonly #statements: SqlStatement[] = []
  readonly #diagnostics: Diagnostic[] = []
  #scope: StatementScope
  /** Tokens of the current statement that matter for its text: first and last to keep, and comments to cut out. */
  #start: number | undefined
  #end = 0
  #significant = false
  #cuts: SqlToken[] = []
  /** Set once the rest of the text is known to hold no end of COPY data, so that it is searched only once. */
  #noCopyEnd = false
  #lineAt = 0
  #line: number

  constructor(text: string, options: SplitOptions) {
    this.#text = text
    this.#options = options
    this.#rules = dialectRules(options.dialect, options.backslashEscapes !== false)
    this.#scope = this.#rules.createScope()
    const { endDelimiter } = options
    this.#chosen = endDelimiter !== undefined && endDelimiter !== '' && endDelimiter !== ';'
    this.#delimiter = options.splitStatements === false ? undefined : this.#matcherOf(endDelimiter)
    this.#line = options.firstLine ?? 1
  }

  run(): SplitResult {
    let at = 0
    while (at < this.#text.length) {
      const delimiterEnd = this.#delimiterEnd(at)
      if (delimiterEnd !== undefined) {
        at = this.#finish(delimiterEnd)
        continue
      }
      const commandEnd = this.#clientCommandEnd(at)
      if (commandEnd !== undefined) {
        at = this.#finish(commandEnd)
        continue
      }
      const found = this.#rules.readToken(this.#text, at)
      if (found === undefined) break
      const token = this.#cutAtDelimiter(found)
      if (token.kind === 'whitespace') at = this.#blank(token)
      else {
        this.#take(token)
        at = token.end
      }
    }
    this.#finish(this.#text.length)
    return { statements: this.#statements, diagnostics: this.#diagnostics }
  }

  #delimiterEnd(at: number): number | undefined {
    const end = this.#delimiter?.matchAt(this.#text, at)
    return end === undefined || (!this.#chosen && this.#scope.isNested()) ? undefined : end
  }

  #matcherOf(endDelimiter: string | undefined): DelimiterMatcher {
    // `END$$` holds a delimiter where `$` can be in a name but nothing is quoted with it.
    const isExact = this.#rules.hasDelimiterCommand && endDelimiter?.includes('$') === true && !/[A-Za-z0-9\\]/.test(endDelimiter)
    return isExact ? createExactMatcher(endDelimiter) : createDelimiterMatcher(endDelimiter)
  }

  #cutAtDelimiter(token: SqlToken): SqlToken {
    if (token.kind !== 'word' && token.kind !== 'number') return token
    const at = this.#delimiter?.findIn?.(this.#text, token.start, token.end)
    return at === undefined ? token : { ...token, end: at }
  }

  /** Obeys a DELIMITER line and tells about other commands of a client, which stand where a statement would begin. */
  #clientCommandEnd(at: number): number | undefined {
    if (this.#significant || this.#delimiter === undefined) return undefined
    const command = this.#rules.clientCommand(this.#text, at)
    if (command === undefined) return undefined
    if (command.delimiter === undefined) {
      this.#reportMetaCommand(at, command.end)
      return command.end
    }
    this.#chosen = command.delimiter !== ';'
    this.#delimiter = this.#chosen ? createExactMatcher(command.delimiter) : createDelimiterMatcher(undefined)
    return command.end
  }

  /** A pattern such as `\n/` starts inside of blanks: every line end in them is tried. */
  #blank(token: SqlToken): number {
    if (this.#delimiter === undefined || !this.#chosen) return token.end
    for (let at = token.start + 1; at < token.end; at++) {
      const code = this.#text.charCodeAt(at)
      if ((code === 10 || code === 13) && this.#delimiter.matchAt(this.#text, at) !== undefined) return at
    }
    return token.end
  }

  #take(token: SqlToken): void {
    if (!token.closed)
      this.#report(token.start, 'SQL_UNTERMINATED', `The ${describe(token)} that starts here does not end.`, 'Close it.')
    if (isSignificant(token)) {
      if (token.kind === 'metaCommand') this.#reportMetaCommand(token.start, token.end)
      else this.#scope.take(this.#text, token)
      this.#significant = true
    } else if (this.#options.stripComments === true && !this.#text.startsWith('/*+', token.start)) {
      if (this.#start !== undefined) this.#cuts.push(token)
      return
    }
    this.#start ??= token.start
    this.#end = token.end
  }

  /** Ends the current statement; gives the place where the next one may start. */
  #finish(delimiterEnd: number): number {
    const start = this.#start
    let next = delimiterEnd
    if (start !== undefined && this.#significant) {
      let text = this.#statementText(start)
      if (this.#scope.isCopyFromStdin()) {
        const end = this.#copyEnd(start, delimiterEnd)
        // The delimiter's line is the source's, so that lines of data can be counted.
        if (end !== undefined) text += this.#text.slice(this.#end, end)
        this.#end = end ?? this.#end
        next = this.#afterCopy(end ?? delimiterEnd)
      }
      this.#statements.push({ text, offset: start, end: this.#end, line: this.#lineOf(start) })
    }
    this.#start = undefined
    this.#significant = false
    this.#cuts = []
    this.#scope = this.#rules.createScope()
    return next
  }

  #statementText(start: number): string {
    let text = ''
    let from = start
    for (const cut of this.#cuts) {
      if (cut.start >= this.#end) break
      const lineEnds = this.#text.slice(cut.start, cut.end).replace(/[^\n]+/g, '')
      text += this.#text.slice(from, cut.start) + (lineEnds === '' && cut.kind === 'blockComment' ? ' ' : lineEnds)
      from = cut.end
    }
    return text + this.#text.slice(from, this.#end)
  }

  /** Where the statement ends together with its data; undefined, and said, where nothing can be read as data. */
  #copyEnd(start: number, from: number): number | undefined {
    const report = (code: string, message: string, hint: string): undefined => {
      this.#report(start, code, message, hint)
      return undefined
    }
    if (this.#delimiter === undefined || (from < this.#text.length && this.#text.charAt(from - 1) !== ';')) {
      return report(
        'SQL_COPY_FROM_STDIN',
        'The data of COPY … FROM STDIN is found only after a statement that ends with a semicolon.',
        'Use a changeset with splitStatements:true and without endDelimiter for it.',
      )
    }
    const range = this.#noCopyEnd ? 'unterminated' : findCopyData(this.#text, from)
    if (range === 'sameLine') {
      return report(
        'SQL_COPY_FROM_STDIN',
        'Something follows COPY … FROM STDIN on its line, where only the data can follow, on lines of its own.',
        'Begin the data on the line after the semicolon, and end it with a line that holds \\. alone.',
      )
    }
    if (range !== 'unterminated') return range.markerEnd
    this.#noCopyEnd = true
    return report(
      'SQL_COPY_UNTERMINATED',
      'The data of COPY … FROM STDIN does not end.',
      'End it with a line that holds \\. alone, also where there is no data.',
    )
  }

  /** Goes on after the line of `\.`; data that was refused is no SQL either. */
  #afterCopy(from: number): number {
    if (this.#text.startsWith('\\.', from - 2)) return lineEnd(this.#text, from)
    const range = this.#noCopyEnd ? 'unterminated' : findCopyData(this.#text, lineEnd(this.#text, from))
    if (typeof range !== 'string') return lineEnd(this.#text, range.markerEnd)
    this.#noCopyEnd = true
    return from
  }

  #reportMetaCommand(start: number, end: number): void {
    const command = this.#text.slice(start, Math.min(end, start + 40)).trimEnd()
    const { client, code } = this.#rules
    this.#report(
      start,
      code,
      `"${command}" is a command of ${client}, which the database server does not understand.`,
      `Remove it, or write it as SQL; scripts for ${client} cannot be migrations.`,
    )
  }

  #report(offset: number, code: string, message: string, hint: string): void {
    if (this.#diagnostics.length >= diagnosticsMax) return
    const file = this.#options.file
    const place = { line: this.#lineOf(offset), column: offset - this.#text.lastIndexOf('\n', offset - 1) }
    this.#diagnostics.push({ severity: 'error', code, message, ...(file === undefined ? {} : { file }), ...place, hint })
  }

  /** Offsets are asked for in nearly rising order, so counting goes on from the last one. */
  #lineOf(offset: number): number {
    if (offset < this.#lineAt) return this.#line - countLineEnds(this.#text, offset, this.#lineAt)
    this.#line += countLineEnds(this.#text, this.#lineAt, offset)
    this.#lineAt = offset
    return this.#line
  }
}

function countLineEnds(text: string, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === 10) count++
  return count
}

function describe(token: SqlToken): string {
  if (token.kind === 'blockComment') return 'comment'
  if (token.kind === 'quotedIdentifier') return 'quoted identifier'
  return token.kind === 'dollarString' ? 'dollar-quoted string' : 'string'
}
