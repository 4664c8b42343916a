import { createPostgresScope } from './statement-scope.ts'
import { readPostgresToken } from './postgres-lexer.ts'
import { RETURN, NEWLINE, isSignificant, lineEnd } from './token.ts'

const SEMICOLON = 59
const TAB = 9
const BLANK = 32

/** A `COPY … FROM STDIN` with the data that follows it in a script. */
export interface CopyFromStdin {
  /** What the server is sent as a query: without delimiter. */
  readonly command: string
  /** The lines between the command's and `\.`, with their line ends, as the server is sent them. */
  readonly data: string
  /** How many lines of the statement come before the data. */
  readonly linesBefore: number
}

/** Where the data of a COPY lies in a text, and where its `\.` ends. */
export interface CopyDataRange {
  readonly start: number
  readonly markerEnd: number
}

/**
 * Takes a statement apart that `splitStatements` gave for a `COPY … FROM STDIN` with data; undefined for any other statement. Cheap for those.
 */
export function readCopyFromStdin(statement: string): CopyFromStdin | undefined {
  if (!statement.endsWith('\n\\.')) return undefined
  const scope = createPostgresScope()
  for (let at = 0; ;) {
    const token = readPostgresToken(statement, at)
    if (token === undefined) return undefined
    if (isSignificant(token)) {
      if (statement.charCodeAt(token.start) === SEMICOLON && !scope.isNested()) {
        if (!scope.isCopyFromStdin()) return undefined
        const range = findCopyData(statement, token.end)
        if (typeof range === 'string') return undefined
        const linesBefore = statement.slice(0, range.start).split('\n').length - 1
        return {
          command: statement.slice(0, token.start),
          data: statement.slice(range.start, range.markerEnd - 2),
          linesBefore,
        }
      }
      scope.take(statement, token)
    }
    at = token.end
  }
}

/**
 * Data begins on the line after the delimiter, which ends at `from`, and ends with a line `\.`, as psql reads it. `sameLine`: something else
 * follows on the delimiter's line. `unterminated`: there is no such line.
 */
export function findCopyData(text: string, from: number): CopyDataRange | 'sameLine' | 'unterminated' {
  let at = from
  while (text.charCodeAt(at) === BLANK || text.charCodeAt(at) === TAB) at++
  if (text.charCodeAt(at) === RETURN) at++
  if (at >= text.length) return 'unterminated'
  if (text.charCodeAt(at) !== NEWLINE) return 'sameLine'
  const start = at + 1
  for (let found = text.indexOf('\n\\.', at); found !== -1; found = text.indexOf('\n\\.', found + 1)) {
    const markerEnd = found + 3
    if (text.slice(markerEnd, lineEnd(text, markerEnd)).trim() === '') return { start, markerEnd }
  }
  return 'unterminated'
}
