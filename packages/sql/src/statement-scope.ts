import type { SqlToken } from './token.ts'

/** What the words of one statement say about where it can end. */
export interface StatementScope {
  take(text: string, token: SqlToken): void
  /** Inside of parentheses or of a routine's body, where a semicolon ends nothing. Asked only where a delimiter stands. */
  isNested(): boolean
  isCopyFromStdin(): boolean
}

/** Longest word that is looked at; longer ones are no keywords. */
const keywordLengthMax = 16

/** A word in lower case; empty where it is too long for a keyword. */
export function keywordOf(text: string, token: SqlToken): string {
  return token.end - token.start > keywordLengthMax ? '' : text.slice(token.start, token.end).toLowerCase()
}

/** A new statement's scope in PostgreSQL. As psql does, `CASE … END` inside of a routine's body is counted so that its END is not taken for the body's. */
export function createPostgresScope(): StatementScope {
  let parentheses = 0
  let body = 0
  let words = 0
  let first = ''
  let previous = ''
  let isRoutine = false
  let isCopy = false

  const takeWord = (word: string): void => {
    if (words === 0) first = word
    words++
    if (first === 'create' && words <= 4 && (word === 'function' || word === 'procedure')) isRoutine = true
    if (first === 'copy' && previous === 'from' && word === 'stdin') isCopy = true
    if (isRoutine) {
      if (previous === 'begin' && word === 'atomic') body++
      else if (body > 0 && word === 'case') body++
      else if (body > 0 && word === 'end') body--
    }
    previous = word
  }

  return {
    take: (text, token) => {
      if (token.kind === 'word') {
        takeWord(keywordOf(text, token))
        return
      }
      previous = ''
      if (token.kind !== 'symbol') return
      const code = text.charCodeAt(token.start)
      if (code === 40) parentheses++
      else if (code === 41) parentheses = Math.max(0, parentheses - 1)
    },
    isNested: () => parentheses > 0 || body > 0,
    isCopyFromStdin: () => isCopy,
  }
}
