import { beyond, type YamlCursor } from './yaml-cursor.ts'

const plainRun = /[^\n]*/y
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** A quoted scalar on one line; the cursor ends behind its closing quote. */
export function readQuoted(cursor: YamlCursor): string {
  const { text } = cursor
  const isDouble = cursor.code() === 34
  const start = cursor.at + 1
  let at = start
  let value = ''
  let from = start
  for (;;) {
    const code = text.charCodeAt(at)
    if (code === 10 || Number.isNaN(code)) throw beyond
    if (isDouble && code === 92) {
      const { value: character, length } = readEscape(text, at + 1)
      value += text.slice(from, at) + character
      at += 1 + length
      from = at
    } else if (code === (isDouble ? 34 : 39)) {
      if (!isDouble && text.charCodeAt(at + 1) === 39) {
        value += text.slice(from, at + 1)
        at += 2
        from = at
        continue
      }
      cursor.at = at + 1
      return value + text.slice(from, at)
    } else at++
  }
}

function readEscape(text: string, at: number): { readonly value: string; readonly length: number } {
  const letter = text.charAt(at)
  const simple = escapes[letter]
  if (simple !== undefined) return { value: simple, length: 1 }
  const digits = /^u([0-9a-fA-F]{4})/.exec(text.slice(at, at + 5))?.[1]
  if (digits === undefined) throw beyond
  return { value: String.fromCharCode(Number.parseInt(digits, 16)), length: 5 }
}

/** A plain scalar of block style, which ends with its line; the cursor ends behind it. Continuation lines are the caller's to refuse. */
export function readBlockPlain(cursor: YamlCursor): string {
  plainRun.lastIndex = cursor.at
  let run = plainRun.exec(cursor.text)?.[0] ?? ''
  const comment = run.indexOf(' #')
  if (comment !== -1) run = run.slice(0, comment)
  run = run.trimEnd()
  if (run.includes(': ') || run.endsWith(':') || run.includes('\t')) throw beyond
  cursor.at += run.length
  return run
}

const blockHeader = /([|>])([-+]?)[ ]*(?:(?<= )#[^\n]*)?\n/y

/** A literal or folded scalar below `parentIndent`; the cursor stands on its header and ends at the next content. */
export function readBlockScalar(cursor: YamlCursor, parentIndent: number): string {
  const { text } = cursor
  blockHeader.lastIndex = cursor.at
  const header = blockHeader.exec(text)
  if (header === null) throw beyond
  cursor.passLine(cursor.at + header[0].length - 1)
  const lines: string[] = []
  let indent = -1
  let blank = 0
  while (cursor.at < text.length) {
    const end = text.indexOf('\n', cursor.at)
    let start = cursor.at
    while (text.charCodeAt(start) === 32) start++
    const width = start - cursor.at
    if (start === end) {
      if (indent === -1 ? width > parentIndent + 1 : width > indent) throw beyond
      blank++
    } else {
      if (indent === -1) {
        if (width <= parentIndent) break
        indent = width
      }
      if (width < indent) break
      if (text.charCodeAt(start) === 9) throw beyond
      for (; blank > 0; blank--) lines.push('')
      lines.push(text.slice(cursor.at + indent, end))
    }
    cursor.passLine(end)
  }
  if (lines.length === 0) throw beyond
  cursor.nextContent()
  // Content that is deeper than the parent but not as deep as the text is a mistake that the full parser words.
  if (cursor.indent > parentIndent && cursor.indent !== -1) throw beyond
  const body = header[1] === '|' ? lines.join('\n') : fold(lines)
  if (header[2] === '-') return body
  return body + (header[2] === '+' ? '\n'.repeat(1 + blank) : '\n')
}

/** Folded style: a single line end becomes a blank, unless one of its lines starts with one. */
function fold(lines: readonly string[]): string {
  if (lines.some((line) => line.startsWith(' '))) throw beyond
  let value = ''
  let isFirst = true
  let breaks = 0
  for (const line of lines) {
    if (line === '') breaks++
    else {
      value += isFirst ? '\n'.repeat(breaks) : breaks === 0 ? ' ' : '\n'.repeat(breaks)
      value += line
      breaks = 0
      isFirst = false
    }
  }
  return value
}
