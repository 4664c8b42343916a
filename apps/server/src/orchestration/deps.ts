import type { AppContext } from '../app-context.ts'

/** What orchestration needs of the server around it. */
export type OrchestrationDeps = Pick<AppContext, 'store' | 'notifications' | 'timings' | 'logger' | 'clock'>
