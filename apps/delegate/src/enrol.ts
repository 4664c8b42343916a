import { AppError, type Logger } from '@sluice/base'
import type { HttpClient } from '@sluice/client'
import { proofText, protocolEndpoints, protocolVersions } from '@sluice/contract'
import type { DelegateConfig } from './config.ts'
import type { Identity } from './identity.ts'
import { type Waiting, insist } from './retry.ts'
import { version } from './version.ts'

export interface EnrolOptions {
  readonly config: Pick<DelegateConfig, 'serverUrl' | 'enrolmentToken' | 'name' | 'tags' | 'instanceName'>
  readonly waiting: Waiting
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Trades the enrolment token for an enrolment, repeating while the server is away; the result is on disk. Throws `AppError`:
 * `ENROLMENT_TOKEN_MISSING`, or what the server refused with.
 */
export async function enrolInstance(client: HttpClient, identity: Identity, options: EnrolOptions): Promise<Identity> {
  const { config, waiting, logger, signal } = options
  const { enrolmentToken: token, name, tags, instanceName } = config
  if (token === undefined) {
    throw new AppError(
      'failedPrecondition',
      'ENROLMENT_TOKEN_MISSING',
      'This delegate has no identity yet and no token to get one.',
      {
        hint: 'Make a token with `sluice delegate token`, and set SLUICE_DELEGATE_TOKEN or SLUICE_DELEGATE_TOKEN_FILE.',
      },
    )
  }
  const { authPublicKey } = identity
  const sealPublicKey = identity.sealKeyPair.publicKey
  const ask = async () => {
    const { nonce } = await client.call(protocolEndpoints.nonce, { signal })
    const proof = identity.sign(proofText('enroll', authPublicKey, nonce))
    const keys = { authPublicKey, sealPublicKey, nonce, proof }
    const body = { token, name, tags: [...tags], instanceName, ...keys, version, protocol: protocolVersions }
    return client.call(protocolEndpoints.enroll, { signal, body })
  }
  const { delegateId, instanceId, approved } = await insist(ask, waiting, signal, (error, failures) => {
    logger.warn({ error, failures }, 'Enrolling failed; trying again.')
  })
  logger.info({ delegateId, instanceId, approved }, 'Enrolled.')
  return identity.enrolled({ delegateId, instanceId, serverUrl: config.serverUrl })
}
