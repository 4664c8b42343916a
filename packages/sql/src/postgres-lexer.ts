/**
 * A PostgreSQL lexer that yields every character of its input in exactly one token, so that texts can be cut and put together
 * again. It follows the lexical rules of https://www.postgresql.org/docs/current/sql-syntax-lexical.html, is linear in the
 * length of the text and never throws: what is not closed becomes a token with `closed` false that reaches to the end.
 */

export type PostgresTokenKind =
  | 'whitespace'
  | 'lineComment'
  | 'blockComment'
  | 'string'
  | 'dollarString'
  | 'quotedIdentifier'
  | 'word'
  | 'number'
  | 'parameter'
  | 'symbol'
  /** A backslash outside of quotes and the rest of its line: only psql gives that a meaning. */
  | 'metaCommand'

export interface PostgresToken {
  readonly kind: PostgresTokenKind
  readonly start: number
  readonly end: number
  /** False when the text ends inside this token. */
  readonly closed: boolean
}

/** The token that starts at `start`, which must be a token boundary; undefined at the end of the text. */
export function readPostgresToken(text: string, start: number): PostgresToken | undefined {
  if (start >= text.length) return undefined
  const code = text.charCodeAt(start)
  if (isBlank(code)) return token('whitespace', start, blankEnd(text, start))
  const next = text.charCodeAt(start + 1)
  if (code === DASH && next === DASH) return token('lineComment', start, lineEnd(text, start))
  if (code === SLASH && next === STAR) return blockComment(text, start)
  if (code === QUOTE) return quoted(text, start, start, 'string')
  if (code === DOUBLE_QUOTE) return quoted(text, start, start, 'quotedIdentifier')
  if (code === DOLLAR) return dollar(text, start)
  if (code === BACKSLASH) return token('metaCommand', start, lineEnd(text, start))
  if (isWordStart(code)) return word(text, start)
  if (isDigit(code)) return token('number', start, numberEnd(text, start))
  return token('symbol', start, start + (isHighSurrogate(code) && start + 1 < text.length ? 2 : 1))
}

/** All tokens of a text, in order. */
export function* postgresTokens(text: string): Generator<PostgresToken> {
  for (let found = readPostgresToken(text, 0); found !== undefined; found = readPostgresToken(text, found.end)) yield found
}

/** Whether a token is neither blank nor comment. */
export function isSignificant(token: PostgresToken): boolean {
  return token.kind !== 'whitespace' && token.kind !== 'lineComment' && token.kind !== 'blockComment'
}

/** Whether a character can be part of an unquoted identifier after its first one. */
export function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code) || code === DOLLAR
}

const DASH = 45
const SLASH = 47
const STAR = 42
const QUOTE = 39
const DOUBLE_QUOTE = 34
const DOLLAR = 36
const BACKSLASH = 92
const NEWLINE = 10
const RETURN = 13
const UNDERSCORE = 95
const DOT = 46
const AMPERSAND = 38

function token(kind: PostgresTokenKind, start: number, end: number, closed = true): PostgresToken {
  return { kind, start, end, closed }
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === UNDERSCORE || code >= 128
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

function blankEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && isBlank(text.charCodeAt(at))) at++
  return at
}

function lineEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && text.charCodeAt(at) !== NEWLINE && text.charCodeAt(at) !== RETURN) at++
  return at
}

function numberEnd(text: string, start: number): number {
  let at = start
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (!isDigit(code) && !isWordStart(code) && code !== DOT) break
    at++
  }
  return at
}

function blockComment(text: string, start: number): PostgresToken {
  let depth = 0
  let at = start
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const next = text.charCodeAt(at + 1)
    if (code === SLASH && next === STAR) {
      depth++
      at += 2
    } else if (code === STAR && next === SLASH) {
      depth--
      at += 2
      if (depth === 0) return token('blockComment', start, at)
    } else {
      at++
    }
  }
  return token('blockComment', start, text.length, false)
}

/** Quotes are doubled inside; `quoteAt` is past a prefix such as B, X, N or U&. */
function quoted(text: string, start: number, quoteAt: number, kind: 'string' | 'quotedIdentifier'): PostgresToken {
  const quote = text.charCodeAt(quoteAt)
  let at = quoteAt + 1
  while (at < text.length) {
    if (text.charCodeAt(at) !== quote) at++
    else if (text.charCodeAt(at + 1) === quote) at += 2
    else return token(kind, start, at + 1)
  }
  return token(kind, start, text.length, false)
}

/** E'…': a backslash escapes, also in the parts that continue the string on later lines. */
function escapeString(text: string, start: number, quoteAt: number): PostgresToken {
  let at = quoteAt + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at += 2
    else if (code !== QUOTE) at++
    else if (text.charCodeAt(at + 1) === QUOTE) at += 2
    else {
      const next = continuation(text, at + 1)
      if (next === undefined) return token('string', start, at + 1)
      at = next + 1
    }
  }
  return token('string', start, text.length, false)
}

/** Where a string goes on after a blank that holds a line end (and comments), or undefined. */
function continuation(text: string, from: number): number | undefined {
  let at = from
  let sawLineEnd = false
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === NEWLINE || code === RETURN) sawLineEnd = true
    if (isBlank(code)) at++
    else if (code === DASH && text.charCodeAt(at + 1) === DASH) at = lineEnd(text, at)
    else return code === QUOTE && sawLineEnd ? at : undefined
  }
  return undefined
}

function dollar(text: string, start: number): PostgresToken {
  let at = start + 1
  if (isDigit(text.charCodeAt(at))) {
    while (isDigit(text.charCodeAt(at))) at++
    return token('parameter', start, at)
  }
  while (at < text.length && text.charCodeAt(at) !== DOLLAR && isWordPart(text.charCodeAt(at))) at++
  if (text.charCodeAt(at) !== DOLLAR) return token('symbol', start, start + 1)
  const tag = text.slice(start, at + 1)
  const close = text.indexOf(tag, at + 1)
  if (close === -1) return token('dollarString', start, text.length, false)
  return token('dollarString', start, close + tag.length)
}

function word(text: string, start: number): PostgresToken {
  let end = start + 1
  while (end < text.length && isWordPart(text.charCodeAt(end))) end++
  const following = text.charCodeAt(end)
  if (end - start === 1) {
    const letter = text.charAt(start).toLowerCase()
    if (following === QUOTE) {
      if (letter === 'e') return escapeString(text, start, end)
      if (letter === 'b' || letter === 'x' || letter === 'n') return quoted(text, start, end, 'string')
    }
    if (letter === 'u' && following === AMPERSAND) {
      const opening = text.charCodeAt(end + 1)
      if (opening === QUOTE) return quoted(text, start, end + 1, 'string')
      if (opening === DOUBLE_QUOTE) return quoted(text, start, end + 1, 'quotedIdentifier')
    }
  }
  return token('word', start, end)
}
