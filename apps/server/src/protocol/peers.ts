import { AppError } from '@sluice/base'
import { type AttemptFacts, type ConnectedInstance, readAttempt } from '@sluice/store'
import type { FastifyRequest } from 'fastify'
import { readBearer } from '../access/authenticate.ts'
import { fenced } from './protocol-errors.ts'
import type { ProtocolContext } from './protocol-context.ts'

/** Who makes a call about an attempt: its runner, or the delegate that holds it. */
export type AttemptPeer =
  | { readonly kind: 'runner'; readonly attemptId: string }
  | { readonly kind: 'delegate'; readonly instance: ConnectedInstance }

/** The delegate instance behind a call. A revocation counts from the next call on: see `InstanceMemory`. */
export async function authenticateDelegate(context: ProtocolContext, request: FastifyRequest): Promise<ConnectedInstance> {
  const token = await verifyBearer(context, request)
  if (token.kind !== 'access') throw unauthenticated('This call needs the access token of a delegate.')
  return findInstance(context, token)
}

/** The runner or delegate behind a call about an attempt. Whether the attempt is theirs is checked with `requireAttempt`. */
export async function authenticateAttempt(context: ProtocolContext, request: FastifyRequest): Promise<AttemptPeer> {
  const token = await verifyBearer(context, request)
  if (token.kind === 'access') return { kind: 'delegate', instance: await findInstance(context, token) }
  const { attemptId } = request.params as { attemptId?: string }
  if (token.attemptId !== attemptId) {
    throw new AppError('forbidden', 'ATTEMPT_TOKEN_SCOPE', 'The token is for another attempt.')
  }
  context.peerLimit.take(attemptId)
  return { kind: 'runner', attemptId }
}

/** The attempt that a call is about, if this peer may speak for it and names its epoch. */
export async function requireAttempt(
  context: ProtocolContext,
  peer: AttemptPeer,
  attemptId: string,
  epoch: number,
): Promise<AttemptFacts> {
  const attempt = await readAttempt(context.store.pool, attemptId)
  checkHolder(attempt, peer, attemptId)
  if (attempt.epoch !== epoch) throw fenced(attempt)
  return attempt
}

/** Throws unless the attempt exists and is this peer's. */
export function checkHolder(
  attempt: AttemptFacts | undefined,
  peer: AttemptPeer,
  attemptId: string,
): asserts attempt is AttemptFacts {
  if (attempt === undefined || (peer.kind === 'delegate' && attempt.instanceId !== peer.instance.instanceId)) {
    throw new AppError('notFound', 'ATTEMPT_NOT_FOUND', `There is no attempt "${attemptId}" of this caller.`)
  }
}

type Verified = NonNullable<Awaited<ReturnType<ProtocolContext['tokens']['verify']>>>

async function verifyBearer(context: ProtocolContext, request: FastifyRequest): Promise<Verified> {
  const bearer = readBearer(request)
  if (bearer === undefined) throw unauthenticated('This call needs a token.')
  const token = await context.tokens.verify(bearer)
  if (token === undefined) throw unauthenticated('The token is not one of this control plane.')
  if (token.kind === 'access' && token.expired) {
    throw new AppError('unauthenticated', 'TOKEN_EXPIRED', 'The access token is over.', {
      hint: 'Ask for a new one: POST /api/delegate/v1/nonce, then /token.',
    })
  }
  return token
}

async function findInstance(context: ProtocolContext, token: Verified & { kind: 'access' }): Promise<ConnectedInstance> {
  context.peerLimit.take(token.instanceId)
  const instance = await context.instances.find(token.instanceId)
  if (instance === undefined) throw unknownInstance()
  if (instance.revoked) throw revoked(instance.delegateName)
  return instance
}

/** The delegate was forgotten by an administrator. */
export function unknownInstance(): AppError {
  return new AppError('unauthenticated', 'DELEGATE_UNKNOWN', 'This instance is not enrolled here (any more).', {
    hint: 'Enrol it again with a new enrolment token.',
  })
}

export function revoked(name: string): AppError {
  return new AppError('unauthenticated', 'DELEGATE_REVOKED', `The delegate "${name}" was revoked.`, {
    hint: 'Running attempts may finish; no new work is given. To use this delegate again, enrol it with a new token.',
  })
}

function unauthenticated(message: string): AppError {
  return new AppError('unauthenticated', 'UNAUTHENTICATED', message, { hint: 'Send "Authorization: Bearer <token>".' })
}
