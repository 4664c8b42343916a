import { request } from 'node:http'
import type { Fetch } from '@sluice/client'
import { sendRequest } from './send-request.ts'

/**
 * A `fetch` over the delegate's unix socket. Node's own cannot take a socket path, and a whole HTTP client library would double the
 * runner's start-up time; this is one request, one response, streamed. `onSent`: see `sendRequest`.
 */
export function createSocketFetch(socketPath: string, onSent: () => void = () => {}): Fetch {
  return (url, init) => {
    const { pathname, search } = new URL(url)
    const path = pathname + search
    return sendRequest(
      init,
      (onResponse) =>
        request(
          { socketPath, path, method: init.method, headers: init.headers, ...(init.signal ? { signal: init.signal } : {}) },
          onResponse,
        ),
      onSent,
    )
  }
}
