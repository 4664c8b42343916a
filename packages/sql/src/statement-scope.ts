import type { PostgresToken } from './postgres-lexer.ts'

/** What the words of one statement say about where it can end. */
export interface StatementScope {
  take(text: string, token: PostgresToken): void
  /** Inside of parentheses or of a `BEGIN ATOMIC` body, where a semicolon ends nothing. */
  isNested(): boolean
  isCopyFromStdin(): boolean
}

/** Longest word that is looked at; longer ones are no keywords. */
const keywordLengthMax = 16

/** A new statement's scope. As psql does, `CASE … END` inside of a routine's body is counted so that its END is not taken for the body's. */
export function createStatementScope(): StatementScope {
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
        takeWord(token.end - token.start > keywordLengthMax ? '' : text.slice(token.start, token.end).toLowerCase())
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
