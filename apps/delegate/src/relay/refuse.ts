import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorKind } from '@sluice/base'

export interface Refusal {
  readonly status: 400 | 403 | 404 | 409 | 410 | 413 | 503
  readonly kind: ErrorKind
  readonly code: string
  readonly message: string
}

/** Answers with an error in the protocol's shape; 503 asks to come back in a second. */
export function refuse(response: ServerResponse, { status, kind, code, message }: Refusal): void {
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

/** Reads what is left of a refused body and drops it, so that its sender sees the answer; a sender that goes on and on is cut off. */
export function dropRest(request: IncomingMessage, bytesMax: number): void {
  if (request.readableEnded || request.destroyed) return
  let count = 0
  request.on('data', (chunk: Buffer) => {
    count += chunk.length
    if (count > bytesMax) request.destroy()
  })
  // A pipe that broke has paused it.
  request.resume()
}
