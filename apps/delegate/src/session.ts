import type { AppError, Logger } from '@sluice/base'
import { type CallInput, type HttpClient, HttpCallError, createHttpClient } from '@sluice/client'
import type { Endpoint } from '@sluice/contract'
import type { z } from 'zod'
import type { DelegateConfig } from './config.ts'
import type { Identity } from './identity.ts'
import { createAccessTokens } from './access-tokens.ts'
import { enrolInstance } from './enrol.ts'
import type { Waiting } from './retry.ts'
import type { Upstream } from './upstream.ts'
import { version } from './version.ts'

/** `revoked`: an administrator has turned this delegate off. `incompatible`: one of the two sides is too old for the other. */
export type Standing = 'ok' | 'revoked' | 'incompatible'

/** Calls to the control plane as this delegate. */
export interface Session {
  readonly standing: Standing
  /** Told whenever the standing changes. */
  onStanding: (standing: Standing, error: AppError | undefined) => void
  identity: Identity
  /** One call with a valid access token. Throws `AppError`. */
  call<E extends Endpoint>(endpoint: E, input: CallInput<E>): Promise<z.output<E['reply']>>
  /** The same with an attempt's own token, for what has to be said about it even when this delegate is revoked. */
  callAs<E extends Endpoint>(attemptToken: string, endpoint: E, input: CallInput<E>): Promise<z.output<E['reply']>>
  /** Sends raw bytes with a valid access token. */
  sendBytes<E extends Endpoint>(endpoint: E, input: Omit<CallInput<E>, 'body'>, bytes: Uint8Array): Promise<z.output<E['reply']>>
  /**
   * Enrols if this identity has not yet, repeating while the server is away. Throws `AppError`: `ENROLMENT_TOKEN_MISSING`, or what the
   * server refused with.
   */
  enrol(signal: AbortSignal): Promise<void>
}

export interface SessionOptions {
  readonly config: Pick<DelegateConfig, 'serverUrl' | 'enrolmentToken' | 'name' | 'tags' | 'instanceName' | 'timings'>
  readonly identity: Identity
  readonly upstream: Upstream
  readonly waiting: Waiting
  readonly logger: Logger
}

/** Longest time of a call that is answered at once. */
export function callTimeoutMs(timings: DelegateConfig['timings']): number {
  return Math.max(2_000, timings.leaseMs / 2)
}

export function createSession(options: SessionOptions): Session {
  const { config, upstream, waiting, logger } = options
  const { timings } = waiting
  const client = (token?: () => string): HttpClient =>
    createHttpClient({
      baseUrl: config.serverUrl,
      fetch: upstream.fetch,
      timeoutMs: callTimeoutMs(timings),
      headers: { 'user-agent': `sluice-delegate/${version}` },
      ...(token === undefined ? {} : { token }),
    })
  const anonymous = client()
  const tokens = createAccessTokens(anonymous, waiting.clock)
  let standing: Standing = 'ok'
  let hasEnrolledAgain = false

  const setStanding = (next: Standing, error?: AppError): void => {
    if (next === standing) return
    standing = next
    session.onStanding(next, error)
  }

  const judge = (error: unknown): void => {
    if (!(error instanceof HttpCallError)) return
    if (error.code === 'DELEGATE_REVOKED') {
      tokens.drop()
      setStanding('revoked', error)
    } else if (error.status === 426) setStanding('incompatible', error)
  }

  const withToken = async <T>(act: (authorised: HttpClient) => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      let token: string | undefined
      try {
        token = await tokens.get(session.identity)
        const used = token
        const result = await act(client(() => used))
        setStanding('ok')
        return result
      } catch (error) {
        judge(error)
        const isRefused = error instanceof HttpCallError && error.status === 401 && error.code !== 'DELEGATE_REVOKED'
        if (!isRefused || tries > 1) throw error
        // The server does not know this token (any more): one with a fresh one decides.
        tokens.drop(token)
        if (error.code === 'DELEGATE_UNKNOWN' && !(await enrolAgain())) throw error
      }
    }
  }

  const enrolNow = async (signal: AbortSignal): Promise<void> => {
    session.identity = await enrolInstance(anonymous, session.identity, { config, waiting, logger, signal })
  }

  /** The control plane has forgotten this instance: with a token that is still good it becomes a new one, with the same keys. */
  const enrolAgain = async (): Promise<boolean> => {
    if (config.enrolmentToken === undefined || hasEnrolledAgain) return false
    hasEnrolledAgain = true
    const instanceId = session.identity.enrolment?.instanceId
    logger.warn({ instanceId }, 'The control plane does not know this instance; enrolling again.')
    await enrolNow(AbortSignal.timeout(callTimeoutMs(timings)))
    return true
  }

  const session: Session = {
    get standing() {
      return standing
    },
    onStanding: () => {},
    identity: options.identity,
    call: (endpoint, input) => withToken((authorised) => authorised.call(endpoint, input)),
    callAs: (attemptToken, endpoint, input) => client(() => attemptToken).call(endpoint, input),
    sendBytes: (endpoint, input, bytes) =>
      withToken(async (authorised) => {
        const headers = { 'content-type': 'application/octet-stream' }
        const response = await authorised.raw(endpoint, { ...input, bytes, headers })
        return endpoint.reply.parse(await response.json()) as never
      }),
    async enrol(signal) {
      if (session.identity.enrolment === undefined) await enrolNow(signal)
    },
  }
  return session
}
