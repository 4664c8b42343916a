import { AppError } from '@sluice/base'
import { type ApiKey, findApiKey, findSession, type Store } from '@sluice/store'
import type { FastifyRequest } from 'fastify'
import type { Caller } from './caller.ts'
import { checkOrigin } from './origin.ts'

/** Name of the cookie that carries a browser's session. */
export const sessionCookie = 'sluice_session'

/** Finds out who calls: `Authorization: Bearer <API key>`, or a session's cookie. */
export interface Authenticator {
  /** Throws `unauthenticated`, or `forbidden` when a cookie comes from another site's page. */
  authenticate(request: FastifyRequest): Promise<Caller>
}

export function createAuthenticator(store: Store, publicUrl: string | undefined): Authenticator {
  return {
    async authenticate(request) {
      const bearer = readBearer(request)
      if (bearer !== undefined) {
        const key = await findApiKey(store.db, bearer)
        if (key === undefined) throw unauthenticated('The API key is not known, expired or revoked.')
        return toCaller(key, 'apiKey')
      }
      const session = readSessionCookie(request)
      if (session !== undefined) {
        checkOrigin(request, publicUrl)
        const key = await findSession(store.db, session)
        if (key === undefined) throw unauthenticated('The session is over.')
        return toCaller(key, 'session')
      }
      throw unauthenticated('This call needs an API key.')
    },
  }
}

/** The token of an `Authorization: Bearer` header. */
export function readBearer(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  const match = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(header)
  if (match === null) throw unauthenticated('The Authorization header is not of the form "Bearer <key>".')
  return match[1]
}

/** The session token of a browser. */
export function readSessionCookie(request: FastifyRequest): string | undefined {
  return request.cookies[sessionCookie] || undefined
}

export function toCaller(key: ApiKey, via: Caller['via']): Caller {
  return { name: key.name, role: key.role, scope: { org: key.org, project: key.project }, apiKeyId: key.id, via }
}

function unauthenticated(message: string): AppError {
  return new AppError('unauthenticated', 'UNAUTHENTICATED', message, {
    hint: 'Send "Authorization: Bearer <API key>", or log in: "sluice login", or /login in the browser.',
  })
}
