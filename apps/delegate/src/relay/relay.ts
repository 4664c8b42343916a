import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger, Timings } from '@sluice/base'
import type { Metrics } from '../metrics.ts'
import type { Upstream } from '../upstream.ts'
import { forward } from './forward.ts'
import { createListeners } from './listeners.ts'
import { type Refusal, dropRest, refuse } from './refuse.ts'
import { type RelayRoute, findRoute } from './routes.ts'
import type { RelayKey } from './relay-key.ts'
import type { SecretTickets } from './secret-tickets.ts'
import { createSlots } from './slots.ts'
import { answerTicket } from './ticket-call.ts'

/**
 * What runners talk to instead of the control plane: a socket on this machine that forwards the calls of attempts that are here. It
 * keeps nothing: an answer is the control plane's own, so whatever was acknowledged is stored there, and any later delegate process can
 * take over in the middle. It reads no body, masks nothing (the runner does) and logs none.
 */
export interface Relay {
  listen(): Promise<void>
  /** Port of the entrance for pods; 0 without. */
  readonly podPort: number
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
  /** For pods, over TCP. */
  readonly pods?: PodListener | undefined
}

/** The relay's other entrance. Any attempt's calls pass: the control plane judges their tokens, and other instances have attempts too. */
export interface PodListener {
  readonly host: string
  readonly port: number
  readonly key: RelayKey
  readonly tickets: SecretTickets
  /** A permit is about to be asked for; false when it must not be. */
  readonly asksPermit: (attemptId: string) => boolean
  /** Requests open at once from one address. */
  readonly perAddressMax?: number | undefined
}

export function createRelay(options: RelayOptions): Relay {
  const { logger, metrics } = options
  const slots = createSlots(options.perAttemptMax ?? 32, options.totalMax ?? 1024, (total) => {
    metrics.set('relay_requests_open', total)
  })

  const addressSlots = createSlots(options.pods?.perAddressMax ?? 128, options.totalMax ?? 1024, () => {})

  const handle = async (request: IncomingMessage, response: ServerResponse, isPod: boolean): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const route = findRoute(request.method, path)
    const refusal = route === undefined ? notARunnersCall : judge(route, request, isPod ? () => true : options.isKnown)
    if (route === undefined || refusal !== undefined || (route.call === 'secrets' && !isPod)) {
      dropRest(request, bytesDroppedMax)
      answerWith(response, refusal ?? notARunnersCall)
      return
    }
    const address = isPod ? (request.socket.remoteAddress ?? '') : route.attemptId
    const release = takeBoth(route.attemptId, address)
    if (release === undefined) {
      dropRest(request, bytesDroppedMax)
      answerWith(response, busy)
      return
    }
    try {
      if (isPod && options.pods !== undefined) await passFromPod(options.pods, route, request, response)
      else await pass(route, request, response)
    } finally {
      release()
    }
  }

  /** One place of the attempt's and one of the address's. */
  const takeBoth = (attemptId: string, address: string): (() => void) | undefined => {
    if (!slots.take(attemptId)) return undefined
    if (addressSlots.take(address)) {
      return () => {
        slots.give(attemptId)
        addressSlots.give(address)
      }
    }
    slots.give(attemptId)
    return undefined
  }

  const passFromPod = async (
    pods: PodListener,
    route: RelayRoute,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    if (route.call === 'secrets') {
      const refusal = await answerTicket(pods.tickets, route, request, response)
      if (refusal === undefined) metrics.add('relay_requests_total', { answer: '200' })
      else answerWith(response, refusal)
    } else if (route.call === 'permit' && !pods.asksPermit(route.attemptId)) {
      dropRest(request, bytesDroppedMax)
      answerWith(response, isStopping)
    } else await pass(route, request, response)
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

  return createListeners(options, (request, response, isPod) => {
    handle(request, response, isPod).catch((error: unknown) => {
      logger.error({ error }, 'A runner’s request failed in the relay.')
      response.destroy()
    })
  })
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
const isStopping: Refusal = {
  status: 409,
  kind: 'conflict',
  code: 'ATTEMPT_FENCED',
  message: 'The runner is being stopped: it gets no permit any more.',
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
