import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { connect } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError, type ErrorKind, type Logger, type Timings } from '@sluice/base'
import type { Metrics } from '../metrics.ts'
import type { Upstream } from '../upstream.ts'
import { type RelayRoute, findRoute } from './routes.ts'
import { makeSocketFolder } from './socket-path.ts'

/**
 * What runners talk to instead of the control plane: a socket on this machine that forwards the calls of attempts that are here. It
 * keeps nothing: an answer is the control plane's own, so whatever was acknowledged is stored there, and any later delegate process can
 * take over in the middle. It reads no body, masks nothing (the runner does) and logs none.
 */
export interface Relay {
  listen(): Promise<void>
  /** Cuts what is open: runners try again, and find the next process at the same address. */
  close(): Promise<void>
}

export interface RelayOptions {
  readonly socketPath: string
  readonly serverUrl: string
  readonly upstream: Upstream
  readonly isKnown: (attemptId: string) => boolean
  readonly onCompleted: (attemptId: string) => void
  readonly metrics: Metrics
  readonly logger: Logger
  readonly timings: Timings
  /** Requests open at once, of one attempt and altogether. */
  readonly perAttemptMax?: number | undefined
  readonly totalMax?: number | undefined
}

const passedOn = [
  'authorization',
  'content-type',
  'content-length',
  'content-encoding',
  'accept',
  'user-agent',
  'traceparent',
  'x-request-id',
]
const passedBack = ['content-type', 'content-length', 'retry-after', 'x-request-id', 'cache-control']

export function createRelay(options: RelayOptions): Relay {
  const { socketPath, upstream, metrics, logger, timings } = options
  const perAttemptMax = options.perAttemptMax ?? 32
  const totalMax = options.totalMax ?? 1024
  const open = new Map<string, number>()
  let total = 0

  const refuse = (response: ServerResponse, status: number, kind: ErrorKind, code: string, message: string): void => {
    metrics.add('relay_requests_total', { answer: code })
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    const body = JSON.stringify({ error: { kind, code, message, requestId: randomUUID() } })
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(status === 503 ? { 'retry-after': '1' } : {}),
    })
    response.end(body)
  }

  const forward = async (route: RelayRoute, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController()
    response.once('close', () => {
      // Before its end: the runner has gone away, so nobody waits for the answer.
      if (!response.writableFinished) gone.abort()
    })
    const counted = countBytes(route.bytesMax)
    // What is left of a refused body is read and dropped, so that its sender sees the answer; a sender that never ends does not.
    counted.stream.once('close', () => {
      dropRest(request, route.bytesMax * 8)
    })
    // An error of the counting stream destroys the upstream request too.
    request.on('error', () => counted.stream.destroy())
    request.pipe(counted.stream)
    try {
      const answer = await upstream.dispatcher.request({
        origin: options.serverUrl,
        path: request.url ?? '/',
        method: request.method === 'PUT' ? 'PUT' : 'POST',
        headers: pick(request.headers, passedOn),
        body: counted.stream,
        signal: gone.signal,
        headersTimeout: timings.pollHoldMs + 60_000,
      })
      const isStored = answer.statusCode >= 200 && answer.statusCode < 300
      response.writeHead(answer.statusCode, pick(answer.headers, passedBack))
      await pipeline(answer.body, response)
      metrics.add('relay_requests_total', { answer: String(answer.statusCode) })
      if (route.call === 'complete' && isStored) options.onCompleted(route.attemptId)
    } catch (error) {
      counted.stream.destroy()
      if (counted.isOver()) {
        refuse(
          response,
          413,
          'limitExceeded',
          'BODY_TOO_LARGE',
          `The body of "${route.call}" is larger than ${route.bytesMax} bytes.`,
        )
      } else if (gone.signal.aborted) {
        metrics.add('relay_requests_total', { answer: 'canceled' })
      } else {
        logger.debug({ attemptId: route.attemptId, call: route.call, error }, 'The control plane did not answer a runner.')
        refuse(response, 503, 'unavailable', 'SERVER_UNREACHABLE', 'The control plane does not answer the delegate’s relay.')
      }
    }
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const route = findRoute(request.method, path)
    if (route === undefined) {
      refuse(response, 404, 'notFound', 'NOT_FOUND', 'The relay forwards the calls of runners only.')
      return
    }
    const { attemptId } = route
    if (!options.isKnown(attemptId)) {
      refuse(response, 404, 'notFound', 'ATTEMPT_UNKNOWN', `The attempt "${attemptId}" is not at this delegate.`)
      return
    }
    if (Number(request.headers['content-length'] ?? 0) > route.bytesMax) {
      dropRest(request, route.bytesMax * 8)
      refuse(
        response,
        413,
        'limitExceeded',
        'BODY_TOO_LARGE',
        `The body of "${route.call}" is larger than ${route.bytesMax} bytes.`,
      )
      return
    }
    const ofAttempt = open.get(attemptId) ?? 0
    if (ofAttempt >= perAttemptMax || total >= totalMax) {
      refuse(response, 503, 'unavailable', 'RELAY_BUSY', 'Too many requests wait at the relay.')
      return
    }
    open.set(attemptId, ofAttempt + 1)
    metrics.set('relay_requests_open', ++total)
    try {
      await forward(route, request, response)
    } finally {
      const left = (open.get(attemptId) ?? 1) - 1
      if (left === 0) open.delete(attemptId)
      else open.set(attemptId, left)
      metrics.set('relay_requests_open', --total)
    }
  }

  const server = createServer(
    { requestTimeout: 0, headersTimeout: 10_000, keepAliveTimeout: 30_000, maxHeaderSize: 16 * 1024 },
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        logger.error({ error }, 'A runner’s request failed in the relay.')
        response.destroy()
      })
    },
  )

  return {
    async listen() {
      makeSocketFolder(socketPath)
      if (await isAnswered(socketPath)) {
        throw new AppError('conflict', 'RELAY_IN_USE', `Something listens at "${socketPath}" already.`, {
          hint: 'Stop the other delegate, or set SLUICE_DELEGATE_SOCKET.',
        })
      }
      // What a killed delegate left.
      rmSync(socketPath, { force: true })
      const umask = process.umask(0o177)
      try {
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject)
          server.listen(socketPath, () => {
            server.off('error', reject)
            resolve()
          })
        })
      } finally {
        process.umask(umask)
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

/** Passes bytes on, and stops with an error when there are too many. */
function countBytes(bytesMax: number): { stream: Transform; isOver: () => boolean } {
  let count = 0
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      count += chunk.length
      if (count > bytesMax) done(new Error('The body is too large.'))
      else done(null, chunk)
    },
  })
  // Without a listener the error would end the process; the request that reads the stream reports it.
  stream.on('error', () => {})
  return { stream, isOver: () => count > bytesMax }
}

function dropRest(request: IncomingMessage, bytesMax: number): void {
  if (request.readableEnded || request.destroyed) return
  let count = 0
  request.on('data', (chunk: Buffer) => {
    count += chunk.length
    if (count > bytesMax) request.destroy()
  })
  // A pipe that broke has paused it.
  request.resume()
}

function pick(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  names: readonly string[],
): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = headers[name]
    if (typeof value === 'string') picked[name] = value
  }
  return picked
}

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}
