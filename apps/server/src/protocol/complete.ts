import { createHash } from 'node:crypto'
import { AppError } from '@sluice/base'
import { protocolEndpoints } from '@sluice/contract'
import { completeAttempt, inTransaction, notify } from '@sluice/store'
import type { FastifyRequest } from 'fastify'
import type { App } from '../app-context.ts'
import { HttpError } from '../http/http-error.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { lockTaskAndAttempt } from './events.ts'
import { type AttemptPeer, authenticateAttempt, checkHolder } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'
import { fenced } from './protocol-errors.ts'

/** The runner's last word. */
export function registerComplete(app: App, context: ProtocolContext): void {
  const authenticate = (request: FastifyRequest): Promise<AttemptPeer> => authenticateAttempt(context, request)
  const { store, clock } = context

  registerEndpoint(
    app,
    protocolEndpoints.complete,
    async ({ params: { attemptId }, body, caller }) => {
      if (caller.kind !== 'runner') {
        throw new AppError('forbidden', 'COMPLETE_FOR_RUNNER', 'Only the runner of an attempt may complete it.')
      }
      const steps = body.steps.toSorted((left, right) => (left.stepRunId < right.stepRunId ? -1 : 1))
      const sha = createHash('sha256')
        .update(JSON.stringify([body.bootId, steps]))
        .digest('hex')
      await inTransaction(store.pool, async (connection) => {
        const attempt = await lockTaskAndAttempt(connection, attemptId)
        checkHolder(attempt, caller, attemptId)
        if (attempt.epoch !== body.epoch) throw fenced(attempt)
        // What was said once stays said, and repeating it is answered alike, even when a newer attempt has taken over meanwhile.
        if (attempt.completeSha === sha) return
        if (attempt.completeSha !== null) {
          throw new HttpError(
            422,
            'conflict',
            'COMPLETE_CONFLICT',
            `The attempt "${attemptId}" was completed with other words before.`,
          )
        }
        if (attempt.fence > attempt.epoch) throw fenced(attempt)
        await completeAttempt(connection, attempt, sha, clock.now())
        await notify(connection, 'sluice_execution', attempt.executionId)
      })
      return {}
    },
    { authenticate },
  )
}
