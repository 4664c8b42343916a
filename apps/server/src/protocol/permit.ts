import { AppError } from '@sluice/base'
import { protocolEndpoints } from '@sluice/contract'
import { grantPermit, inTransaction, type PermitAnswer, refusalOf, touchAttempt } from '@sluice/store'
import type { FastifyRequest } from 'fastify'
import type { App } from '../app-context.ts'
import { HttpError } from '../http/http-error.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { type AttemptPeer, authenticateAttempt, requireAttempt } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'
import { fenced } from './protocol-errors.ts'

/** The right to begin changing a target: at most once for a step run, ever, and for one step at a time on a target. */
export function registerPermit(app: App, context: ProtocolContext): void {
  const authenticate = (request: FastifyRequest): Promise<AttemptPeer> => authenticateAttempt(context, request)
  const { store, timings, clock, logger } = context

  registerEndpoint(
    app,
    protocolEndpoints.permit,
    async ({ params: { attemptId, stepRunId }, body, caller }) => {
      if (caller.kind !== 'runner') {
        throw new AppError('forbidden', 'PERMIT_FOR_RUNNER', 'Only the runner of an attempt may ask for a permit.')
      }
      const attempt = await requireAttempt(context, caller, attemptId, body.epoch)
      const answer = await inTransaction(store.pool, (connection) =>
        grantPermit(connection, { ...body, attemptId, stepRunId, at: clock.now() }),
      ).catch((error: unknown) => {
        const refusal = refusalOf(error)
        if (refusal === undefined) throw error
        return refusal
      })
      if (answer.outcome === 'granted') {
        logger.info({ attemptId, stepRunId, permitId: answer.permitId, targetKey: body.targetKey }, 'a permit was granted')
        return { permitId: answer.permitId, fence: answer.fence }
      }
      // A runner that waits for its target is alive.
      if (answer.outcome === 'locked') await touchAttempt(store.pool, attemptId, timings.leaseMs)
      if (answer.outcome === 'fenced') throw fenced(attempt)
      throw refuse(answer, stepRunId, body.targetKey, timings.heartbeatMs)
    },
    { authenticate },
  )
}

function refuse(
  answer: Exclude<PermitAnswer, { outcome: 'granted' }>,
  stepRunId: string,
  targetKey: string,
  retryAfterMs: number,
): AppError {
  switch (answer.outcome) {
    case 'alreadyIssued':
      return new AppError(
        'conflict',
        'PERMIT_ALREADY_ISSUED',
        `The step "${stepRunId}" has had its permit, for another runner.`,
        {
          hint: 'Change nothing: another process may be at it.',
        },
      )
    case 'cancelled':
      return new HttpError(410, 'canceled', 'STEP_CANCELLED', `The step "${stepRunId}" was cancelled; it gets no permit.`)
    case 'targetMismatch':
      return new AppError(
        'invalid',
        'PERMIT_TARGET_MISMATCH',
        `The step "${stepRunId}" was not planned for the target "${targetKey}".`,
        {
          hint: 'Ask with the target key of the task.',
        },
      )
    case 'locked':
      return locked(answer.holder, targetKey, retryAfterMs)
    case 'expired':
    case 'notRunning':
    case 'fenced':
      return new HttpError(
        412,
        'failedPrecondition',
        'STEP_NOT_RUNNING',
        `The step "${stepRunId}" is not running in this attempt.`,
        {
          hint: answer.outcome === 'expired' ? "The attempt's time is over." : 'Report that it has started first.',
        },
      )
  }
}

function locked(
  holder: Extract<PermitAnswer, { outcome: 'locked' }>['holder'],
  targetKey: string,
  retryAfterMs: number,
): AppError {
  const isBlocked = holder?.stepState === 'unknown'
  const who =
    holder === undefined ? 'another step' : `the step "${holder.stepPath}" of the pipeline "${holder.pipelineIdentifier}"`
  const message = isBlocked
    ? `The target "${targetKey}" is blocked: what came of ${who} is not known.`
    : `The target "${targetKey}" is held by ${who}.`
  return new HttpError(423, 'unavailable', 'TARGET_LOCKED', message, {
    hint:
      isBlocked && holder !== undefined
        ? `Look at the database, then: sluice execution resolve ${holder.executionId} ${holder.stepRunId} --as succeeded|failed|not-started --reason …`
        : 'It is free again when that step is over.',
    // Somebody else's step may end at any moment; its end is not announced to who waits, so ask now and then.
    details: { ...(holder === undefined ? {} : { holder }), retryAfterMs: Math.max(1, Math.round(retryAfterMs / 10)) },
    headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 10_000))) },
  })
}
