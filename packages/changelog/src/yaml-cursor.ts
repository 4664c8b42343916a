/** Thrown inside the quick YAML reader for everything that it leaves to the full parser. One object: a stack each would cost time. */
export const beyond = new Error('Beyond the quick YAML reader.')

/** A place in a text with LF line ends that ends with one. */
export class YamlCursor {
  readonly text: string
  readonly file: string
  at = 0
  line = 1
  lineStart = 0
  /** Column (0-based) of the content that the cursor stands on, after `nextContent`; -1 at the end. */
  indent = -1

  constructor(text: string, file: string) {
    this.text = text
    this.file = file
  }

  /** From the start of a line to the next content: blank lines and comment lines are passed. */
  nextContent(): void {
    const { text } = this
    while (this.at < text.length) {
      let at = this.at
      while (text.charCodeAt(at) === 32) at++
      const code = text.charCodeAt(at)
      if (code === 10) this.#startLine(at + 1)
      else if (code === 35) this.#startLine(text.indexOf('\n', at) + 1)
      else if (code === 9) throw beyond
      else {
        this.at = at
        this.indent = at - this.lineStart
        return
      }
    }
    this.indent = -1
  }

  /** After a value: nothing but blanks and a comment may follow on the line. Ends at the next content. */
  endLine(): void {
    const { text } = this
    let at = this.at
    while (text.charCodeAt(at) === 32) at++
    const code = text.charCodeAt(at)
    if (code === 35 && at > this.at) at = text.indexOf('\n', at)
    else if (code !== 10) throw beyond
    this.#startLine(at + 1)
    this.nextContent()
  }

  /** Whether nothing but blanks or a comment is left of the line. */
  isLineOver(): boolean {
    const { text } = this
    let at = this.at
    while (text.charCodeAt(at) === 32) at++
    const code = text.charCodeAt(at)
    return code === 10 || (code === 35 && text.charCodeAt(at - 1) === 32)
  }

  skipBlanks(): void {
    while (this.text.charCodeAt(this.at) === 32) this.at++
  }

  /** Passes a line end: `at` is the first character of the next line. */
  #startLine(at: number): void {
    this.at = at
    this.lineStart = at
    this.line++
  }

  /** Moves to the start of the line after the one that ends at `lineEnd`. */
  passLine(lineEnd: number): void {
    this.#startLine(lineEnd + 1)
  }

  place(): { readonly file: string; readonly line: number; readonly column: number } {
    return { file: this.file, line: this.line, column: this.at - this.lineStart + 1 }
  }

  code(offset = 0): number {
    return this.text.charCodeAt(this.at + offset)
  }
}
