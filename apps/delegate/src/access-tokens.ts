import { AppError, type Clock } from '@sluice/base'
import type { HttpClient } from '@sluice/client'
import { proofText, protocolEndpoints, protocolVersions } from '@sluice/contract'
import type { Identity } from './identity.ts'
import { version } from './version.ts'

/** The short-lived token of an enrolled instance, renewed before it ends. */
export interface AccessTokens {
  /** A token that is still good; asked for at most once at a time. */
  get(identity: Identity): Promise<string>
  /** Forgets the token, or only this one. */
  drop(token?: string): void
}

export function createAccessTokens(client: HttpClient, clock: Clock): AccessTokens {
  let access: { token: string; renewAt: number } | undefined
  let renewal: Promise<string> | undefined

  const ask = async (identity: Identity): Promise<string> => {
    const { enrolment } = identity
    if (enrolment === undefined) throw new AppError('unavailable', 'NOT_ENROLLED', 'This delegate has not enrolled yet.')
    const { instanceId } = enrolment
    const { nonce } = await client.call(protocolEndpoints.nonce, {})
    const signature = identity.sign(proofText('token', instanceId, nonce))
    const body = { instanceId, nonce, signature, version, protocol: protocolVersions }
    const reply = await client.call(protocolEndpoints.token, { body })
    // A fifth of its life before it ends: room for a server that is away for a moment.
    access = { token: reply.accessToken, renewAt: clock.monotonic() + reply.expiresInMs * 0.8 }
    return reply.accessToken
  }

  return {
    get(identity) {
      if (access !== undefined && clock.monotonic() < access.renewAt) return Promise.resolve(access.token)
      renewal ??= ask(identity).finally(() => {
        renewal = undefined
      })
      return renewal
    },
    drop(token) {
      if (token === undefined || access?.token === token) access = undefined
    },
  }
}
