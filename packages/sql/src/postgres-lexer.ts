import {
  BACKSLASH,
  DASH,
  DOLLAR,
  DOUBLE_QUOTE,
  NEWLINE,
  QUOTE,
  RETURN,
  SLASH,
  STAR,
  blankEnd,
  isBlank,
  isDigit,
  isWordPart,
  isWordStart,
  lineEnd,
  numberEnd,
  quoted,
  symbol,
  token,
  wordEnd,
} from './token.ts'
import type { SqlToken } from './token.ts'

const AMPERSAND = 38

/**
 * A PostgreSQL lexer that yields every character of its input in exactly one token, so that texts can be cut and put together
 * again. It follows the lexical rules of https://www.postgresql.org/docs/current/sql-syntax-lexical.html, is linear in the
 * length of the text and never throws: what is not closed becomes a token with `closed` false that reaches to the end.
 */

/** The token that starts at `start`, which must be a token boundary; undefined at the end of the text. */
export function readPostgresToken(text: string, start: number): SqlToken | undefined {
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
  return symbol(text, start)
}

/** All tokens of a text, in order. */
export function* postgresTokens(text: string): Generator<SqlToken> {
  for (let found = readPostgresToken(text, 0); found !== undefined; found = readPostgresToken(text, found.end)) yield found
}

function blockComment(text: string, start: number): SqlToken {
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

/** E'…': a backslash escapes, also in the parts that continue the string on later lines. */
function escapeString(text: string, start: number, quoteAt: number): SqlToken {
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

function dollar(text: string, start: number): SqlToken {
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

function word(text: string, start: number): SqlToken {
  const end = wordEnd(text, start + 1)
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
