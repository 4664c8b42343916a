import { isDatabaseUnavailable, listDueExecutions, msUntilNextDue } from '@sluice/store'
import { advanceExecution } from './advance-execution.ts'
import type { OrchestrationDeps } from './deps.ts'

/** Advances executions whose inbox has something due: at once when told, by the clock for timers, and by looking now and then. */
export interface AdvanceLoop {
  start(): void
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

/** Executions advanced at the same time by one process. */
const workersMax = 4
const dueMax = 200

export function createAdvanceLoop(deps: OrchestrationDeps): AdvanceLoop {
  const { store, notifications, timings, logger } = deps
  const waiting = new Set<string>()
  const active = new Map<string, Promise<void>>()
  let stopped = true
  let unsubscribe: () => void = () => {}
  let timer: NodeJS.Timeout | undefined
  let timerAt = Number.POSITIVE_INFINITY
  let looking: Promise<void> | undefined

  const enqueue = (executionId: string): void => {
    if (stopped) return
    waiting.add(executionId)
    fill()
  }

  const fill = (): void => {
    for (const executionId of waiting) {
      if (active.size >= workersMax) return
      // One that is at work here looks again before it ends, unless it is past that look: then it stays in the set.
      if (active.has(executionId)) continue
      waiting.delete(executionId)
      const work = run(executionId).finally(() => {
        active.delete(executionId)
        fill()
      })
      active.set(executionId, work)
    }
  }

  const run = async (executionId: string): Promise<void> => {
    try {
      const { nextTimerMs } = await advanceExecution(deps, executionId)
      if (Number.isFinite(nextTimerMs)) wakeIn(nextTimerMs)
    } catch (error) {
      const facts = { executionId, error: error instanceof Error ? error.message : String(error) }
      if (isDatabaseUnavailable(error)) logger.warn(facts, 'the database is away; the execution is advanced later')
      else logger.error({ ...facts, error }, 'advancing an execution failed')
    }
  }

  /** Looks for what is due, and sleeps until the next timer or the next regular look. */
  const look = async (): Promise<void> => {
    timerAt = Number.POSITIVE_INFINITY
    let nextMs: number = timings.sweepEveryMs
    try {
      const due = await listDueExecutions(store.pool, dueMax)
      for (const executionId of due) enqueue(executionId)
      nextMs = due.length >= dueMax ? 50 : Math.min(nextMs, (await msUntilNextDue(store.pool)) ?? nextMs)
    } catch (error) {
      if (!isDatabaseUnavailable(error)) logger.error({ error }, 'looking for due events failed')
    }
    wakeIn(nextMs)
  }

  const wakeIn = (ms: number): void => {
    // A little late rather than a little early, when there would be nothing due yet.
    const delayMs = Math.max(1, Math.min(ms, timings.sweepEveryMs) + 1)
    const at = performance.now() + delayMs
    if (stopped || at >= timerAt) return
    clearTimeout(timer)
    timerAt = at
    timer = setTimeout(() => {
      looking = look()
    }, delayMs)
  }

  return {
    start() {
      stopped = false
      unsubscribe = notifications.subscribe('sluice_execution', undefined, (payload) => {
        if (payload === undefined) wakeIn(1)
        else if (payload.startsWith('inbox:')) enqueue(payload.slice('inbox:'.length))
      })
      looking = look()
    },
    async stop() {
      stopped = true
      unsubscribe()
      clearTimeout(timer)
      waiting.clear()
      await looking
      await Promise.all(active.values())
    },
  }
}
