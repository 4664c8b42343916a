import {
  BACKQUOTE,
  BACKSLASH,
  DASH,
  DOUBLE_QUOTE,
  HASH,
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
import type { ReadToken, SqlToken } from './token.ts'

export interface MysqlLexerOptions {
  /** False where the session has NO_BACKSLASH_ESCAPES, as one that a script has set it in. Default true. */
  readonly backslashEscapes?: boolean | undefined
}

/**
 * The lexical rules of MySQL and MariaDB, https://dev.mysql.com/doc/refman/8.0/en/language-structure.html: `--` is a comment only with a
 * blank after it, `#` always; block comments do not nest; what stands in an executable comment (`/*!50003 … *&#47;`, MariaDB also
 * `/*M! … *&#47;`) is SQL. Linear, never throws; every character is in exactly one token.
 */
export function createMysqlLexer(options: MysqlLexerOptions = {}): ReadToken {
  const escapes = options.backslashEscapes !== false
  return (text, start) => {
    if (start >= text.length) return undefined
    const code = text.charCodeAt(start)
    if (isBlank(code)) return token('whitespace', start, blankEnd(text, start))
    const next = text.charCodeAt(start + 1)
    if (code === HASH) return token('lineComment', start, lineEnd(text, start))
    if (code === DASH && next === DASH && (isCommentBlank(text, start + 2) || isChangelogHeader(text, start)))
      return token('lineComment', start, lineEnd(text, start))
    if (code === SLASH && next === STAR) return blockComment(text, start)
    // In `2 */* two */ 3` the star is the operator.
    if (code === STAR && next === SLASH && text.charCodeAt(start + 2) !== STAR) return token('executableClose', start, start + 2)
    if (code === QUOTE || code === DOUBLE_QUOTE) return quoted(text, start, start, 'string', escapes)
    if (code === BACKQUOTE) return quoted(text, start, start, 'quotedIdentifier')
    if (code === BACKSLASH) return token('metaCommand', start, lineEnd(text, start))
    if (isDigit(code)) return number(text, start)
    if (isWordPart(code)) return word(text, start, escapes)
    return symbol(text, start)
  }
}

/** With the server's default settings. */
export const readMysqlToken: ReadToken = createMysqlLexer()

function isCommentBlank(text: string, at: number): boolean {
  return at >= text.length || text.charCodeAt(at) <= 32
}

/** The header line of a changelog that was appended to another one, which Liquibase takes out. No statement has it. */
function isChangelogHeader(text: string, start: number): boolean {
  const header = /--liquibase[ \t]+formatted[ \t]+sql(?![^\r\n])/iy
  header.lastIndex = start
  return header.test(text)
}

function blockComment(text: string, start: number): SqlToken {
  const opener = /\/\*M?!\d{0,6}/y
  opener.lastIndex = start
  const found = opener.exec(text)
  if (found !== null) return token('executableOpen', start, start + found[0].length)
  const close = text.indexOf('*/', start + 2)
  return close < 0 ? token('blockComment', start, text.length, false) : token('blockComment', start, close + 2)
}

/** `1e5`, `0x1F`, `1.5`, and names that begin with a digit. */
function number(text: string, start: number): SqlToken {
  return token('number', start, Math.max(numberEnd(text, start), wordEnd(text, start)))
}

function word(text: string, start: number, escapes: boolean): SqlToken {
  const end = wordEnd(text, start + 1)
  const isPrefix = end - start === 1 && /[nxb]/i.test(text.charAt(start)) && text.charCodeAt(end) === QUOTE
  return isPrefix ? quoted(text, start, end, 'string', escapes) : token('word', start, end)
}
