import { protocolEndpoints, protocolVersions, type TaskSpec } from '@sluice/contract'
import { acceptAttempts, type AcceptInput, declineAttempt, inTransaction, readAccepted, readAttempt } from '@sluice/store'
import type { App } from '../app-context.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { batchCalls } from './batch-calls.ts'
import { authenticateDelegate, checkHolder } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'
import { fenced } from './protocol-errors.ts'

/** What a delegate says about offers: accept, decline. */
export function registerOfferAnswers(app: App, context: ProtocolContext): void {
  const { store, timings, clock, logger } = context
  const options = {
    authenticate: (request: Parameters<typeof authenticateDelegate>[1]) => authenticateDelegate(context, request),
  }

  // The first call of every attempt, and it has to be on disk before it is answered: under load many share that wait.
  const take = batchCalls((inputs: readonly AcceptInput[]) => acceptAttempts(store.pool, inputs))

  registerEndpoint(
    app,
    protocolEndpoints.accept,
    async ({ params: { attemptId }, body, caller }) => {
      const input: AcceptInput = {
        attemptId,
        instanceId: caller.instanceId,
        epoch: body.epoch,
        bootId: body.bootId,
        leaseMs: timings.leaseMs,
        at: clock.now(),
      }
      const accepted = (await take(input)) ?? (await readAccepted(store.pool, input))
      if (accepted === undefined) {
        const attempt = await readAttempt(store.pool, attemptId)
        checkHolder(attempt, { kind: 'delegate', instance: caller }, attemptId)
        throw fenced(attempt)
      }
      context.instances.noteAnswer(caller.instanceId, attemptId)
      // The stored plan has everything but the ids that only a placement gives it.
      const task = {
        ...(accepted.spec as Omit<TaskSpec, 'attemptId' | 'taskId' | 'epoch' | 'protocol'>),
        protocol: protocolVersions.max,
        attemptId,
        taskId: accepted.taskId,
        epoch: accepted.epoch,
      }
      return { task, attemptToken: await context.tokens.signAttempt(attemptId), leaseMs: timings.leaseMs }
    },
    options,
  )

  registerEndpoint(
    app,
    protocolEndpoints.decline,
    async ({ params: { attemptId }, body, caller }) => {
      const { code, message } = body.reason
      const declined = await inTransaction(store.pool, (connection) =>
        declineAttempt(connection, {
          attemptId,
          instanceId: caller.instanceId,
          epoch: body.epoch,
          code,
          message,
          declineMs: timings.declineMs,
        }),
      )
      if (!declined) {
        const attempt = await readAttempt(store.pool, attemptId)
        checkHolder(attempt, { kind: 'delegate', instance: caller }, attemptId)
        throw fenced(attempt)
      }
      context.instances.noteAnswer(caller.instanceId, attemptId)
      logger.info({ attemptId, delegate: caller.delegateName, code }, 'a delegate declined an offer')
      return {}
    },
    options,
  )
}
