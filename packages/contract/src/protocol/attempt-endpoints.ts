import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import * as runner from './runner.ts'

const base = '/api/delegate/v1'
const attempt = z.object({ attemptId: z.string() })
const attemptStep = z.object({ attemptId: z.string(), stepRunId: z.string() })
const attemptLog = z.object({ attemptId: z.string(), stream: z.string() })

/** What a runner calls, or a delegate in its place. Apart from the rest, which a runner would read at each of its many starts. */
export const attemptEndpoints = {
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
