import { isWordPart } from './token.ts'

/**
 * Finds the end of a statement at one place of a text. Called at token boundaries and at every line end within blanks, never
 * inside of strings or comments.
 */
export interface DelimiterMatcher {
  /** The end of the delimiter that starts at `at`, or undefined. Looks at a bounded number of characters. */
  matchAt(text: string, at: number): number | undefined
  /** Where it begins inside of a word, as `$$` in `END$$`; for delimiters that end words wherever they stand. */
  readonly findIn?: ((text: string, start: number, end: number) => number | undefined) | undefined
}

/** Longest text that a delimiter given as a pattern can cover. Keeps splitting linear whatever the pattern. */
const windowLength = 256
const quantifiersMax = 2

/** `;`, or `GO` (any case) or `/` alone on a line: what ends a statement when nobody says otherwise. */
export const defaultDelimiter: DelimiterMatcher = {
  matchAt: (text, at) => {
    const code = text.charCodeAt(at)
    if (code === 59) return at + 1
    if (code === 47 && isAloneOnLine(text, at, at + 1)) return at + 1
    if ((code === 71 || code === 103) && (text.charCodeAt(at + 1) | 32) === 111 && isAloneOnLine(text, at, at + 2)) return at + 2
    return undefined
  },
}

/**
 * The matcher for an explicit `endDelimiter`, by Liquibase's rules: it replaces the default ones; one character or a word is
 * compared as it stands, `/` counts at the start of a line only, and anything longer is also tried as a regular expression
 * (`\n/`, `\nGO`, `;\s*\n`). Only flat patterns are taken as such (no groups, at most two quantifiers); others are literal.
 */
export function createDelimiterMatcher(endDelimiter: string | undefined): DelimiterMatcher {
  if (endDelimiter === undefined || endDelimiter === '') return defaultDelimiter
  if (endDelimiter === '/')
    return { matchAt: (text, at) => (text.startsWith('/', at) && startsLine(text, at) ? at + 1 : undefined) }
  const literal = literalMatcher(endDelimiter)
  const pattern = endDelimiter.length === 1 ? undefined : flatPattern(endDelimiter)
  if (pattern === undefined) return literal
  return {
    matchAt: (text, at) => {
      const end = literal.matchAt(text, at)
      if (end !== undefined) return end
      pattern.lastIndex = 0
      const found = pattern.exec(text.slice(at, at + windowLength))?.[0] ?? ''
      // A `$` at the end of the window says nothing about the text.
      return found === '' || found.length === windowLength ? undefined : at + found.length
    },
  }
}

/**
 * The delimiter of the mysql client's DELIMITER command, or an `endDelimiter` of signs only: compared as it stands, also inside of
 * what could be a name.
 */
export function createExactMatcher(delimiter: string): DelimiterMatcher {
  return {
    matchAt: (text, at) => (text.startsWith(delimiter, at) ? at + delimiter.length : undefined),
    findIn: (text, start, end) => {
      const at = text.slice(start, end).indexOf(delimiter)
      return at <= 0 ? undefined : start + at
    },
  }
}

function literalMatcher(delimiter: string): DelimiterMatcher {
  const wanted = delimiter.toLowerCase()
  const first = wanted.charCodeAt(0)
  const opensWord = isWordPart(first)
  const closesWord = isWordPart(wanted.charCodeAt(wanted.length - 1))
  return {
    matchAt: (text, at) => {
      if (!opensWord && text.charCodeAt(at) !== first && text.charCodeAt(at) < 128) return undefined
      const end = at + delimiter.length
      if (text.slice(at, end).toLowerCase() !== wanted) return undefined
      if (opensWord && at > 0 && isWordPart(text.charCodeAt(at - 1))) return undefined
      if (closesWord && end < text.length && isWordPart(text.charCodeAt(end))) return undefined
      return end
    },
  }
}

function flatPattern(source: string): RegExp | undefined {
  if (/[()[\]{}]/.test(source.replace(/\\./g, ''))) return undefined
  if ((source.match(/(?<!\\)[*+?]/g) ?? []).length > quantifiersMax) return undefined
  if (!/[\\^$.|*+?]/.test(source)) return undefined
  try {
    return new RegExp(source, 'imy')
  } catch {
    return undefined
  }
}

function isAloneOnLine(text: string, start: number, end: number): boolean {
  return startsLine(text, start) && endsLine(text, end)
}

/** Looks a bounded way back: indentation longer than that is no delimiter line. */
function startsLine(text: string, start: number): boolean {
  for (let at = start - 1; at >= start - windowLength; at--) {
    if (at < 0) return true
    const code = text.charCodeAt(at)
    if (code === 10 || code === 13) return true
    if (code !== 32 && code !== 9) return false
  }
  return false
}

function endsLine(text: string, end: number): boolean {
  for (let at = end; at <= end + windowLength; at++) {
    if (at >= text.length) return true
    const code = text.charCodeAt(at)
    if (code === 10 || code === 13) return true
    if (code !== 32 && code !== 9) return false
  }
  return false
}
