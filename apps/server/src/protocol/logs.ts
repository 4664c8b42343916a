import { gunzip } from 'node:zlib'
import { promisify } from 'node:util'
import { AppError, limits } from '@sluice/base'
import { protocolEndpoints } from '@sluice/contract'
import { appendLog, type AttemptFacts, readAttempt, sealLog, stepBelongsTo, touchAttempt } from '@sluice/store'
import type { FastifyRequest } from 'fastify'
import type { App } from '../app-context.ts'
import { HttpError } from '../http/http-error.ts'
import { bodyTooLarge } from '../http/error-reply.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { type AttemptPeer, authenticateAttempt, checkHolder } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'
import { fenced } from './protocol-errors.ts'

const unzip = promisify(gunzip)

/** Masked log bytes by offset, and the seal that closes a log. Both may come after the attempt's end. */
export function registerLogs(app: App, context: ProtocolContext): void {
  const { store, timings, logger } = context
  const authenticate = (request: FastifyRequest): Promise<AttemptPeer> => authenticateAttempt(context, request)

  registerEndpoint(
    app,
    protocolEndpoints.appendLog,
    async ({ params: { attemptId, stream }, query, body, caller, request }) => {
      const attempt = await findStream(context, caller, attemptId, stream, query.epoch)
      const answer = await appendLog(store.pool, {
        ...streamOf(attempt, stream),
        offset: query.offset,
        bytes: await readBytes(request, body),
        bytesMax: limits.logBytesMax + 4096,
      })
      if (caller.kind === 'runner') await touchAttempt(store.pool, attemptId, timings.leaseMs)
      const { nextOffset } = answer
      if (answer.outcome === 'appended') {
        return { nextOffset, intervalMs: answer.watched ? timings.logFlushWatchedMs : timings.logFlushMs }
      }
      if (answer.outcome === 'elsewhere') throw elsewhere(stream, nextOffset)
      if (answer.outcome === 'tooLong') {
        throw new AppError('limitExceeded', 'LOG_TOO_LONG', `The log "${stream}" is as long as a log may get.`, {
          details: { nextOffset },
        })
      }
      if (answer.outcome === 'sealed') {
        throw new AppError('conflict', 'LOG_SEALED', `The log "${stream}" is sealed; nothing can be added to it.`, {
          details: { nextOffset },
        })
      }
      // Other bytes stand there. The runner goes on behind them, and the seal finds out that the whole is not right.
      logger.warn({ attemptId, stream, offset: query.offset }, 'log bytes differ from those that were stored before')
      throw elsewhere(stream, nextOffset)
    },
    { authenticate, bodyBytesMax: limits.logChunkBytesMax + 1024 },
  )

  registerEndpoint(
    app,
    protocolEndpoints.sealLog,
    async ({ params: { attemptId, stream }, body, caller }) => {
      const attempt = await findStream(context, caller, attemptId, stream, body.epoch)
      const { length, sha256, gaps } = body
      const answer = await sealLog(store.pool, { ...streamOf(attempt, stream), length, sha256, gaps })
      if (caller.kind === 'runner') await touchAttempt(store.pool, attemptId, timings.leaseMs)
      if (answer.outcome === 'sealed') return {}
      if (answer.outcome === 'otherAttempt') throw fenced(attempt)
      logger.warn({ attemptId, stream }, 'a log did not match its seal')
      throw new AppError('conflict', 'LOG_MISMATCH', `The stored bytes of the log "${stream}" are not those of its seal.`, {
        hint: 'Send them again from details.rewindTo, then seal again.',
        details: { rewindTo: answer.outcome === 'short' ? answer.nextOffset : answer.rewindTo },
      })
    },
    { authenticate },
  )
}

/** The attempt behind a log call. Streams are the attempt's own and those of its steps. */
async function findStream(
  context: ProtocolContext,
  caller: AttemptPeer,
  attemptId: string,
  stream: string,
  epoch: number,
): Promise<AttemptFacts> {
  const attempt = await readAttempt(context.store.pool, attemptId)
  checkHolder(attempt, caller, attemptId)
  if (attempt.epoch !== epoch || attempt.fence > attempt.epoch) throw fenced(attempt)
  const isOwn = stream === attemptId || (await stepBelongsTo(context.store.pool, stream, attemptId))
  if (!isOwn) throw new AppError('notFound', 'LOG_NOT_FOUND', `The attempt "${attemptId}" has no log "${stream}".`)
  return attempt
}

function streamOf(
  attempt: AttemptFacts,
  stream: string,
): { streamId: string; executionId: string; attemptId: string; stepRunId?: string | undefined } {
  const { attemptId, executionId } = attempt
  return { streamId: stream, executionId, attemptId, ...(stream === attemptId ? {} : { stepRunId: stream }) }
}

async function readBytes(request: FastifyRequest, body: unknown): Promise<Buffer> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') {
    if (bytes.length > limits.logChunkBytesMax) throw bodyTooLarge(limits.logChunkBytesMax)
    return bytes
  }
  if (encoding !== 'gzip') {
    throw new HttpError(415, 'invalid', 'BODY_ENCODING', `The content encoding "${encoding.slice(0, 32)}" is not taken.`, {
      hint: 'Send the bytes as they are, or gzip.',
    })
  }
  try {
    return await unzip(bytes, { maxOutputLength: limits.logChunkBytesMax })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge(limits.logChunkBytesMax)
    throw new AppError('invalid', 'BODY_NOT_GZIP', 'The body is not valid gzip.', { cause })
  }
}

function elsewhere(stream: string, nextOffset: number): AppError {
  return new HttpError(416, 'conflict', 'LOG_OFFSET', `The log "${stream}" ends at ${String(nextOffset)}.`, {
    hint: 'Go on from details.nextOffset.',
    details: { nextOffset },
  })
}
