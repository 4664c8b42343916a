import type { Diagnostic } from '@sluice/base'
import type { SourcePlace } from './model.ts'

/** A changelog with more problems than this is told about the first ones. */
const diagnosticsMax = 500

/** Collects what is wrong, with places, while parsing goes on. */
export interface Reporter {
  readonly diagnostics: readonly Diagnostic[]
  /** Those too that are more than are told. */
  readonly errorCount: number
  error(place: SourcePlace | string, code: string, message: string, hint?: string): void
  warn(place: SourcePlace | string, code: string, message: string, hint?: string): void
}

/** A place given as text is a file without a line. */
export function createReporter(): Reporter {
  const diagnostics: Diagnostic[] = []
  let errorCount = 0
  const add = (
    severity: Diagnostic['severity'],
    place: SourcePlace | string,
    code: string,
    message: string,
    hint?: string,
  ): void => {
    if (severity === 'error') errorCount++
    if (diagnostics.length >= diagnosticsMax) return
    const where = typeof place === 'string' ? { file: place } : { file: place.file, line: place.line, column: place.column }
    diagnostics.push({ severity, code, message, ...where, ...(hint === undefined ? {} : { hint }) })
  }
  return {
    diagnostics,
    get errorCount() {
      return errorCount
    },
    error: (place, code, message, hint) => add('error', place, code, message, hint),
    warn: (place, code, message, hint) => add('warning', place, code, message, hint),
  }
}
