import {
  BACKQUOTE,
  DASH,
  DOUBLE_QUOTE,
  QUOTE,
  SLASH,
  STAR,
  blankEnd,
  isBlank,
  isDigit,
  isWordPart,
  lineEnd,
  numberEnd,
  quoted,
  symbol,
  token,
  wordEnd,
} from './token.ts'
import type { SqlToken } from './token.ts'

const BRACKET = 91
const QUESTION = 63

/**
 * The lexical rules of SQLite, https://www.sqlite.org/lang_expr.html and its tokenizer: names in double quotes, backquotes or brackets;
 * no backslash escapes; a block comment may be left open at the end. Linear, never throws; every character is in exactly one token.
 */
export function readSqliteToken(text: string, start: number): SqlToken | undefined {
  if (start >= text.length) return undefined
  const code = text.charCodeAt(start)
  if (isBlank(code)) return token('whitespace', start, blankEnd(text, start))
  const next = text.charCodeAt(start + 1)
  if (code === DASH && next === DASH) return token('lineComment', start, lineEnd(text, start))
  if (code === SLASH && next === STAR) {
    const close = text.indexOf('*/', start + 2)
    return token('blockComment', start, close < 0 ? text.length : close + 2)
  }
  if (code === QUOTE) return quoted(text, start, start, 'string')
  if (code === DOUBLE_QUOTE || code === BACKQUOTE) return quoted(text, start, start, 'quotedIdentifier')
  if (code === BRACKET) return bracketed(text, start)
  if (code === QUESTION && isDigit(next)) return token('parameter', start, wordEnd(text, start + 1))
  if (isDigit(code)) return token('number', start, numberEnd(text, start))
  if (isWordPart(code)) return word(text, start)
  return symbol(text, start)
}

/** There is no way to write a closing bracket inside. */
function bracketed(text: string, start: number): SqlToken {
  const close = text.indexOf(']', start + 1)
  return close < 0 ? token('quotedIdentifier', start, text.length, false) : token('quotedIdentifier', start, close + 1)
}

function word(text: string, start: number): SqlToken {
  const end = wordEnd(text, start + 1)
  const isBlob = end - start === 1 && /x/i.test(text.charAt(start)) && text.charCodeAt(end) === QUOTE
  return isBlob ? quoted(text, start, end, 'string') : token('word', start, end)
}
