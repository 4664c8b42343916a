import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, limits } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import { protocolEndpoints } from '@sluice/contract'
import { type Waiting, insist } from '../retry.ts'
import { type Session, callTimeoutMs } from '../session.ts'
import { isAttemptId } from './journal.ts'

export interface SalvageOptions {
  readonly attemptId: string
  readonly epoch: number
  /** The attempt's folder. */
  readonly folder: string
  readonly session: Session
  readonly waiting: Waiting
  readonly logger: Logger
  readonly signal: AbortSignal
}

const note = Buffer.from('\n… the runner ended here; what it had not written down yet is missing …\n', 'utf8')

/**
 * Sends what a runner that died had written of its logs and not sent, marks the end, and seals them. The spools hold masked bytes, as
 * the runner would have sent them. Takes at most `logSealMs`; what cannot be saved is logged and left.
 */
export async function salvageLogs(options: SalvageOptions): Promise<void> {
  const { attemptId, folder, waiting, logger } = options
  const spool = join(folder, 'spool')
  const streams = (await readdir(spool).catch(() => [])).filter(isAttemptId)
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(waiting.timings.logSealMs)])
  for (const stream of streams) {
    const file = await open(join(spool, stream), 'r').catch(() => undefined)
    if (file === undefined) continue
    try {
      const isSaved = await salvageStream(file, stream, { ...options, signal })
      if (isSaved) logger.info({ attemptId, stream }, 'The rest of a log was sent in its runner’s place.')
    } catch (error) {
      if (!options.signal.aborted) logger.warn({ attemptId, stream, error }, 'The rest of a log could not be sent.')
    } finally {
      await file.close()
    }
  }
}

/** False when the runner had sealed the log itself. */
async function salvageStream(file: FileHandle, stream: string, options: SalvageOptions): Promise<boolean> {
  const { size } = await file.stat()
  const length = size + note.length
  // Empty bytes at the end only ask where the server is.
  let offset = await append(size, Buffer.alloc(0), stream, options)
  if (offset === undefined) return false
  // Every round sends a chunk or follows a rewind; more rounds than that mean that the two sides do not understand each other.
  for (let left = 3 * (2 + Math.ceil(length / limits.logChunkBytesMax)); left > 0; left--) {
    if (offset < length) {
      const next = await append(offset, await readChunk(file, size, offset), stream, options)
      if (next === undefined) return false
      offset = next
      continue
    }
    const rewindTo = await seal(
      stream,
      { length, sha256: await hashOf(file, size), gaps: [{ offset: size, length: 0 }] },
      options,
    )
    if (rewindTo === undefined) return true
    offset = rewindTo
  }
  throw new Error('The control plane keeps asking for the log again.')
}

/** Where the log ends at the server after this, or undefined when it is sealed. */
async function append(offset: number, bytes: Buffer, stream: string, options: SalvageOptions): Promise<number | undefined> {
  const { attemptId, epoch, session, waiting, signal } = options
  const input = { params: { attemptId, stream }, query: { offset, epoch }, signal, timeoutMs: callTimeoutMs(waiting.timings) }
  try {
    const reply = await insist(() => session.sendBytes(protocolEndpoints.appendLog, input, bytes), waiting, signal)
    return reply.nextOffset
  } catch (error) {
    const nextOffset = error instanceof HttpCallError ? Number(error.details['nextOffset']) : Number.NaN
    if (error instanceof HttpCallError && error.code === 'LOG_SEALED') return undefined
    if (error instanceof HttpCallError && error.status === 416 && Number.isInteger(nextOffset)) return nextOffset
    throw error
  }
}

/** Undefined when the log is sealed, else where to begin again. */
async function seal(
  stream: string,
  facts: { length: number; sha256: string; gaps: { offset: number; length: number }[] },
  options: SalvageOptions,
): Promise<number | undefined> {
  const { attemptId, epoch, session, waiting, signal } = options
  try {
    await insist(
      () => session.call(protocolEndpoints.sealLog, { params: { attemptId, stream }, body: { epoch, ...facts }, signal }),
      waiting,
      signal,
    )
    return undefined
  } catch (error) {
    const rewindTo = error instanceof HttpCallError ? Number(error.details['rewindTo']) : Number.NaN
    if (error instanceof HttpCallError && error.code === 'LOG_MISMATCH' && Number.isInteger(rewindTo)) return rewindTo
    throw error
  }
}

async function readChunk(file: FileHandle, size: number, offset: number): Promise<Buffer> {
  if (offset >= size) return note.subarray(offset - size)
  const chunk = Buffer.alloc(Math.min(limits.logChunkBytesMax, size - offset))
  const { bytesRead } = await file.read(chunk, 0, chunk.length, offset)
  return chunk.subarray(0, bytesRead)
}

async function hashOf(file: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha256')
  for (let offset = 0; offset < size;) {
    const chunk = await readChunk(file, size, offset)
    if (chunk.length === 0) break
    hash.update(chunk)
    offset += chunk.length
  }
  return hash.update(note).digest('hex')
}
