import { createHash, type Hash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Bytes of the end that are kept once a log is over its limit. */
const tailBytes = 64 * 1024

export interface LogGap {
  readonly offset: number
  readonly length: number
}

/**
 * One stream's masked bytes on the runner's own disk: the truth until the server has them. Beyond `bytesMax` the middle is dropped:
 * the head stays, the newest 64 KiB are kept aside and written at the end, and the gap is recorded and marked in the text.
 */
export class LogSpool {
  readonly #file: number
  readonly #headMax: number
  readonly #gaps: LogGap[] = []
  readonly #hash: Hash = createHash('sha256')
  #length = 0
  /** The newest bytes beyond the head, oldest first; whole chunks, so a little more than what is kept. */
  readonly #tail: Buffer[] = []
  #tailLength = 0
  #droppedBytes = 0
  #ended = false

  constructor(path: string, bytesMax: number) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#file = openSync(path, 'w+', 0o600)
    this.#headMax = Math.max(0, bytesMax - tailBytes - 256)
  }

  get length(): number {
    return this.#length
  }

  get gaps(): readonly LogGap[] {
    return this.#gaps
  }

  /** SHA-256 (hex) of all bytes so far. */
  get sha256(): string {
    return this.#hash.copy().digest('hex')
  }

  append(bytes: Uint8Array): void {
    if (this.#ended || bytes.length === 0) return
    const room = this.#headMax - this.#length
    if (room > 0 && this.#tailLength === 0) this.#write(bytes.subarray(0, room))
    const rest = bytes.subarray(this.#tailLength === 0 ? Math.max(0, room) : 0)
    if (rest.length === 0) return
    this.#tail.push(Buffer.from(rest))
    this.#tailLength += rest.length
    for (let first = this.#tail[0]; first !== undefined && this.#tailLength - first.length >= tailBytes; first = this.#tail[0]) {
      this.#tail.shift()
      this.#tailLength -= first.length
      this.#droppedBytes += first.length
    }
  }

  /** No more bytes come: writes what was kept of the end, after a line that says what is missing. */
  end(): void {
    if (this.#ended) return
    const tail = Buffer.concat(this.#tail)
    const kept = tail.subarray(Math.max(0, tail.length - tailBytes))
    this.#droppedBytes += tail.length - kept.length
    if (this.#droppedBytes > 0) {
      this.#gaps.push({ offset: this.#length, length: this.#droppedBytes })
      this.#write(
        Buffer.from(`\n… ${String(this.#droppedBytes)} bytes of this log were dropped: it is larger than its limit …\n`),
      )
    }
    this.#write(kept)
    this.#tail.length = 0
    this.#ended = true
  }

  read(offset: number, bytesMax: number): Buffer {
    const buffer = Buffer.alloc(Math.max(0, Math.min(bytesMax, this.#length - offset)))
    const read = readSync(this.#file, buffer, 0, buffer.length, offset)
    return buffer.subarray(0, read)
  }

  close(): void {
    closeSync(this.#file)
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    writeSync(this.#file, bytes, 0, bytes.length, this.#length)
    this.#hash.update(bytes)
    this.#length += bytes.length
  }
}
