import type { Diagnostic } from '@sluice/base'
import { didYouMean } from '@sluice/base'
import { fromBase64Url } from './encoding.ts'

/** Reads fields of untrusted JSON and collects every problem. Values are never quoted: a slip may have put a secret there. */
export interface FieldReader {
  object(input: unknown, path: string, known: readonly string[]): Readonly<Record<string, unknown>> | undefined
  text(input: unknown, path: string, charsMax: number): string | undefined
  base64Url(input: unknown, path: string, size: { bytes: number } | { bytesMin: number; bytesMax: number }): string | undefined
  /** Reports that the field `path` is wrong: `must be a number`. */
  fail(path: string, problem: string): void
  /** Reports a whole sentence. */
  say(message: string): void
}

export function createFieldReader(code: string, what: string, diagnostics: Diagnostic[]): FieldReader {
  const say = (message: string, hint?: string): void => {
    // A hostile record with thousands of wrong recipients must not make thousands of messages.
    if (diagnostics.length < 50) diagnostics.push({ severity: 'error', code, message, ...(hint === undefined ? {} : { hint }) })
  }
  const fail = (path: string, problem: string, hint?: string): void => {
    say(path === '' ? `The ${what} ${problem}.` : `The ${what}’s field "${path}" ${problem}.`, hint)
  }
  return {
    fail,
    say,
    object(input, path, known) {
      if (typeof input !== 'object' || input === null || Array.isArray(input)) {
        fail(path, 'must be an object')
        return undefined
      }
      for (const name of Object.keys(input)) {
        if (known.includes(name)) continue
        const near = didYouMean(name, known)
        fail(joinPath(path, name.slice(0, 64)), 'is unknown', near === undefined ? undefined : `Did you mean "${near}"?`)
      }
      return input as Readonly<Record<string, unknown>>
    },
    text(input, path, charsMax) {
      if (typeof input === 'string' && input.length > 0 && input.length <= charsMax) return input
      fail(path, `must be text of 1 to ${charsMax} characters`)
      return undefined
    },
    base64Url(input, path, size) {
      const bytesMin = 'bytes' in size ? size.bytes : size.bytesMin
      const bytesMax = 'bytes' in size ? size.bytes : size.bytesMax
      // The length first: decoding is bounded too.
      if (typeof input === 'string' && input.length <= Math.ceil((bytesMax * 4) / 3)) {
        const bytes = fromBase64Url(input)
        if (bytes !== undefined && bytes.length >= bytesMin && bytes.length <= bytesMax) return input
      }
      fail(path, `must be base64url of ${bytesMin === bytesMax ? bytesMin : `${bytesMin} to ${bytesMax}`} bytes, without padding`)
      return undefined
    },
  }
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
