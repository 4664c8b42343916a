import type { Report } from './pattern-rules.ts'

/** Follows PEM blocks (RFC 7468) of private keys from line to line. */
export interface PemTracker {
  /** Whether a block began and has not ended. */
  isOpen(): boolean
  /** Reports what of this line belongs to a private key. */
  scan(line: string, report: Report): void
}

/** In lower case: text without it opens no block. */
export const pemTrigger = '-----begin'

// A block that never ends must not hide the rest of a log.
const blockLinesMax = 400

/** A tracker at the start of a stream. Certificates and public keys are not hidden. */
export function createPemTracker(): PemTracker {
  /** Lines left of the open block; 0 outside. */
  let linesLeft = 0
  return {
    isOpen: () => linesLeft > 0,
    scan(line, report) {
      let at = 0
      if (linesLeft > 0) {
        linesLeft -= 1
        const end = line.indexOf('-----END')
        if (end >= 0) {
          report(0, end)
          linesLeft = 0
          at = end + '-----END'.length
        } else if (!reportBody(line, report)) linesLeft = 0
      }
      for (;;) {
        const begin = line.indexOf('-----BEGIN', at)
        if (begin < 0) return
        const label = begin + '-----BEGIN'.length
        const labelEnd = line.indexOf('-----', label)
        if (labelEnd < 0) return
        at = labelEnd + 5
        if (labelEnd - label > 64 || !line.slice(label, labelEnd).includes('PRIVATE KEY')) continue
        const end = line.indexOf('-----END', at)
        report(at, end < 0 ? line.length : end)
        if (end < 0) {
          linesLeft = blockLinesMax
          return
        }
        at = end + '-----END'.length
      }
    },
  }
}

/** Reports the base64 at the end of a body line, after whatever a log writes before it; false when this is no body line. */
function reportBody(line: string, report: Report): boolean {
  const text = line.trimEnd()
  if (text === '' || /^[A-Za-z-]{1,32}: /.test(text)) return true
  let from = text.length
  while (from > 0 && /[A-Za-z0-9+/=\\n"',]/.test(text.charAt(from - 1))) from -= 1
  if (from === text.length || (from > 0 && !/[\s|>:\]]/.test(text.charAt(from - 1)))) return false
  report(from, text.length)
  return true
}
