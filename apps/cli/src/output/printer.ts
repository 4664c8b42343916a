import { type AppError, type Diagnostic, formatDiagnostic } from '@sluice/base'

/** Where a command's answer goes: text for people, or one JSON value for scripts. Progress and errors go to stderr. */
export interface Printer {
  readonly isJson: boolean
  /** The answer: `text` is built only when people read it. */
  result(value: unknown, text: () => string): void
  /** One JSON line a time (`--json` with streams), or the text. */
  event(value: unknown, text: string): void
  /** For people only, on stderr. */
  progress(text: string): void
  /**
   * The last line of a terminal, replaced by the next call and gone before anything else is printed; undefined takes it away. Nothing
   * happens where stderr is no terminal, and with `--json`.
   */
  status(text: string | undefined): void
  /** Whether `status` shows anything. */
  readonly hasStatus: boolean
  error(error: AppError, options: { readonly debug: boolean }): void
  diagnostics(diagnostics: readonly Diagnostic[]): void
}

export interface OutputStreams {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Width of the terminal that `err` writes to; undefined when it is none. */
  readonly width?: (() => number | undefined) | undefined
}

const eraseLine = '\r\u001B[K'

export function createPrinter(isJson: boolean, streams: OutputStreams): Printer {
  const hasStatus = !isJson && streams.width?.() !== undefined
  let isShown = false
  const erase = (): void => {
    if (isShown) streams.err(eraseLine)
    isShown = false
  }
  const line = (write: (text: string) => void, text: string): void => {
    erase()
    write(text.endsWith('\n') || text === '' ? text : `${text}\n`)
  }
  return {
    isJson,
    hasStatus,
    status(text) {
      const width = hasStatus ? streams.width?.() : undefined
      if (width === undefined) return
      erase()
      if (text === undefined) return
      const oneLine = text.replaceAll(/\s+/g, ' ')
      streams.err(oneLine.length < width ? oneLine : `${oneLine.slice(0, Math.max(0, width - 2))}…`)
      isShown = true
    },
    result(value, text) {
      line(streams.out, isJson ? JSON.stringify(value, null, 2) : text())
    },
    event(value, text) {
      line(streams.out, isJson ? JSON.stringify(value) : text)
    },
    progress(text) {
      if (!isJson) line(streams.err, text)
    },
    error(error, { debug }) {
      if (isJson) {
        line(
          streams.err,
          JSON.stringify({
            error: { kind: error.kind, code: error.code, message: error.message, hint: error.hint, details: error.details },
          }),
        )
        return
      }
      line(streams.err, `Error: ${error.message}`)
      const issues = issuesOf(error)
      for (const issue of issues) line(streams.err, `  ${issue}`)
      if (error.hint !== undefined && !issues.some((issue) => issue.includes(error.hint ?? ''))) line(streams.err, error.hint)
      line(streams.err, `(${error.code})`)
      if (debug || error.kind === 'internal') line(streams.err, error.stack ?? '')
    },
    diagnostics(diagnostics) {
      for (const diagnostic of diagnostics)
        line(streams.err, isJson ? JSON.stringify({ diagnostic }) : formatDiagnostic(diagnostic))
    },
  }
}

/** The single problems inside an error answer, as lines. */
function issuesOf(error: AppError): readonly string[] {
  const issues = error.details['issues']
  if (!Array.isArray(issues)) return []
  return (issues as { path?: unknown[]; message: string; hint?: string; line?: number; column?: number }[]).flatMap((issue) => {
    const path = (issue.path ?? []).join('.')
    const place = issue.line === undefined ? path : `line ${String(issue.line)}:${String(issue.column ?? 1)}`
    // The only problem is what the error itself says: it is repeated for its place alone.
    if (issues.length === 1 && error.message.includes(issue.message) && (place === '' || issue.message.includes(`"${path}"`)))
      return []
    return `${place === '' ? '' : `${place}: `}${issue.message}${issue.hint === undefined ? '' : ` ${issue.hint}`}`
  })
}
