import type { Readable } from 'node:stream'
import type { StepLog } from '../step-log.ts'

/** Longest line that is kept whole, in bytes; a longer one is broken with a visible mark. */
const lineMax = 64 * 1024
const newline = 0x0a

/** Writes a stream's lines to the log as they come, byte for byte; what does not end with a line break is written at the end. */
export function logStream(stream: Readable, log: StepLog): Promise<void> {
  let pending: Buffer[] = []
  let length = 0
  const flush = (mark = ''): void => {
    const line = Buffer.concat([...pending, Buffer.from(mark)])
    log.bytes(line.at(-1) === 0x0d ? line.subarray(0, -1) : line)
    pending = []
    length = 0
  }
  const onData = (chunk: Buffer): void => {
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      pending.push(chunk.subarray(from, end))
      flush()
      from = end + 1
    }
    const rest = chunk.subarray(from)
    if (rest.length === 0) return
    // Copied, since the chunk's memory is the stream's.
    pending.push(Buffer.from(rest))
    length += rest.length
    if (length > lineMax) flush('… (line broken)')
  }
  stream.on('data', onData)
  return new Promise((resolve) => {
    stream.once('close', () => {
      if (length > 0) flush()
      resolve()
    })
  })
}
