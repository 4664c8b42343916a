import { AppError } from '@sluice/base'
import { protocolEndpoints } from '@sluice/contract'
import { clearCleanups, deregisterInstance, inTransaction, renewLeases } from '@sluice/store'
import type { App } from '../app-context.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { authenticateDelegate } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'

/** What a delegate says about itself: heartbeat, deregister. */
export function registerPresence(app: App, context: ProtocolContext): void {
  const { store, timings, logger } = context
  const options = {
    authenticate: (request: Parameters<typeof authenticateDelegate>[1]) => authenticateDelegate(context, request),
  }

  registerEndpoint(
    app,
    protocolEndpoints.heartbeat,
    async ({ body, caller }) => {
      const { instanceId } = caller
      if (body.free < 0) throw new AppError('invalid', 'FREE_NEGATIVE', '"free" must not be negative.')
      const { bootId, free, draining, version } = body
      await context.instances.see({ instanceId, bootId, free, draining, version })
      const renewal = { instanceId, bootId, entries: body.attempts, leaseMs: timings.leaseMs }
      const verdicts =
        body.attempts.length === 0 ? [] : await inTransaction(store.pool, (connection) => renewLeases(connection, renewal))
      await clearCleanups(store.pool, {
        instanceId,
        stillListed: body.attempts.map((attempt) => attempt.attemptId),
        afterMs: timings.leaseMs,
      })
      return {
        heartbeatMs: timings.heartbeatMs,
        drain: caller.drain,
        attempts: verdicts.map(({ attemptId, live, cancelMode, permitOpen }) => ({
          attemptId,
          verdict: live ? ('ok' as const) : ('fenced' as const),
          leaseMs: live ? timings.leaseMs : 0,
          permitOpen,
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
      context.instances.forget(caller.instanceId)
      logger.info({ instanceId: caller.instanceId, delegate: caller.delegateName }, 'a delegate instance said good-bye')
      return {}
    },
    options,
  )
}
