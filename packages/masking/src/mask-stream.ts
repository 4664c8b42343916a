import type { Automaton } from './automaton.ts'

/** Bytes in, masked bytes out, in chunks of any size. What comes out in total does not depend on where the chunks are cut. */
export interface MaskStream {
  /** The bytes that are certain by now. What might be the beginning of a secret is held back, however long that takes. */
  push(chunk: Uint8Array): Uint8Array
  /** The rest; a beginning of a secret of 8 bytes or more is masked. Afterwards the stream is as new. */
  end(): Uint8Array
}

/** At the end of a stream a beginning of a secret is masked from this length. */
export const partialBytesMin = 8

interface Span {
  from: number
  to: number
}

/**
 * A stream that replaces every run of overlapping or touching matches by one `replacement`. Positions count from the stream's
 * first byte.
 */
export function createMaskStream(automaton: Automaton, replacement: Uint8Array): MaskStream {
  const { rowOf, rows, firstChild, nextSibling, byteOf, fail, depth, matchLength } = automaton
  const held = createByteQueue()
  let state = 0
  /** How many bytes were pushed. */
  let position = 0
  /** Where the held bytes begin: everything before has been emitted. */
  let emitted = 0
  /** How far the last emitted replacement reaches. */
  let maskedTo = -1
  /** Matches in what is held, merged, ascending. */
  let spans: Span[] = []

  const addSpan = (from: number, to: number): void => {
    let start = from
    for (let last = spans.at(-1); last !== undefined && last.to >= start; last = spans.at(-1)) {
      start = Math.min(start, last.from)
      spans.pop()
    }
    spans.push({ from: start, to })
  }

  const emit = (upTo: number): Uint8Array => {
    const parts: Uint8Array[] = []
    const first = emitted
    const keep = (to: number): void => {
      if (to > emitted) parts.push(held.peek(emitted - first, to - first))
      emitted = Math.max(emitted, to)
    }
    let used = 0
    while (emitted < upTo) {
      if (emitted < maskedTo) {
        emitted = Math.min(maskedTo, upTo)
        continue
      }
      const span = spans[used]
      if (span === undefined || span.from >= upTo) {
        keep(upTo)
        break
      }
      used += 1
      if (span.from > maskedTo) {
        keep(span.from)
        parts.push(replacement)
      }
      maskedTo = Math.max(maskedTo, span.to)
    }
    if (used > 0) spans = spans.slice(used)
    const output = join(parts)
    held.drop(emitted - first)
    return output
  }

  return {
    push(chunk) {
      held.append(chunk)
      let current = state
      for (let index = 0; index < chunk.length; index++) {
        const byte = chunk[index] as number
        for (;;) {
          const row = rowOf[current] as number
          if (row >= 0) {
            current = rows[(row << 8) | byte] as number
            break
          }
          let child = firstChild[current] as number
          while (child !== 0 && byteOf[child] !== byte) child = nextSibling[child] as number
          if (child !== 0) {
            current = child
            break
          }
          // The start state has a row, so this ends.
          current = fail[current] as number
        }
        const length = matchLength[current] as number
        if (length !== 0) addSpan(position + index + 1 - length, position + index + 1)
      }
      state = current
      position += chunk.length
      return emit(position - (depth[state] as number))
    },
    end() {
      const partial = depth[state] as number
      if (partial >= partialBytesMin) addSpan(position - partial, position)
      const output = emit(position)
      state = 0
      position = 0
      emitted = 0
      maskedTo = -1
      spans = []
      return output
    },
  }
}

interface ByteQueue {
  append(bytes: Uint8Array): void
  /** A view, valid until the next call. */
  peek(from: number, to: number): Uint8Array
  drop(count: number): void
}

function createByteQueue(): ByteQueue {
  let buffer = new Uint8Array(0)
  let start = 0
  let end = 0
  return {
    append(bytes) {
      if (end + bytes.length > buffer.length) {
        const length = end - start
        // Doubling keeps byte-by-byte feeding linear while a long beginning of a secret is held.
        const target =
          length + bytes.length <= buffer.length / 2 ? buffer : new Uint8Array(Math.max(4096, (length + bytes.length) * 2))
        target.set(buffer.subarray(start, end))
        if (target !== buffer) buffer.fill(0)
        buffer = target
        start = 0
        end = length
      }
      buffer.set(bytes, end)
      end += bytes.length
    },
    peek: (from, to) => buffer.subarray(start + from, start + to),
    drop(count) {
      start += count
      if (start === end) {
        start = 0
        end = 0
      }
    },
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}
