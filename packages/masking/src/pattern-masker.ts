import type { MaskStream } from './mask-stream.ts'
import { maskTextWith } from './mask-text.ts'
import { defaultReplacement } from './masker.ts'
import { patternRules } from './pattern-rules.ts'
import type { PatternRule } from './pattern-rules.ts'
import { createPemTracker, pemTrigger } from './pem-rule.ts'

/**
 * Hides what looks like a secret: JWTs, `password=…`, bearer and basic credentials, passwords in URLs, private keys in PEM, keys
 * of clouds and services. It knows no values, so it is a second line of defence, and the only one where values are not known.
 */
export interface PatternMasker extends MaskStream {
  stream(): MaskStream
  maskText(text: string): string
}

/** Longest line that is looked at as a whole, in bytes; longer ones are taken in pieces, cut at a blank where there is one. */
export const patternLineBytesMax = 64 * 1024

/** A masker by shape. As a stream it works line by line: the last line is held until it ends. */
export function createPatternMasker(options: { readonly replacement?: string | undefined } = {}): PatternMasker {
  const replacement = new TextEncoder().encode(options.replacement ?? defaultReplacement)
  const stream = (): MaskStream => createPatternStream(replacement)
  return { ...stream(), stream, maskText: (text) => maskTextWith(stream(), text) }
}

interface Span {
  readonly from: number
  readonly to: number
}

function createPatternStream(replacement: Uint8Array): MaskStream {
  // Windows-1252 gives every byte exactly one character: positions in the text are positions in the bytes.
  const decoder = new TextDecoder('latin1')
  let held: Uint8Array[] = []
  let heldBytes = 0
  let pem = createPemTracker()
  /** Whether a secret reached the end of a piece that was cut inside a line: its run goes on in the next piece. */
  let inRun = false

  const maskPiece = (
    piece: Uint8Array,
    line: string,
    lower: string,
    rules: readonly PatternRule[],
    isCut: boolean,
  ): Uint8Array[] => {
    const spans: Span[] = []
    const report = (from: number, to: number): void => {
      if (to > from) spans.push({ from, to })
    }
    if (inRun) report(0, runOf(line))
    for (const rule of rules) rule.scan(line, lower, report)
    pem.scan(line, report)
    const merged = mergeSpans(spans)
    inRun = isCut && merged.at(-1)?.to === piece.length
    const parts: Uint8Array[] = []
    let at = 0
    for (const { from, to } of merged) {
      parts.push(piece.subarray(at, from), replacement)
      at = to
    }
    parts.push(piece.subarray(at))
    return parts
  }

  const takeLines = (bytes: Uint8Array, isEnd: boolean): Uint8Array => {
    const text = decoder.decode(bytes)
    const lower = text.toLowerCase()
    const rules = patternRules.filter((rule) => rule.triggers.some((trigger) => lower.includes(trigger)))
    const isClean = rules.length === 0 && !pem.isOpen() && !inRun && !lower.includes(pemTrigger)
    const output: Uint8Array[] = []
    let start = isClean ? bytes.lastIndexOf(0x0a) + 1 : 0
    output.push(bytes.subarray(0, start))
    while (start < bytes.length) {
      const window = bytes.subarray(start, start + patternLineBytesMax + 1)
      const newline = window.indexOf(0x0a)
      const isCut = newline < 0 && window.length > patternLineBytesMax
      if (newline < 0 && !isCut && !isEnd) break
      const next = newline >= 0 ? newline + 1 : isCut ? cutLength(window) : window.length
      // The line's own end is not part of what a rule may hide.
      const length = newline < 0 ? next : newline > 0 && window[newline - 1] === 0x0d ? newline - 1 : newline
      const end = start + length
      output.push(...maskPiece(window.subarray(0, length), text.slice(start, end), lower.slice(start, end), rules, isCut))
      output.push(window.subarray(length, next))
      start += next
    }
    held = start < bytes.length ? [bytes.slice(start)] : []
    heldBytes = held[0]?.length ?? 0
    return concat(output)
  }

  return {
    push(chunk) {
      // Joining waits for a newline or a full piece, so that feeding byte by byte stays linear.
      if (chunk.length + heldBytes <= patternLineBytesMax && !chunk.includes(0x0a)) {
        if (chunk.length > 0) held.push(new Uint8Array(chunk))
        heldBytes += chunk.length
        return new Uint8Array(0)
      }
      return takeLines(concat([...held, chunk]), false)
    },
    end() {
      const output = takeLines(concat(held), true)
      pem = createPemTracker()
      inRun = false
      return output
    },
  }
}

/** Where to cut an overlong line: after the last blank of the second half, or at the longest length. */
function cutLength(window: Uint8Array): number {
  for (let at = patternLineBytesMax; at > patternLineBytesMax / 2; at--) {
    const byte = window[at - 1]
    if (byte === 0x20 || byte === 0x09) return at
  }
  return patternLineBytesMax
}

function runOf(line: string): number {
  const end = line.search(/[\s"'`&;,<>]/)
  return end < 0 ? line.length : end
}

function mergeSpans(spans: Span[]): Span[] {
  spans.sort((left, right) => left.from - right.from)
  const merged: { from: number; to: number }[] = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to)
    else merged.push({ ...span })
  }
  return merged
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}
