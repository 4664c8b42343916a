import { createHash, timingSafeEqual } from 'node:crypto'
import { Agent, request, type RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import { AppError } from '@sluice/base'
import type { Fetch } from '@sluice/client'
import { sendRequest } from './send-request.ts'

/**
 * A `fetch` over TLS for a server that is known by its public key alone: `pin` is the base64 SHA-256 of its SubjectPublicKeyInfo, as RFC 7469
 * writes pins. Nothing is sent, the token included, before the key was compared. Rejects with `RELAY_KEY_WRONG`.
 * `onSent`: see `sendRequest`.
 */
export function createPinnedFetch(pin: string, onSent: () => void = () => {}): Fetch {
  const agent = new PinningAgent(pin)
  return (url, init) =>
    sendRequest(
      init,
      (onResponse) =>
        request(
          url,
          { agent, method: init.method, headers: init.headers, ...(init.signal ? { signal: init.signal } : {}) },
          onResponse,
        ),
      onSent,
    )
}

class PinningAgent extends Agent {
  readonly #pin: Buffer

  constructor(pin: string) {
    super({ keepAlive: true, maxSockets: 16 })
    this.#pin = Buffer.from(pin, 'base64')
  }

  /** Hands the connection to Node only once its key was compared. */
  override createConnection(options: RequestOptions, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    const socket = connect({
      host: options.host ?? 'localhost',
      port: Number(options.port ?? 443),
      // The certificate is self-signed and its name says nothing: the key below is what counts.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
    })
    const fail = (error: Error): void => callback?.(error, socket)
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      socket.removeListener('error', fail)
      const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
      const found = key === undefined ? Buffer.alloc(0) : createHash('sha256').update(key).digest()
      if (found.length === this.#pin.length && timingSafeEqual(found, this.#pin)) {
        callback?.(null, socket)
        return
      }
      socket.destroy()
      fail(
        new AppError(
          'unavailable',
          'RELAY_KEY_WRONG',
          'What answers at the relay’s address has another key than the delegate’s relay.',
          {
            hint: 'Something stands between the pod and its delegate, or another delegate has taken over the address.',
          },
        ),
      )
    })
    return undefined
  }
}
