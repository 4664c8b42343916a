/** A piece of a text; all pieces in order are the text again. */
export interface SqlToken {
  readonly kind: SqlTokenKind
  readonly start: number
  readonly end: number
  /** False when the text ends inside this token. */
  readonly closed: boolean
}

export type SqlTokenKind =
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
  /** MySQL's `/*!50003`, and the end of it: what stands between is SQL. */
  | 'executableOpen'
  | 'executableClose'
  /** A command of the product's own client and the rest of its line: the server does not know it. */
  | 'metaCommand'

/** Reads the token that starts at a token boundary; undefined at the end of the text. */
export type ReadToken = (text: string, start: number) => SqlToken | undefined

export function token(kind: SqlTokenKind, start: number, end: number, closed = true): SqlToken {
  return { kind, start, end, closed }
}

/** Whether a token is neither blank nor comment. */
export function isSignificant({ kind }: SqlToken): boolean {
  return kind !== 'whitespace' && kind !== 'lineComment' && kind !== 'blockComment'
}

/** Whether a character can be part of an unquoted identifier after its first one. */
export function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code) || code === DOLLAR
}

export const DASH = 45
export const SLASH = 47
export const STAR = 42
export const QUOTE = 39
export const DOUBLE_QUOTE = 34
export const BACKQUOTE = 96
export const DOLLAR = 36
export const HASH = 35
export const BACKSLASH = 92
export const NEWLINE = 10
export const RETURN = 13
const UNDERSCORE = 95
const DOT = 46

export function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

export function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === UNDERSCORE || code >= 128
}

/** One character, two code units where they are a pair. */
export function symbol(text: string, start: number): SqlToken {
  const code = text.charCodeAt(start)
  const isPair = code >= 0xd800 && code <= 0xdbff && start + 1 < text.length
  return token('symbol', start, start + (isPair ? 2 : 1))
}

export function blankEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && isBlank(text.charCodeAt(at))) at++
  return at
}

export function lineEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && text.charCodeAt(at) !== NEWLINE && text.charCodeAt(at) !== RETURN) at++
  return at
}

export function wordEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && isWordPart(text.charCodeAt(at))) at++
  return at
}

export function numberEnd(text: string, start: number): number {
  let at = start
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (!isDigit(code) && !isWordStart(code) && code !== DOT) break
    at++
  }
  return at
}

/** Quotes are doubled inside; with `escapes` a backslash takes the next character with it. `quoteAt` is past a prefix such as B or N. */
export function quoted(
  text: string,
  start: number,
  quoteAt: number,
  kind: 'string' | 'quotedIdentifier',
  escapes = false,
): SqlToken {
  const quote = text.charCodeAt(quoteAt)
  let at = quoteAt + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (escapes && code === BACKSLASH) at += 2
    else if (code !== quote) at++
    else if (text.charCodeAt(at + 1) === quote) at += 2
    else return token(kind, start, at + 1)
  }
  return token(kind, start, text.length, false)
}
