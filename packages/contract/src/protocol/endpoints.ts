import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { attemptEndpoints } from './attempt-endpoints.ts'
import * as delegate from './delegate.ts'
import { emptyReply } from './runner.ts'

const base = '/api/delegate/v1'
const attempt = z.object({ attemptId: z.string() })

/**
 * The protocol between control plane, delegates and runners: who calls what. Calls marked `delegate` carry a delegate's access token,
 * those marked `attempt` an attempt token (a delegate's access token works there too, for the attempts it holds). Every mutation
 * carries its epoch; zero rows changed is 409 `ATTEMPT_FENCED`. 426 `PROTOCOL_TOO_OLD` says which side to upgrade. 429 and 503 carry
 * `Retry-After`.
 */
export const protocolEndpoints = {
  nonce: endpoint('delegate.nonce', {
    method: 'POST',
    path: `${base}/nonce`,
    access: 'public',
    summary: 'A nonce to sign.',
    reply: delegate.nonceReply,
  }),
  enroll: endpoint('delegate.enroll', {
    method: 'POST',
    path: `${base}/enroll`,
    access: 'public',
    summary: 'Trade an enrolment token for an identity. Idempotent by authPublicKey.',
    body: delegate.enrollRequest,
    reply: delegate.enrollReply,
  }),
  token: endpoint('delegate.token', {
    method: 'POST',
    path: `${base}/token`,
    access: 'public',
    summary: 'A short access token for a signed nonce. 401 DELEGATE_REVOKED when the delegate was revoked.',
    body: delegate.tokenRequest,
    reply: delegate.tokenReply,
  }),
  poll: endpoint('delegate.poll', {
    method: 'POST',
    path: `${base}/poll`,
    access: 'delegate',
    summary: 'Wait for commands.',
    body: delegate.pollRequest,
    reply: delegate.pollReply,
  }),
  heartbeat: endpoint('delegate.heartbeat', {
    method: 'POST',
    path: `${base}/heartbeat`,
    access: 'delegate',
    summary: 'Say that this instance and its attempts live.',
    body: delegate.heartbeatRequest,
    reply: delegate.heartbeatReply,
  }),
  deregister: endpoint('delegate.deregister', {
    method: 'POST',
    path: `${base}/deregister`,
    access: 'delegate',
    summary: 'This instance ends in good order.',
    body: z.object({ bootId: z.string() }),
    reply: emptyReply,
  }),
  accept: endpoint('delegate.accept', {
    method: 'POST',
    path: `${base}/attempts/{attemptId}/accept`,
    access: 'delegate',
    summary: 'Take an offered attempt.',
    params: attempt,
    body: delegate.acceptRequest,
    reply: delegate.acceptReply,
  }),
  decline: endpoint('delegate.decline', {
    method: 'POST',
    path: `${base}/attempts/{attemptId}/decline`,
    access: 'delegate',
    summary: 'Refuse an offered attempt, with the reason.',
    params: attempt,
    body: delegate.declineRequest,
    reply: emptyReply,
  }),
  ...attemptEndpoints,
} as const
