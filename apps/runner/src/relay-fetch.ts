import { request } from 'node:http'
import type { Fetch } from '@sluice/client'

/**
 * A `fetch` over the delegate's unix socket. Node's own cannot take a socket path, and a whole HTTP client library would double the
 * runner's start-up time; this is one request, one response, streamed.
 */
export function createSocketFetch(socketPath: string): Fetch {
  return (url, init) =>
    new Promise((resolve, reject) => {
      const { pathname, search } = new URL(url)
      const outgoing = request(
        {
          socketPath,
          path: pathname + search,
          method: init.method ?? 'GET',
          headers: Object.fromEntries(new Headers(init.headers)),
          ...(init.signal ? { signal: init.signal } : {}),
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const status = incoming.statusCode ?? 502
            const headers = Object.entries(incoming.headers).flatMap(([name, value]): [string, string][] =>
              value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
            )
            const hasBody = status !== 204 && status !== 304
            resolve(new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers }))
          })
        },
      )
      outgoing.on('error', reject)
      const body = init.body
      if (typeof body === 'string' || body instanceof Uint8Array) outgoing.setHeader('content-length', Buffer.byteLength(body))
      outgoing.end(body ?? undefined)
    })
}
