/** A line of a step's log in its parts. */
export interface LogLine {
  /** UTC time of day in front of the line, `12:03:11.480`. */
  readonly time: string | undefined
  readonly text: string
  readonly tone: 'failure' | 'warning' | 'gap' | undefined
}

/** Splits a line as the runner writes it. What bears no time is shown as it is. */
export function parseLine(line: string): LogLine {
  const time = /^(\d\d:\d\d:\d\d\.\d{3})(?: |$)/.exec(line)?.[1]
  const text = time === undefined ? line : line.slice(time.length + 1)
  return { time, text, tone: toneOf(text) }
}

function toneOf(text: string): LogLine['tone'] {
  if (/^… \d+ bytes of this log were dropped/.test(text)) return 'gap'
  if (/^\s*(?:Failed|Error|ERROR|FATAL)\b/.test(text)) return 'failure'
  if (/^\s*(?:Warning|WARNING|WARN|Hint)\b/.test(text)) return 'warning'
  return undefined
}
