import type { AppContext } from '../app-context.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { RateLimiter } from './rate-limit.ts'
import type { RecentDeliveries } from './recent-deliveries.ts'
import type { ProtocolTokens } from './tokens.ts'

/** What the protocol's handlers share. One per server process. */
export interface ProtocolContext extends AppContext {
  readonly tokens: ProtocolTokens
  readonly dispatcher: Dispatcher
  /** Calls of known instances and attempts. */
  readonly peerLimit: RateLimiter
  /** Calls of anybody, by address. */
  readonly publicLimit: RateLimiter
  readonly deliveries: RecentDeliveries
}
