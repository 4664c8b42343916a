import { AppError } from '@sluice/base'
import type { FastifyRequest } from 'fastify'

/**
 * Refuses a change that a page of another origin asks a browser to make. Browsers send `Origin` with every call that is not a GET; one
 * without it is no browser and has no business with a cookie. https://cheatsheetseries.owasp.org, "Cross-Site Request Forgery".
 */
export function checkOrigin(request: FastifyRequest, publicUrl: string | undefined): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const { origin, host } = request.headers
  if (origin !== undefined && URL.canParse(origin)) {
    if (origin === publicUrl || new URL(origin).host === host) return
  }
  throw new AppError('forbidden', 'ORIGIN_REFUSED', 'The call does not come from a page of this server.', {
    hint: 'Open the web UI under its own address; programs send an API key instead of a cookie.',
  })
}
