import { once } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AppContext } from '../app-context.ts'
import { HttpError } from './http-error.ts'

const heartbeatMs = 15_000
/** A client that takes nothing for so long is cut off: it can come back with Last-Event-ID. */
const stalledMs = 60_000
const streamsMax = 1_000
const streamsPerCallerMax = 50

/** Server-sent events to one client (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface EventStream {
  /** Aborted when the client has gone, the server stops, or `end` was called. */
  readonly signal: AbortSignal
  /** Sends an event and waits until the client takes more, so that a slow one costs no memory. */
  send(event: string, data: unknown, id?: string): Promise<void>
  end(): void
}

const open = new Map<string, number>()
let openTotal = 0

/**
 * Turns a call into an event stream and runs `work` on it, which ends with the stream's signal. Throws 429 before anything is sent when
 * there are too many streams.
 */
export async function serveEventStream(
  context: Pick<AppContext, 'stopping' | 'logger'>,
  call: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly callerId: string },
  work: (stream: EventStream) => Promise<void>,
): Promise<FastifyReply> {
  const { reply, callerId } = call
  const mine = open.get(callerId) ?? 0
  if (openTotal >= streamsMax || mine >= streamsPerCallerMax) {
    throw new HttpError(429, 'limitExceeded', 'TOO_MANY_STREAMS', 'Too many event streams are open.', {
      hint: 'Close some pages, or try again later.',
      headers: { 'retry-after': '5' },
    })
  }
  openTotal += 1
  open.set(callerId, mine + 1)
  const headers = reply.getHeaders() as Record<string, string>
  reply.hijack()
  const { raw } = reply
  const ended = new AbortController()
  const signal = AbortSignal.any([ended.signal, context.stopping])
  raw.on('close', () => ended.abort())
  raw.on('error', () => ended.abort())
  const heartbeat = setInterval(() => raw.write(':\n\n'), heartbeatMs)
  try {
    raw.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies that buffer would hold events back.
      'x-accel-buffering': 'no',
    })
    raw.write(':\n\n')
    await work({
      signal,
      end: () => ended.abort(),
      async send(event, data, id) {
        if (signal.aborted) return
        const head = id === undefined ? '' : `id: ${id}\n`
        if (raw.write(`${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return
        const stalled = AbortSignal.timeout(stalledMs)
        await once(raw, 'drain', { signal: AbortSignal.any([signal, stalled]) }).catch(() => ended.abort())
      },
    })
  } catch (error) {
    if (!signal.aborted) context.logger.warn({ error }, 'an event stream ended with an error')
  } finally {
    clearInterval(heartbeat)
    openTotal -= 1
    const left = (open.get(callerId) ?? 1) - 1
    if (left > 0) open.set(callerId, left)
    else open.delete(callerId)
    raw.end()
  }
  return reply
}

/** Resolves with the next call of `wake`, after `ms`, or when the signal fires; remembers a call that came in between. */
export function createWaker(signal: AbortSignal): { readonly wake: () => void; readonly wait: (ms: number) => Promise<void> } {
  let pending = false
  let resolveWait: (() => void) | undefined
  const wake = (): void => {
    pending = true
    resolveWait?.()
  }
  signal.addEventListener('abort', wake, { once: true })
  return {
    wake,
    async wait(ms) {
      if (!pending && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          resolveWait = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        resolveWait = undefined
      }
      pending = false
    },
  }
}
