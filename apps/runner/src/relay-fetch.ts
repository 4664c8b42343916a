import { request } from 'node:http'
import { createFetchResponse, type Fetch } from '@sluice/client'

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
          method: init.method,
          headers: init.headers,
          ...(init.signal ? { signal: init.signal } : {}),
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const { statusCode: status = 502, headers } = incoming
            resolve(createFetchResponse({ status, headers, bytes: Buffer.concat(chunks) }))
          })
        },
      )
      outgoing.on('error', reject)
      const body = init.body
      if (body !== undefined) outgoing.setHeader('content-length', Buffer.byteLength(body))
      outgoing.end(body)
    })
}
