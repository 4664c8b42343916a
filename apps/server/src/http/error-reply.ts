import { AppError, limits, type Logger } from '@sluice/base'
import { type ErrorBody, statusOfKind } from '@sluice/contract'
import { isDatabaseUnavailable } from '@sluice/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from './http-error.ts'

interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ErrorBody
}

/** Turns anything thrown into the one error shape. What is ours to know (stacks, SQL) stays in the log. */
export function toErrorAnswer(thrown: unknown, requestId: string, bodyBytesMax: number = limits.requestBytesMax): ErrorAnswer {
  const error = toKnownError(thrown, bodyBytesMax)
  const status = error instanceof HttpError ? error.status : (statusOfKind[error.kind] ?? 500)
  const headers = error instanceof HttpError ? error.headers : error.kind === 'unavailable' ? { 'retry-after': '1' } : {}
  const hidden = error.kind === 'internal'
  return {
    status,
    headers,
    body: {
      error: {
        kind: error.kind,
        code: hidden ? 'INTERNAL' : error.code,
        message: hidden ? 'Internal error.' : error.message,
        ...(hidden
          ? { hint: 'The server log has the cause under this request id.' }
          : error.hint === undefined
            ? {}
            : { hint: error.hint }),
        ...(hidden || Object.keys(error.details).length === 0 ? {} : { details: { ...error.details } }),
        requestId,
      },
    },
  }
}

/** Fastify's error handler. */
export function createErrorHandler(logger: Logger) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, headers, body } = toErrorAnswer(thrown, request.id, request.routeOptions.bodyLimit)
    if (status >= 500) {
      const fields = { requestId: request.id, route: request.routeOptions.url, error: thrown }
      if (body.error.kind === 'unavailable') logger.warn(fields, 'a request found something unavailable')
      else logger.error(fields, 'a request failed')
    }
    void reply.code(status).headers(headers).send(body)
  }
}

function toKnownError(thrown: unknown, bodyBytesMax: number): AppError {
  if (thrown instanceof AppError) return thrown
  if (isDatabaseUnavailable(thrown)) {
    return new AppError('unavailable', 'DATABASE_UNAVAILABLE', "The control plane's database does not answer.", {
      hint: 'Try again in a moment.',
      cause: thrown,
    })
  }
  return fromFastify(thrown, bodyBytesMax) ?? new AppError('internal', 'INTERNAL', 'Internal error.', { cause: thrown })
}

function fromFastify(thrown: unknown, bodyBytesMax: number): AppError | undefined {
  if (!(thrown instanceof Error)) return undefined
  const { code, statusCode } = thrown as { code?: string; statusCode?: number }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return bodyTooLarge(bodyBytesMax)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new HttpError(415, 'invalid', 'BODY_TYPE', 'The body is of a type that this call does not take.', {
        hint: 'Send JSON with the header "content-type: application/json".',
      })
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new AppError('invalid', 'BODY_MISSING', 'The body is empty, but said to be JSON.', { hint: 'Send a JSON object.' })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new AppError('invalid', 'BODY_LENGTH', 'The body is not as long as its content-length says.')
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new AppError('invalid', 'BODY_NOT_JSON', 'The body is not valid JSON.')
    default:
      break
  }
  if (thrown instanceof SyntaxError && statusCode === 400) {
    return new AppError('invalid', 'BODY_NOT_JSON', `The body is not valid JSON: ${thrown.message}.`)
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new HttpError(statusCode, 'invalid', code ?? 'BAD_REQUEST', thrown.message)
  }
  return undefined
}

export function bodyTooLarge(limitBytes: number): AppError {
  const megabytes = (limitBytes / (1024 * 1024)).toLocaleString('en', { maximumFractionDigits: 2 })
  return new AppError('limitExceeded', 'BODY_TOO_LARGE', `The body is larger than the ${megabytes} MiB that this call takes.`, {
    hint: 'Nothing of it was used. Send less at a time.',
    details: { limitBytes },
  })
}
