/** One line of a CSV file: its values, and the line on which it begins (1-based). */
export interface CsvRow {
  readonly line: number
  readonly values: readonly string[]
  /** A quote that is not closed has taken all the rest of the text. */
  readonly isUnterminated?: true
}

export interface CsvOptions {
  /** One character; `\t` stands for a tab. Default: comma. */
  readonly separator?: string | undefined
  /** One character. Default: double quote. */
  readonly quote?: string | undefined
  /** Lines that begin with this text are left out. Default: `#`. */
  readonly comment?: string | undefined
}

/**
 * The rows of a CSV text (RFC 4180, as `loadData` of Liquibase reads it), one at a time and in linear time: quotes inside of quotes
 * are doubled, backslashes mean nothing, blanks count, values may hold line breaks. Empty and comment lines are left out.
 */
export function* readCsv(text: string, options: CsvOptions = {}): Generator<CsvRow, void, undefined> {
  const separator = options.separator === '\\t' ? '\t' : (options.separator ?? ',').slice(0, 1) || ','
  const quote = (options.quote ?? '"').slice(0, 1) || '"'
  const comment = options.comment ?? '#'
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let line = 1
  while (at < text.length) {
    if (isLineEnd(text, at)) {
      if (text[at] === '\r' && text[at + 1] === '\n') at++
      at++
      line++
      continue
    }
    if (comment !== '' && text.startsWith(comment, at)) {
      at = lineEnd(text, at)
      continue
    }
    const start = line
    const values: string[] = []
    let isUnterminated = false
    for (;;) {
      const field = readField(text, at, separator, quote)
      values.push(field.value)
      isUnterminated ||= field.isUnterminated
      line += field.breaks
      at = field.end
      if (text[at] !== separator) break
      at++
    }
    yield isUnterminated ? { line: start, values, isUnterminated } : { line: start, values }
  }
}

/** One value, from its first character to the separator or line end after it. */
function readField(
  text: string,
  start: number,
  separator: string,
  quote: string,
): { readonly value: string; readonly end: number; readonly breaks: number; readonly isUnterminated: boolean } {
  let at = start
  if (text[at] !== quote) {
    while (at < text.length && text[at] !== separator && !isLineEnd(text, at)) at++
    return { value: text.slice(start, at), end: at, breaks: 0, isUnterminated: false }
  }
  let value = ''
  let from = at + 1
  for (;;) {
    const next = text.indexOf(quote, from)
    if (next === -1) {
      return {
        value: value + text.slice(from),
        end: text.length,
        breaks: text.slice(start).split('\n').length - 1,
        isUnterminated: true,
      }
    }
    value += text.slice(from, next)
    if (text[next + 1] !== quote) {
      at = next + 1
      break
    }
    value += quote
    from = next + 2
  }
  // What follows a closing quote belongs to the value as it stands.
  const rest = at
  while (at < text.length && text[at] !== separator && !isLineEnd(text, at)) at++
  const breaks = text.slice(start, rest).split('\n').length - 1
  return { value: value + text.slice(rest, at), end: at, breaks, isUnterminated: false }
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === '\n' || text[at] === '\r'
}

function lineEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && !isLineEnd(text, at)) at++
  return at
}
