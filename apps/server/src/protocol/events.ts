import { AppError, limits } from '@sluice/base'
import { type AttemptEvent, protocolEndpoints } from '@sluice/contract'
import {
  type AttemptFacts,
  inTransaction,
  lockAttempt,
  type Queryable,
  readInstance,
  recordEvents,
  touchAttempt,
} from '@sluice/store'
import type { FastifyRequest } from 'fastify'
import type { App } from '../app-context.ts'
import { HttpError } from '../http/http-error.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { applyPlacementEvent } from './apply-placement-events.ts'
import { applyRunnerEvents } from './apply-runner-events.ts'
import { type AttemptPeer, authenticateAttempt, checkHolder } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'
import { fenced } from './protocol-errors.ts'

/** 500 events with a long message each, and their JSON. */
const bodyBytesMax = 16 * 1024 * 1024

/** Facts that runners and delegates report: each is stored once, with all that follows from it, in one transaction. */
export function registerEvents(app: App, context: ProtocolContext): void {
  const authenticate = (request: FastifyRequest): Promise<AttemptPeer> => authenticateAttempt(context, request)
  const { store, timings, clock, logger } = context

  registerEndpoint(
    app,
    protocolEndpoints.events,
    async ({ params: { attemptId }, body, caller }) => {
      for (const { event } of body.events) checkEvent(body.source, event)
      const { late, lastSeq, attempt } = await inTransaction(store.pool, async (connection) => {
        const attempt = await lockTaskAndAttempt(connection, attemptId)
        checkHolder(attempt, caller, attemptId)
        await checkSource(context, caller, body.source, attempt)
        if (attempt.epoch !== body.epoch) throw fenced(attempt)
        const late = attempt.fence > attempt.epoch
        const { source, bootId } = body
        const recorded = await recordEvents(connection, { attemptId, source, bootId, events: body.events, late })
        if (recorded.outcome === 'conflict') throw conflict(recorded.seq)
        if (recorded.outcome === 'gap') throw gap(recorded.lastSeq)
        if (!late) {
          const fresh = new Set(recorded.fresh)
          const events = uniqueBySeq(body.events).filter(({ seq }) => fresh.has(seq))
          const at = clock.now()
          if (source === 'delegate')
            for (const { event } of events)
              await applyPlacementEvent(connection, attempt, event, { at, leaseMs: timings.leaseMs })
          else
            await applyRunnerEvents(
              connection,
              attempt,
              events.map(({ event }) => event),
              at,
            )
        }
        // What was stored while the attempt counted is only repeated.
        return { late: late && recorded.fresh.length > 0, lastSeq: recorded.lastSeq, attempt }
      })
      if (late) {
        logger.warn(
          { attemptId, source: body.source },
          'a report came after a newer attempt had taken over; it was kept as evidence',
        )
        throw fenced(attempt)
      }
      if (caller.kind === 'runner') await touchAttempt(store.pool, attemptId, timings.leaseMs)
      return { lastSeq }
    },
    {
      authenticate,
      bodyBytesMax,
    },
  )
}

/** The rows in the order in which everybody takes them: the task, then its attempt. */
export async function lockTaskAndAttempt(connection: Queryable, attemptId: string): Promise<AttemptFacts | undefined> {
  await connection.query({
    name: 'lock-task-of-attempt',
    text: 'select 1 from tasks where id = (select task_id from attempts where id = $1) for update',
    values: [attemptId],
  })
  return lockAttempt(connection, attemptId)
}

/**
 * Runners report with the attempt token, delegates with their access token. A revoked delegate has none any more, but still owes word of the
 * attempts that it holds: of these it reports with the attempt's token, which it was given with the task.
 */
async function checkSource(
  context: ProtocolContext,
  caller: AttemptPeer,
  source: 'runner' | 'delegate',
  attempt: AttemptFacts,
): Promise<void> {
  if (caller.kind === source) return
  if (source === 'delegate' && attempt.instanceId !== null) {
    const holder = await readInstance(context.store.pool, attempt.instanceId)
    if (holder?.revoked === true) return
  }
  throw new AppError('forbidden', 'EVENT_SOURCE_FORBIDDEN', `A ${caller.kind} must not report as "${source}".`, {
    hint: 'Runners report with the attempt token, delegates with their access token.',
  })
}

/** Only the runner states what came of steps; only the delegate states what came of the placement. */
function checkEvent(source: 'runner' | 'delegate', event: AttemptEvent): void {
  if (event.type.startsWith('attempt.') !== (source === 'delegate')) {
    throw new AppError('forbidden', 'EVENT_SOURCE_FORBIDDEN', `"${event.type}" is not for a ${source} to report.`)
  }
  if (event.type === 'step.finished' && JSON.stringify(event.outputs ?? {}).length > limits.outputBytesMax) {
    throw new AppError(
      'limitExceeded',
      'OUTPUTS_TOO_LARGE',
      `The outputs of a step are larger than ${String(limits.outputBytesMax)} bytes.`,
      {
        hint: 'Nothing of this request was stored. Report the step again with smaller outputs.',
      },
    )
  }
}

function uniqueBySeq<Entry extends { readonly seq: number }>(events: readonly Entry[]): Entry[] {
  return [...new Map(events.map((entry) => [entry.seq, entry])).values()].toSorted((left, right) => left.seq - right.seq)
}

function conflict(seq: number): AppError {
  return new HttpError(
    422,
    'conflict',
    'EVENT_CONFLICT',
    `Another event was reported with the sequence number ${String(seq)} before.`,
    {
      hint: 'A sequence number belongs to one event for ever; a process that starts anew takes a new boot id.',
      details: { seq },
    },
  )
}

function gap(lastSeq: number): AppError {
  return new AppError('conflict', 'EVENT_GAP', `The events begin after a gap; the last one stored is ${String(lastSeq)}.`, {
    hint: `Send them again from ${String(lastSeq + 1)} on.`,
    details: { lastSeq },
  })
}
