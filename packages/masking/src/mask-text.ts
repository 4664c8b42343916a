import type { MaskStream } from './mask-stream.ts'

/** Runs a whole text through a fresh stream. A text without matches comes back as it is. */
export function maskTextWith(stream: MaskStream, text: string): string {
  const bytes = new TextEncoder().encode(text)
  const parts = [stream.push(bytes), stream.end()]
  if (parts.reduce((sum, part) => sum + part.length, 0) === bytes.length && startsEqual(parts, bytes)) return text
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode()
}

function startsEqual(parts: readonly Uint8Array[], bytes: Uint8Array): boolean {
  let offset = 0
  for (const part of parts) for (const byte of part) if (byte !== bytes[offset++]) return false
  return true
}
