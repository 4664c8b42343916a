import { AppError } from '@sluice/base'
import { protocolEndpoints, protocolVersions, type TaskSpec } from '@sluice/contract'
import {
  acceptAttempt,
  clearCleanups,
  declineAttempt,
  deregisterInstance,
  inTransaction,
  readAttempt,
  renewLeases,
  touchInstance,
} from '@sluice/store'
import type { App } from '../app-context.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { authenticateDelegate, checkHolder } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'
import { fenced } from './protocol-errors.ts'

/** What a delegate says about offers and about itself: accept, decline, heartbeat, deregister. */
export function registerDelegateCalls(app: App, context: ProtocolContext): void {
  const { store, timings, clock, logger } = context
  const options = {
    authenticate: (request: Parameters<typeof authenticateDelegate>[1]) => authenticateDelegate(context, request),
  }

  registerEndpoint(
    app,
    protocolEndpoints.accept,
    async ({ params: { attemptId }, body, caller }) => {
      const accepted = await acceptAttempt(store.pool, {
        attemptId,
        instanceId: caller.instanceId,
        epoch: body.epoch,
        bootId: body.bootId,
        leaseMs: timings.leaseMs,
        at: clock.now(),
      })
      if (accepted === undefined) {
        const attempt = await readAttempt(store.pool, attemptId)
        checkHolder(attempt, { kind: 'delegate', instance: caller }, attemptId)
        throw fenced(attempt)
      }
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
      logger.info({ attemptId, delegate: caller.delegateName, code }, 'a delegate declined an offer')
      return {}
    },
    options,
  )

  registerEndpoint(
    app,
    protocolEndpoints.heartbeat,
    async ({ body, caller }) => {
      const { instanceId } = caller
      if (body.free < 0) throw new AppError('invalid', 'FREE_NEGATIVE', '"free" must not be negative.')
      await touchInstance(store.pool, instanceId, body)
      const verdicts = await inTransaction(store.pool, (connection) =>
        renewLeases(connection, { instanceId, bootId: body.bootId, entries: body.attempts, leaseMs: timings.leaseMs }),
      )
      await clearCleanups(store.pool, {
        instanceId,
        stillListed: body.attempts.map((attempt) => attempt.attemptId),
        afterMs: timings.leaseMs,
      })
      return {
        heartbeatMs: timings.heartbeatMs,
        drain: caller.drain,
        attempts: verdicts.map(({ attemptId, live, cancelMode }) => ({
          attemptId,
          verdict: live ? ('ok' as const) : ('fenced' as const),
          leaseMs: live ? timings.leaseMs : 0,
          ...(cancelMode === null || !live ? {} : { cancel: cancelMode }),
        })),
      }
    },
    options,
  )

  registerEndpoint(
    app,
    protocolEndpoints.deregister,
    async ({ body, caller }) => {
      await deregisterInstance(store.pool, caller.instanceId, body.bootId)
      logger.info({ instanceId: caller.instanceId, delegate: caller.delegateName }, 'a delegate instance said good-bye')
      return {}
    },
    options,
  )
}
