/** Lines that are rendered, and skipped by the browser while out of sight, together. */
export const blockLines = 200
/** Lines kept; older ones are dropped in whole blocks. What is dropped can be downloaded. */
const linesMax = 40_000

export interface LogBlock {
  /** Grows along the log; stable while the block is kept. */
  readonly key: number
  readonly lines: readonly string[]
}

/** What a log viewer shows: complete lines in blocks, and the beginning of one that is not complete yet. */
export interface LogSnapshot {
  readonly blocks: readonly LogBlock[]
  readonly partial: string
  readonly lineCount: number
  readonly droppedLines: number
}

// Colours and cursor movements that some tools write though nobody asked.
// eslint-disable-next-line no-control-regex -- the escape character is what is looked for
const terminalCodes = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_])/g

/**
 * Collects the text of a log as it arrives, in pieces that end anywhere. Blocks never change, except the last one, so a viewer renders only
 * that again.
 */
export class LogBuffer {
  readonly #linesMax: number
  #blocks: LogBlock[] = []
  #partial = ''
  #droppedLines = 0
  #lineCount = 0
  #nextKey = 0
  #skipsToLineEnd: boolean
  #snapshot: LogSnapshot | undefined

  /** A log that begins in the middle (`startsInside`) leaves out what is left of its first line. */
  constructor(options: { readonly startsInside?: boolean; readonly linesMax?: number } = {}) {
    this.#skipsToLineEnd = options.startsInside === true
    this.#linesMax = options.linesMax ?? linesMax
  }

  append(text: string): void {
    this.#snapshot = undefined
    let rest = text
    if (this.#skipsToLineEnd) {
      const end = rest.indexOf('\n')
      if (end < 0) return
      this.#skipsToLineEnd = false
      rest = rest.slice(end + 1)
    }
    const lines = (this.#partial + rest).split('\n')
    this.#partial = lines.pop() ?? ''
    this.#push(lines.map(cleanLine))
  }

  /** No more comes: a last line without an end is a line too. */
  end(): void {
    if (this.#partial === '') return
    this.#snapshot = undefined
    this.#push([cleanLine(this.#partial)])
    this.#partial = ''
  }

  /** The same object until something changes. */
  snapshot(): LogSnapshot {
    this.#snapshot ??= {
      blocks: [...this.#blocks],
      partial: cleanLine(this.#partial),
      lineCount: this.#lineCount,
      droppedLines: this.#droppedLines,
    }
    return this.#snapshot
  }

  #push(lines: readonly string[]): void {
    this.#lineCount += lines.length
    let at = 0
    while (at < lines.length) {
      const last = this.#blocks.at(-1)
      const room = last === undefined ? 0 : blockLines - last.lines.length
      if (last !== undefined && room > 0) {
        this.#blocks[this.#blocks.length - 1] = { key: last.key, lines: [...last.lines, ...lines.slice(at, at + room)] }
        at += room
      } else {
        this.#blocks.push({ key: this.#nextKey++, lines: lines.slice(at, at + blockLines) })
        at += blockLines
      }
    }
    while (this.#lineCount > this.#linesMax && this.#blocks.length > 1) {
      const dropped = this.#blocks.shift()?.lines.length ?? 0
      this.#lineCount -= dropped
      this.#droppedLines += dropped
    }
  }
}

function cleanLine(line: string): string {
  return line.replace(terminalCodes, '').replace(/\r$/, '')
}
