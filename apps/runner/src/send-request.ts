import type { ClientRequest, IncomingMessage } from 'node:http'
import { createFetchResponse, type Fetch } from '@sluice/client'

/**
 * Sends a call's body on a request that `open` has begun, and gives the whole answer as a `fetch` would. `onSent` is called when the request has left
 * this process, or never will.
 */
export function sendRequest(
  { body }: Parameters<Fetch>[1],
  open: (onResponse: (incoming: IncomingMessage) => void) => ClientRequest,
  onSent: () => void,
): ReturnType<Fetch> {
  return new Promise((resolve, reject) => {
    const outgoing = open((incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const { statusCode: status = 502, headers } = incoming
        resolve(createFetchResponse({ status, headers, bytes: Buffer.concat(chunks) }))
      })
    })
    outgoing.on('error', reject)
    const tell = (): void => {
      outgoing.off('finish', tell).off('close', tell)
      onSent()
    }
    outgoing.on('finish', tell).on('close', tell)
    if (body !== undefined) outgoing.setHeader('content-length', Buffer.byteLength(body))
    outgoing.end(body)
  })
}
