import type { Diagnostic } from '@sluice/base'
import { createAutomaton } from './automaton.ts'
import { encodingsOf, needleBytesMin } from './encodings.ts'
import { createMaskStream } from './mask-stream.ts'
import type { MaskStream } from './mask-stream.ts'
import { maskTextWith } from './mask-text.ts'

/** What stands in a log instead of a secret. Its length says nothing about the secret's. */
export const defaultReplacement = '**************'

export interface SecretValue {
  /** How warnings call the secret; never its value. */
  readonly name: string
  readonly value: Uint8Array | string
}

export interface MaskerOptions {
  /** `defaultReplacement` unless given. */
  readonly replacement?: string | undefined
}

/**
 * Removes secret values from bytes and texts. `push` and `end` are one stream; `stream()` gives further independent ones (stdout and
 * stderr, several steps) that share the tables.
 */
export interface Masker extends MaskStream {
  stream(): MaskStream
  /** A whole text (an error message, an output): nothing is held back. */
  maskText(text: string): string
  /** Values that cannot be masked, code `SECRET_TOO_SHORT_TO_MASK`. Show them with the run; do not drop them. */
  readonly warnings: readonly Diagnostic[]
  /** How many byte sequences are looked for. */
  readonly needleCount: number
}

/** A masker for these values in all their encodings (`encodingsOf`). Throws `MASKING_TOO_MUCH`. */
export function createMasker(values: readonly SecretValue[], options: MaskerOptions = {}): Masker {
  const warnings: Diagnostic[] = []
  const needles: Uint8Array[] = []
  for (const { name, value } of values) {
    const found = encodingsOf(value)
    for (const needle of found) needles.push(needle)
    if (value.length > 0 && found.length === 0) warnings.push(tooShort(name))
  }
  const automaton = createAutomaton(needles)
  const replacement = new TextEncoder().encode(options.replacement ?? defaultReplacement)
  const stream = (): MaskStream => createMaskStream(automaton, replacement)
  return { ...stream(), stream, maskText: (text) => maskTextWith(stream(), text), warnings, needleCount: needles.length }
}

function tooShort(name: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'SECRET_TOO_SHORT_TO_MASK',
    message: `The value of secret "${name}" is blank or shorter than ${needleBytesMin} bytes, so logs are not masked for it.`,
    hint: `Use a value of at least ${needleBytesMin} bytes.`,
  }
}
