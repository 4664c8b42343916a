import type { App } from '../app-context.ts'
import { registerOfferAnswers } from './accept.ts'
import { registerComplete } from './complete.ts'
import { createDispatcher } from './dispatcher.ts'
import { registerEnrolment } from './enrol.ts'
import { registerEvents } from './events.ts'
import { registerLogs } from './logs.ts'
import { registerRunnerWaits } from './next.ts'
import { registerPermit } from './permit.ts'
import { registerPoll } from './poll.ts'
import { registerPresence } from './presence.ts'
import type { ProtocolContext } from './protocol-context.ts'
import { createRateLimiter } from './rate-limit.ts'
import { createRecentDeliveries } from './recent-deliveries.ts'
import { createProtocolTokens } from './tokens.ts'

/**
 * Serves the calls of delegates and runners (docs/protocol.md). Waiting polls are woken through the context's notifications, which its
 * owner starts; everything ends with the context's `stopping` signal.
 */
export function registerProtocol(app: App): void {
  const { context } = app
  const { store, notifications, instances, timings, logger, clock, stopping } = context
  const dispatcher = createDispatcher({ store, notifications, instances, timings, logger, clock })
  const protocol: ProtocolContext = {
    ...context,
    dispatcher,
    tokens: createProtocolTokens(store, clock),
    // A busy runner makes a few dozen calls a second, a whole fleet behind one address comes back within a minute.
    peerLimit: createRateLimiter({ clock, perSecond: 200, burst: 1000 }),
    publicLimit: createRateLimiter({ clock, perSecond: 100, burst: 3000 }),
    deliveries: createRecentDeliveries(clock),
  }
  registerEnrolment(app, protocol)
  registerPoll(app, protocol)
  registerOfferAnswers(app, protocol)
  registerPresence(app, protocol)
  registerRunnerWaits(app, protocol)
  registerEvents(app, protocol)
  registerPermit(app, protocol)
  registerLogs(app, protocol)
  registerComplete(app, protocol)
  dispatcher.start()
  instances.start()
  const stop = (): void => {
    dispatcher.stop()
    instances.stop()
  }
  stopping.addEventListener('abort', stop, { once: true })
}
