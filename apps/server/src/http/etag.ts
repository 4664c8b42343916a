import { AppError } from '@sluice/base'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from './http-error.ts'

/** The version that a caller wants to change, from `If-Match: "3"`. Throws 428 when it is missing, 400 when it is no version. */
export function requireIfMatch(request: FastifyRequest): number {
  const header = request.headers['if-match']
  if (header === undefined) {
    throw new HttpError(428, 'failedPrecondition', 'IF_MATCH_MISSING', 'The call does not say which version it changes.', {
      hint: 'Read it first and send its meta.version as If-Match: "version".',
    })
  }
  const match = /^(?:W\/)?"(\d{1,9})"$/.exec(header.trim())
  if (match === null) {
    throw new AppError('invalid', 'IF_MATCH_INVALID', 'The If-Match header is not a version in quotes.', {
      hint: 'Send it like If-Match: "3".',
    })
  }
  return Number(match[1])
}

/** Throws 412 `VERSION_MISMATCH` when somebody else was faster. */
export function checkVersion(wanted: number, actual: number, what: string): void {
  if (wanted === actual) return
  throw new AppError(
    'failedPrecondition',
    'VERSION_MISMATCH',
    `The ${what} has version ${String(actual)} now, not ${String(wanted)}.`,
    {
      hint: 'Somebody else changed it meanwhile: read it again, apply your change to that, and try once more.',
      details: { version: actual },
    },
  )
}

export function setEtag(reply: FastifyReply, version: number): void {
  void reply.header('etag', `"${String(version)}"`)
}
