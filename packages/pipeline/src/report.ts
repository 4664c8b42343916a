import type { Diagnostic } from '@sluice/base'
import type { Place } from './model.ts'

/** More problems than anybody reads at once; also what bounds the memory that hostile input can cost. */
const diagnosticsMax = 200

/** Collects the problems of one text. Keeps the first 200 and says how many more there were. */
export class Report {
  readonly #file: string | undefined
  readonly #diagnostics: Diagnostic[] = []
  #dropped = 0
  #errors = 0

  constructor(file: string | undefined) {
    this.#file = file
  }

  /** How many errors there are so far, dropped ones included. */
  get errors(): number {
    return this.#errors
  }

  error(code: string, message: string, place?: Place, hint?: string): void {
    this.#errors += 1
    this.#add('error', code, message, place, hint)
  }

  warning(code: string, message: string, place?: Place, hint?: string): void {
    this.#add('warning', code, message, place, hint)
  }

  note(code: string, message: string, place?: Place, hint?: string): void {
    this.#add('note', code, message, place, hint)
  }

  /** In order of place, so that a person can go through the text once. */
  diagnostics(): Diagnostic[] {
    const sorted = this.#diagnostics.toSorted(
      (left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0),
    )
    if (this.#dropped > 0) {
      const severity = this.#diagnostics.some((diagnostic) => diagnostic.severity === 'error') ? 'error' : 'warning'
      const message = `${this.#dropped} more problems are not shown.`
      sorted.push({ severity, code: 'TOO_MANY_PROBLEMS', message, ...(this.#file === undefined ? {} : { file: this.#file }) })
    }
    return sorted
  }

  #add(
    severity: Diagnostic['severity'],
    code: string,
    message: string,
    place: Place | undefined,
    hint: string | undefined,
  ): void {
    if (this.#diagnostics.length >= diagnosticsMax) {
      // An error always finds room, so that a flood of notes cannot make a broken text look sound.
      const victim = severity === 'error' ? this.#diagnostics.findLastIndex((diagnostic) => diagnostic.severity !== 'error') : -1
      this.#dropped += 1
      if (victim < 0) return
      this.#diagnostics.splice(victim, 1)
    }
    this.#diagnostics.push({
      severity,
      code,
      message,
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...(place === undefined ? {} : { line: place.line, column: place.column }),
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

/** A user's text inside quotation marks, shortened and on one line: for messages. */
export function quote(text: string): string {
  const flat = text.length > 80 ? `${text.slice(0, 77)}…` : text
  return `"${flat.replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ')}"`
}

/** With a capital first letter: for the beginning of a sentence. */
export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
