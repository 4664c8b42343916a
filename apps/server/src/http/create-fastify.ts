import { readFile } from 'node:fs/promises'
import cookie from '@fastify/cookie'
import { AppError, createId, limits, type Logger } from '@sluice/base'
import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify'
import type { ServerConfig } from '../config.ts'
import { createErrorHandler, toErrorAnswer } from './error-reply.ts'
import { HttpError, notFound } from './http-error.ts'

/** A client that goes on sending a refused body of up to this size still gets its answer; beyond it the connection is cut. */
const drainBytesMax = 256 * 1024 * 1024

/** The bare HTTP application: limits, the one error shape, security headers, request log. No calls yet. */
export async function createFastify(
  config: Pick<ServerConfig, 'tls'>,
  logger: Logger,
  stopping: AbortSignal,
): Promise<FastifyInstance> {
  const options: FastifyServerOptions = {
    bodyLimit: limits.requestBytesMax,
    genReqId: () => createId('req'),
    requestIdHeader: false,
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Time for the whole request to arrive; answers may take as long as they like (polls, event streams).
    requestTimeout: 120_000,
    // Longer than the pause between two polls, so that delegates keep their connections.
    keepAliveTimeout: 75_000,
    frameworkErrors(error, request, reply) {
      const known = new AppError('invalid', 'BAD_REQUEST', 'The address of the request cannot be read.', { cause: error })
      const { status, body } = toErrorAnswer(known, request.id)
      const answer = reply as unknown as { code(status: number): { send(body: unknown): void } }
      answer.code(status).send(body)
    },
  }
  const tls = config.tls === undefined ? undefined : await readTls(config.tls)
  // Typed alike with and without TLS: nothing here depends on the difference.
  const app = fastify({ ...options, ...(tls === undefined ? {} : { https: tls }) } as FastifyServerOptions) as FastifyInstance

  await app.register(cookie)
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    if (!stopping.aborted) return done()
    void reply.header('connection', 'close')
    done(
      new HttpError(503, 'unavailable', 'SERVER_STOPPING', 'This server is stopping.', {
        hint: 'Try again in a moment.',
        headers: { 'retry-after': '1' },
      }),
    )
  })
  app.addHook('onResponse', (request, reply, done) => {
    const fields = {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    }
    if (request.method === 'GET' || request.routeOptions.url?.startsWith('/api/delegate') === true)
      logger.debug(fields, 'request')
    else logger.info(fields, 'request')
    done()
  })
  const handleError = createErrorHandler(logger)
  app.setErrorHandler((error, request, reply) => {
    // Fastify closes the connection after a body it did not read, which a client that still sends sees as a reset, not as an answer.
    // Node reads and drops the rest instead, in no memory.
    if (Number(request.headers['content-length'] ?? 0) <= drainBytesMax && !stopping.aborted)
      void reply.removeHeader('connection')
    handleError(error, request, reply)
  })
  app.setNotFoundHandler((request, reply) => {
    const error = notFound(
      'call',
      `${request.method} ${request.url.split('?')[0]?.slice(0, 200) ?? ''}`,
      'GET /api/docs lists all calls.',
    )
    handleError(error, request, reply)
  })
  return app
}

async function readTls(tls: NonNullable<ServerConfig['tls']>): Promise<{ cert: Buffer; key: Buffer; minVersion: 'TLSv1.2' }> {
  const read = (path: string) =>
    readFile(path).catch((cause: unknown) => {
      throw new AppError('invalid', 'TLS_FILE', `The TLS file "${path}" cannot be read.`, {
        cause,
        hint: 'Check SLUICE_TLS_CERT and SLUICE_TLS_KEY.',
      })
    })
  const [cert, key] = await Promise.all([read(tls.certFile), read(tls.keyFile)])
  return { cert, key, minVersion: 'TLSv1.2' }
}
