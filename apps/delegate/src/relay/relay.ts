import { rmSync } from 'node:fs'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { connect } from 'node:net'
import { AppError, type Logger, type Timings } from '@sluice/base'
import type { Metrics } from '../metrics.ts'
import type { Upstream } from '../upstream.ts'
import { forward } from './forward.ts'
import { type Refusal, dropRest, refuse } from './refuse.ts'
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
  readonly upstream: Upstream
  readonly isKnown: (attemptId: string) => boolean
  /** The control plane has acknowledged the completion of an attempt. */
  readonly onCompleted: (attemptId: string) => void
  readonly metrics: Metrics
  readonly logger: Logger
  readonly timings: Timings
  /** Requests open at once, of one attempt and altogether. */
  readonly perAttemptMax?: number | undefined
  readonly totalMax?: number | undefined
}

export function createRelay(options: RelayOptions): Relay {
  const { socketPath, logger, metrics } = options
  const slots = createSlots(options.perAttemptMax ?? 32, options.totalMax ?? 1024, (total) => {
    metrics.set('relay_requests_open', total)
  })

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const route = findRoute(request.method, path)
    const refusal = route === undefined ? notARunnersCall : judge(route, request, options.isKnown)
    if (route === undefined || refusal !== undefined) {
      dropRest(request, bytesDroppedMax)
      answerWith(response, refusal ?? notARunnersCall)
    } else if (!slots.take(route.attemptId)) {
      dropRest(request, bytesDroppedMax)
      answerWith(response, busy)
    } else {
      try {
        await pass(route, request, response)
      } finally {
        slots.give(route.attemptId)
      }
    }
  }

  const pass = async (route: RelayRoute, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { upstream, timings } = options
    const result = await forward(route, request, response, { upstream, timeoutMs: timings.pollHoldMs + 60_000 })
    if (result.what === 'answered') {
      metrics.add('relay_requests_total', { answer: String(result.status) })
      if (route.call === 'complete' && result.status >= 200 && result.status < 300) options.onCompleted(route.attemptId)
    } else if (result.what === 'tooLarge') answerWith(response, tooLarge(route))
    else if (result.what === 'unreachable') {
      logger.debug(
        { attemptId: route.attemptId, call: route.call, error: result.error },
        'The control plane did not answer a runner.',
      )
      answerWith(response, unreachable)
    } else metrics.add('relay_requests_total', { answer: 'canceled' })
  }

  const answerWith = (response: ServerResponse, refusal: Refusal): void => {
    metrics.add('relay_requests_total', { answer: refusal.code })
    refuse(response, refusal)
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
    listen: () => listenAt(server, socketPath),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

const bytesDroppedMax = 8 * 1024 * 1024

const notARunnersCall: Refusal = {
  status: 404,
  kind: 'notFound',
  code: 'NOT_FOUND',
  message: 'The relay forwards the calls of runners only.',
}
const busy: Refusal = {
  status: 503,
  kind: 'unavailable',
  code: 'RELAY_BUSY',
  message: 'Too many requests wait at the relay.',
}
const unreachable: Refusal = {
  status: 503,
  kind: 'unavailable',
  code: 'SERVER_UNREACHABLE',
  message: 'The control plane does not answer the delegate’s relay.',
}

function tooLarge({ call, bytesMax }: RelayRoute): Refusal {
  const message = `The body of "${call}" is larger than ${bytesMax} bytes.`
  return { status: 413, kind: 'limitExceeded', code: 'BODY_TOO_LARGE', message }
}

function judge(route: RelayRoute, request: IncomingMessage, isKnown: (attemptId: string) => boolean): Refusal | undefined {
  const { attemptId } = route
  if (!isKnown(attemptId)) {
    const message = `The attempt "${attemptId}" is not at this delegate.`
    return { status: 404, kind: 'notFound', code: 'ATTEMPT_UNKNOWN', message }
  }
  return Number(request.headers['content-length'] ?? 0) > route.bytesMax ? tooLarge(route) : undefined
}

/** Counts the requests that wait, so that neither one attempt nor all together can take everything. */
function createSlots(
  perAttemptMax: number,
  totalMax: number,
  onTotal: (total: number) => void,
): { take: (attemptId: string) => boolean; give: (attemptId: string) => void } {
  const open = new Map<string, number>()
  let total = 0
  return {
    take(attemptId) {
      const ofAttempt = open.get(attemptId) ?? 0
      if (ofAttempt >= perAttemptMax || total >= totalMax) return false
      open.set(attemptId, ofAttempt + 1)
      onTotal(++total)
      return true
    },
    give(attemptId) {
      const left = (open.get(attemptId) ?? 1) - 1
      if (left === 0) open.delete(attemptId)
      else open.set(attemptId, left)
      onTotal(--total)
    },
  }
}

/** Throws `AppError('conflict', 'RELAY_IN_USE')` when something answers there already. */
async function listenAt(server: Server, socketPath: string): Promise<void> {
  makeSocketFolder(socketPath)
  if (await isAnswered(socketPath)) {
    throw new AppError('conflict', 'RELAY_IN_USE', `Something listens at "${socketPath}" already.`, {
      hint: 'Stop the other delegate, or set SLUICE_DELEGATE_SOCKET.',
    })
  }
  // What a killed delegate left.
  rmSync(socketPath, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // The mask is the whole process's, but the socket is made before `listen` returns: nothing else runs meanwhile.
    const umask = process.umask(0o177)
    try {
      server.listen(socketPath, () => {
        server.off('error', reject)
        resolve()
      })
    } finally {
      process.umask(umask)
    }
  })
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
