import type { Clock } from '@sluice/base'
import type { MaskStream } from '@sluice/masking'
import type { LogSpool } from './log-spool.ts'

/** A step's log as its code writes it: lines with the time in front, masked before they reach the disk. */
export interface StepLog {
  line(text: string): void
  /** One line as a program wrote it, without its line break, whatever its bytes. */
  bytes(line: Uint8Array): void
  /** Flushes what the masker holds back. Nothing may be written afterwards. */
  end(): void
}

/** Longest line, in characters; the rest is cut with a visible mark. */
const lineMax = 64 * 1024

export function createStepLog(spool: LogSpool, masker: MaskStream, clock: Clock): StepLog {
  const encoder = new TextEncoder()
  return {
    line(text) {
      const time = new Date(clock.now()).toISOString().slice(11, 23)
      for (const part of text.split(/\r?\n/)) {
        const cut = part.length > lineMax ? `${part.slice(0, lineMax)}… (line cut)` : part
        spool.append(masker.push(encoder.encode(`${time} ${cut}\n`)))
      }
    },
    bytes(line) {
      const time = new Date(clock.now()).toISOString().slice(11, 23)
      spool.append(masker.push(Buffer.concat([encoder.encode(`${time} `), line, encoder.encode('\n')])))
    },
    end() {
      spool.append(masker.end())
    },
  }
}
