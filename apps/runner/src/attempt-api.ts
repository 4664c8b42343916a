import { AppError, backoffMs, type Clock, type Timings, toAppError } from '@sluice/base'
import { createHttpClient, HttpCallError, type CallInput, type HttpClient } from '@sluice/client'
import type { Endpoint } from '@sluice/contract'
import type { z } from 'zod'
import { createPinnedFetch } from './pinned-fetch.ts'
import { createSocketFetch } from './relay-fetch.ts'

/** The runner's calls, repeated until they are answered: the relay and the server may be away for minutes. */
export interface AttemptApi {
  readonly client: HttpClient
  /** Settles when the first call has left this process, or could not. */
  readonly sent: Promise<void>
  /**
   * Calls until an answer that a repeat cannot change. Every call of the attempt is idempotent, so a lost reply is asked for again.
   * Throws `HttpCallError` for refusals, and the last failure once `signal` aborts.
   */
  insist<E extends Endpoint>(endpoint: E, input: CallInput<E>, signal: AbortSignal): Promise<z.output<E['reply']>>
}

export interface AttemptApiOptions {
  readonly relay: string
  readonly attemptToken: string
  readonly timings: Timings
  readonly clock: Clock
  readonly version: string
  /** The SHA-256 of the relay's public key: a relay over TLS is known by this and nothing else. */
  readonly relayPin?: string | undefined
}

export function createAttemptApi(options: AttemptApiOptions): AttemptApi {
  const { relay, attemptToken, timings, clock } = options
  const socketPath = relay.startsWith('unix:') ? relay.slice('unix:'.length) : undefined
  const { promise: sent, resolve: onSent } = Promise.withResolvers<void>()
  const client = createHttpClient({
    baseUrl: socketPath === undefined ? relay : 'http://relay.invalid',
    token: () => attemptToken,
    headers: { 'user-agent': `sluice-runner/${options.version}` },
    // Scaled with the rest: a half-open connection must not outlast the time for sealing a log.
    timeoutMs: timings.pollHoldMs + timings.retryMaxMs / 2,
    ...(socketPath === undefined ? {} : { fetch: createSocketFetch(socketPath, onSent) }),
    ...(options.relayPin === undefined ? {} : { fetch: createPinnedFetch(options.relayPin, onSent) }),
  })
  if (socketPath === undefined && options.relayPin === undefined) onSent()
  return {
    client,
    sent,
    async insist(endpoint, input, signal) {
      for (let attempt = 0; ; attempt++) {
        try {
          return (await client.call(endpoint, { ...input, signal })) as never
        } catch (error) {
          if (!isWorthRepeating(error) || signal.aborted) throw error
          const asked = error instanceof HttpCallError ? error.retryAfterMs : undefined
          await clock.sleep(
            Math.max(1, Math.min(asked ?? Infinity, backoffMs(attempt, timings.retryBaseMs, timings.retryMaxMs / 6))),
            signal,
          )
        }
      }
    },
  }
}

/**
 * Whether the same call may be answered differently later. 401 and 403 count: mid-attempt they mean a server that is starting or a
 * database that was restored, never that the work should be abandoned.
 */
export function isWorthRepeating(error: unknown): boolean {
  if (error instanceof HttpCallError)
    return error.status === 0 || error.status === 401 || error.status === 403 || error.status === 429 || error.status >= 500
  return toAppError(error).retryable
}

/** Whether the server says that this attempt does not count any more. */
export function isFenced(error: unknown): boolean {
  return error instanceof AppError && error.code === 'ATTEMPT_FENCED'
}
