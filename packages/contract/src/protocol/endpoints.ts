import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import * as delegate from './delegate.ts'
import * as runner from './runner.ts'

const base = '/api/delegate/v1'
const attempt = z.object({ attemptId: z.string() })
const attemptStep = z.object({ attemptId: z.string(), stepRunId: z.string() })
const attemptLog = z.object({ attemptId: z.string(), stream: z.string() })

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
    reply: runner.emptyReply,
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
    reply: runner.emptyReply,
  }),
  next: endpoint('attempt.next', {
    method: 'POST',
    path: `${base}/attempts/{attemptId}/next`,
    access: 'attempt',
    summary: 'Wait for step orders and cancels.',
    params: attempt,
    body: runner.nextRequest,
    reply: runner.nextReply,
  }),
  events: endpoint('attempt.events', {
    method: 'POST',
    path: `${base}/attempts/{attemptId}/events`,
    access: 'attempt',
    summary: 'Report facts, idempotent by sequence.',
    params: attempt,
    body: runner.eventsRequest,
    reply: runner.eventsReply,
  }),
  permit: endpoint('attempt.permit', {
    method: 'POST',
    path: `${base}/attempts/{attemptId}/steps/{stepRunId}/permit`,
    access: 'attempt',
    summary: 'Ask to start changing the target: at most one permit per step run, ever.',
    params: attemptStep,
    body: runner.permitRequest,
    reply: runner.permitReply,
  }),
  runnerHeartbeat: endpoint('attempt.heartbeat', {
    method: 'POST',
    path: `${base}/attempts/{attemptId}/heartbeat`,
    access: 'attempt',
    summary: 'The runner lives.',
    params: attempt,
    body: runner.runnerHeartbeatRequest,
    reply: runner.runnerHeartbeatReply,
  }),
  appendLog: endpoint('attempt.appendLog', {
    method: 'PUT',
    path: `${base}/attempts/{attemptId}/logs/{stream}`,
    access: 'attempt',
    kind: 'bytes',
    summary: 'Append log bytes at an offset; 416 with details.nextOffset when the server is elsewhere.',
    params: attemptLog,
    query: z.object({ offset: z.coerce.number().int().min(0), epoch: z.coerce.number().int() }),
    reply: runner.logAppendReply,
  }),
  sealLog: endpoint('attempt.sealLog', {
    method: 'POST',
    path: `${base}/attempts/{attemptId}/logs/{stream}/seal`,
    access: 'attempt',
    summary: 'State the whole log’s length and hash.',
    params: attemptLog,
    body: runner.logSealRequest,
    reply: runner.emptyReply,
  }),
  complete: endpoint('attempt.complete', {
    method: 'POST',
    path: `${base}/attempts/{attemptId}/complete`,
    access: 'attempt',
    summary: 'The runner has ended its work.',
    params: attempt,
    body: runner.completeRequest,
    reply: runner.emptyReply,
  }),
} as const
