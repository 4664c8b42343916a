import { createPublicKey, verify } from 'node:crypto'
import { AppError } from '@sluice/base'
import { proofText, protocolEndpoints } from '@sluice/contract'
import {
  createNonce,
  enrolInstance,
  type EnrolAnswer,
  hashToken,
  inTransaction,
  isEnrolRace,
  readInstance,
  storeInstanceVersion,
  takeNonce,
  writeAudit,
} from '@sluice/store'
import type { App } from '../app-context.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { revoked, unknownInstance } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'
import { negotiateProtocol } from './protocol-errors.ts'

/** The calls by which an instance becomes known: nonce, enrolment, access token. */
export function registerEnrolment(app: App, context: ProtocolContext): void {
  const authenticate = async (request: { ip: string }): Promise<undefined> => {
    context.publicLimit.take(request.ip)
    return undefined
  }

  registerEndpoint(
    app,
    protocolEndpoints.nonce,
    async () => {
      const expiresInMs = context.timings.accessTokenMs
      return { nonce: await createNonce(context.store.pool, expiresInMs), expiresInMs }
    },
    { authenticate },
  )

  registerEndpoint(
    app,
    protocolEndpoints.enroll,
    async ({ body }) => {
      const protocol = negotiateProtocol(body.protocol)
      checkSealKey(body.sealPublicKey)
      checkProof(body.authPublicKey, proofText('enroll', body.authPublicKey, body.nonce), body.proof)
      await useNonce(context, body.nonce)
      const answer = await enrol(context, {
        tokenHash: hashToken(body.token),
        name: body.name,
        tags: body.tags,
        instanceName: body.instanceName,
        authPublicKey: body.authPublicKey,
        sealPublicKey: body.sealPublicKey,
        version: body.version,
        protocol,
      })
      const { delegateId, instanceId, approved } = answer
      return { delegateId, instanceId, protocol, approved }
    },
    { authenticate },
  )

  registerEndpoint(
    app,
    protocolEndpoints.token,
    async ({ body }) => {
      const protocol = negotiateProtocol(body.protocol)
      const instance = await readInstance(context.store.pool, body.instanceId)
      if (instance === undefined) throw unknownInstance()
      checkProof(instance.authPublicKey, proofText('token', body.instanceId, body.nonce), body.signature)
      await useNonce(context, body.nonce)
      if (instance.revoked) throw revoked(instance.delegateName)
      await storeInstanceVersion(context.store.pool, body.instanceId, { version: body.version, protocol })
      const expiresInMs = context.timings.accessTokenMs
      return { accessToken: await context.tokens.signAccess(body.instanceId, expiresInMs), expiresInMs, protocol }
    },
    { authenticate },
  )
}

async function enrol(
  context: ProtocolContext,
  input: Parameters<typeof enrolInstance>[1],
): Promise<EnrolAnswer & { outcome: 'enrolled' }> {
  const once = (): Promise<EnrolAnswer & { outcome: 'enrolled' }> =>
    inTransaction(context.store.pool, async (connection) => {
      const answer = await enrolInstance(connection, input)
      // Thrown inside, so that a refused enrolment does not use its token up.
      if (answer.outcome !== 'enrolled') throw refuse(answer.outcome, input.name)
      return answer
    })
  const answer = await once().catch((error: unknown) => {
    if (isEnrolRace(error)) return once()
    throw error
  })
  if (answer.fresh) {
    context.logger.info(
      { delegate: input.name, delegateId: answer.delegateId, instanceId: answer.instanceId },
      'a delegate enrolled',
    )
    await writeAudit(context.store.db, {
      actor: `delegate:${input.name}`,
      action: 'delegate.enrol',
      subject: `delegate:${answer.delegateId}`,
      details: { instanceId: answer.instanceId, approved: answer.approved },
    })
  }
  return answer
}

function refuse(outcome: Exclude<EnrolAnswer['outcome'], 'enrolled'>, name: string): AppError {
  if (outcome === 'revoked') return revoked(name)
  if (outcome === 'nameTaken') {
    return new AppError('conflict', 'DELEGATE_NAME_TAKEN', `There is a delegate "${name}" with another sealing key already.`, {
      hint: 'Choose another name, give this replica the same key, or remove the old delegate first.',
    })
  }
  return new AppError('unauthenticated', 'ENROLMENT_TOKEN_INVALID', 'The enrolment token is not known, used up or too old.', {
    hint: 'Make a new one with `sluice delegate token`.',
  })
}

async function useNonce(context: ProtocolContext, nonce: string): Promise<void> {
  if (await takeNonce(context.store.pool, nonce)) return
  throw new AppError('unauthenticated', 'NONCE_INVALID', 'The nonce is not known, too old or was used before.', {
    hint: 'Ask for a new one: POST /api/delegate/v1/nonce.',
  })
}

function checkSealKey(publicKey: string): void {
  if (decodeKey(publicKey) === undefined) throw keyInvalid('sealPublicKey', 'X25519')
}

/** Throws unless `signature` is the Ed25519 signature (RFC 8032) of `text` by the owner of `publicKey`. */
function checkProof(publicKey: string, text: string, signature: string): void {
  const raw = decodeKey(publicKey)
  if (raw === undefined) throw keyInvalid('authPublicKey', 'Ed25519')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  if (verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))) return
  throw new AppError('unauthenticated', 'PROOF_INVALID', 'The signature does not prove possession of the private key.', {
    hint: "Sign the protocol's proof text, with a fresh nonce, with the instance's Ed25519 key.",
  })
}

function decodeKey(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return text.length === 43 && bytes.length === 32 && bytes.toString('base64url') === text ? bytes : undefined
}

function keyInvalid(field: string, algorithm: string): AppError {
  return new AppError('invalid', 'KEY_INVALID', `"${field}" is not an ${algorithm} public key.`, {
    hint: 'Send the raw 32 bytes as base64url without padding.',
  })
}
