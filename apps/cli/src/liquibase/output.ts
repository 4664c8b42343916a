import { appendFileSync, writeFileSync } from 'node:fs'
import { AppError, formatDiagnostic, type Diagnostic } from '@sluice/base'
import type { OutputStreams } from '../output/printer.ts'

/** How much goes to the log, least first: java.util.logging's and Liquibase's own words. */
const levels = ['off', 'severe', 'warning', 'info', 'fine'] as const
type Level = (typeof levels)[number]

const levelNames: Readonly<Record<string, Level>> = {
  off: 'off',
  severe: 'severe',
  error: 'severe',
  warning: 'warning',
  warn: 'warning',
  info: 'info',
  config: 'info',
  fine: 'fine',
  debug: 'fine',
  finer: 'fine',
  finest: 'fine',
  trace: 'fine',
  all: 'fine',
}

export interface OutputOptions {
  readonly outputFile: string | undefined
  readonly logFile: string | undefined
  readonly logLevel: string | undefined
  readonly lineSeparator: string | undefined
}

/**
 * Where a command's words go, as with Liquibase: what was asked for to stdout or `--output-file`; messages to stderr; the log to
 * `--log-file`, or to stderr where `--log-level` asks for it.
 */
export interface Output {
  /** A piece of the answer, as it stands. */
  result(text: string): void
  /** A line for people. */
  message(text: string): void
  log(level: Exclude<Level, 'off'>, text: string): void
  diagnostics(diagnostics: readonly Diagnostic[]): void
  /** Writes the output file. Throws `AppError` `FILE_UNWRITABLE`. */
  finish(): void
}

export function createOutput(streams: OutputStreams, options: OutputOptions): Output {
  const { outputFile, logFile } = options
  // An unknown level is passed over, as Liquibase does.
  const level = levelNames[(options.logLevel ?? '').toLowerCase()] ?? (logFile === undefined ? 'off' : 'severe')
  const separator = { crlf: '\r\n', lf: '\n' }[(options.lineSeparator ?? 'lf').toLowerCase()] ?? options.lineSeparator ?? '\n'
  let answer = ''
  const line = (text: string): void => streams.err(text.endsWith('\n') ? text : `${text}\n`)
  const output: Output = {
    result(text) {
      const written = separator === '\n' ? text : text.replaceAll('\n', separator)
      if (outputFile === undefined) streams.out(written)
      else answer += written
    },
    message(text) {
      line(text)
      output.log('info', text)
    },
    log(at, text) {
      if (levels.indexOf(at) > levels.indexOf(level)) return
      const entry = `[${new Date().toISOString().slice(0, 19).replace('T', ' ')}] ${at.toUpperCase()} [sluice] ${text}\n`
      if (logFile !== undefined) write(() => appendFileSync(logFile, entry), logFile)
      else if (at !== 'info' || level === 'fine') streams.err(entry)
    },
    diagnostics(diagnostics) {
      for (const diagnostic of diagnostics) {
        line(formatDiagnostic(diagnostic))
        output.log(diagnostic.severity === 'error' ? 'severe' : 'warning', diagnostic.message)
      }
    },
    finish() {
      if (outputFile !== undefined && answer !== '') {
        write(() => writeFileSync(outputFile, answer), outputFile)
        line(`Output saved to ${outputFile}`)
      }
      if (logFile !== undefined) line(`Logs saved to ${logFile}`)
    },
  }
  return output
}

function write(work: () => void, path: string): void {
  try {
    work()
  } catch (cause) {
    throw new AppError('invalid', 'FILE_UNWRITABLE', `The file "${path}" cannot be written.`, {
      hint: 'Make its folder, and see that it may be written.',
      cause,
    })
  }
}
