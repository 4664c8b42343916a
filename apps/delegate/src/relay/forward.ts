import type { IncomingMessage, ServerResponse } from 'node:http'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Upstream } from '../upstream.ts'
import { dropRest } from './refuse.ts'
import type { RelayRoute } from './routes.ts'

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

/** What came of forwarding. With `unreachable` and `tooLarge` the response is still to be given, if it has not begun. */
export type Forwarded =
  | { readonly what: 'answered'; readonly status: number }
  | { readonly what: 'canceled' | 'tooLarge' }
  | { readonly what: 'unreachable'; readonly error: unknown }

/** Streams a runner's call to the control plane and the answer back. A runner that goes away ends the call there too. */
export async function forward(
  route: RelayRoute,
  request: IncomingMessage,
  response: ServerResponse,
  target: { readonly upstream: Upstream; readonly timeoutMs: number },
): Promise<Forwarded> {
  const gone = new AbortController()
  response.once('close', () => {
    // Before its end: nobody waits for the answer.
    if (!response.writableFinished) gone.abort()
  })
  const counted = countBytes(route.bytesMax)
  counted.stream.once('close', () => {
    dropRest(request, route.bytesMax * 8)
  })
  request.on('error', () => counted.stream.destroy())
  request.pipe(counted.stream)
  try {
    const answer = await target.upstream.request({
      path: request.url ?? '/',
      method: request.method === 'PUT' ? 'PUT' : 'POST',
      headers: pick(request.headers, passedOn),
      body: counted.stream,
      signal: AbortSignal.any([gone.signal, AbortSignal.timeout(target.timeoutMs)]),
    })
    response.writeHead(answer.status, pick(answer.headers, passedBack))
    await pipeline(answer.body, response)
    return { what: 'answered', status: answer.status }
  } catch (error) {
    counted.stream.destroy()
    if (counted.isOver()) return { what: 'tooLarge' }
    return gone.signal.aborted ? { what: 'canceled' } : { what: 'unreachable', error }
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
