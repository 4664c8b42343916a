import { createAdvanceLoop } from './advance-loop.ts'
import { createBackground } from './background.ts'
import type { OrchestrationDeps } from './deps.ts'

/** The part of a server that moves executions on. Any number of servers may run one on one database. */
export interface Orchestrator {
  start(): void
  /** Ends what is under way in good order; nothing is lost if it never gets the time. */
  stop(): Promise<void>
}

/** `deps.notifications` is started by its owner. */
export function createOrchestrator(deps: OrchestrationDeps): Orchestrator {
  const loop = createAdvanceLoop(deps)
  const background = createBackground(deps)
  return {
    start() {
      loop.start()
      background.start()
    },
    async stop() {
      await Promise.all([loop.stop(), background.stop()])
    },
  }
}
