import type { Clock, Logger, Timings } from '@sluice/base'
import type { Notifications, Store } from '@sluice/store'
import type { FastifyInstance } from 'fastify'
import type { Authenticator } from './access/authenticate.ts'
import type { ServerConfig } from './config.ts'
import type { InstanceMemory } from './protocol/instance-memory.ts'

/** What every handler may use. One per server process. */
export interface AppContext {
  readonly config: ServerConfig
  readonly store: Store
  readonly notifications: Notifications
  readonly instances: InstanceMemory
  readonly logger: Logger
  readonly clock: Clock
  readonly timings: Timings
  /** Of this build. */
  readonly version: string
  readonly authenticator: Authenticator
  /** Aborted when the server begins to stop: long polls answer, event streams end. */
  readonly stopping: AbortSignal
  /** Tests: an answer that its endpoint's schema does not allow is an internal error. */
  readonly checkReplies: boolean
}

/** The HTTP application with its context: what `registerEndpoint` hangs calls onto. */
export interface App {
  readonly fastify: FastifyInstance
  readonly context: AppContext
}
