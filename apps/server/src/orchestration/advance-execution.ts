import { backoffMs } from '@sluice/base'
import { advance, type ExecutionEvent, type ExecutionState } from '@sluice/pipeline'
import {
  addExecutionNote,
  awaitExecution,
  deleteEvents,
  hasDueEvents,
  type InboxEvent,
  inTransaction,
  isDatabaseUnavailable,
  lockExecution,
  postponeEvent,
  readDueEvents,
  storeExecution,
} from '@sluice/store'
import type { OrchestrationDeps } from './deps.ts'
import { countSteps, listDbInstances } from './execution-facts.ts'
import { performEffects } from './perform-effects.ts'

/** Events taken in one transaction. */
const batchMax = 25
/** How often an event that fails is tried before it is put aside. */
const triesMax = 5

export interface AdvanceOutcome {
  /** How soon the first timer that was set is due; infinite without one. */
  readonly nextTimerMs: number
}

/**
 * Brings an execution as far as its due events take it. Reading events, the new state, its effects and the events' removal are one
 * transaction under the execution's row lock, so servers take turns and a killed one leaves nothing half done. Returns at once when
 * another server is at it: that one looks again before it goes. With `wait` it takes its turn instead: what was due when it was called
 * is settled when it returns.
 */
export async function advanceExecution(
  deps: OrchestrationDeps,
  executionId: string,
  { wait = false }: { readonly wait?: boolean } = {},
): Promise<AdvanceOutcome> {
  const lock = wait ? awaitExecution : lockExecution
  let nextTimerMs = Number.POSITIVE_INFINITY
  for (;;) {
    const taken: InboxEvent[] = []
    try {
      const outcome = await advanceOnce(deps, executionId, { limit: batchMax, lock }, taken)
      if (outcome === undefined) return { nextTimerMs }
      nextTimerMs = Math.min(nextTimerMs, outcome.nextTimerMs)
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error
      // Alone, each of the others may pass: only the one that fails is put off.
      if (taken.length > 1) nextTimerMs = Math.min(nextTimerMs, await advanceOneByOne(deps, executionId))
      else await putOff(deps, executionId, taken[0], error)
    }
    // Asked without the lock: an event whose server found the lock taken was stored before this look.
    if (!(await hasDueEvents(deps.store.pool, executionId))) return { nextTimerMs }
  }
}

async function advanceOneByOne(deps: OrchestrationDeps, executionId: string): Promise<number> {
  let nextTimerMs = Number.POSITIVE_INFINITY
  for (let count = 0; count < batchMax; count++) {
    const taken: InboxEvent[] = []
    try {
      const outcome = await advanceOnce(deps, executionId, { limit: 1, lock: lockExecution }, taken)
      if (outcome === undefined) break
      nextTimerMs = Math.min(nextTimerMs, outcome.nextTimerMs)
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error
      await putOff(deps, executionId, taken[0], error)
    }
  }
  return nextTimerMs
}

/** One transaction; undefined when there was nothing to do or the execution is taken. */
async function advanceOnce(
  deps: OrchestrationDeps,
  executionId: string,
  { limit, lock }: { readonly limit: number; readonly lock: typeof lockExecution },
  taken: InboxEvent[],
): Promise<AdvanceOutcome | undefined> {
  const { store, clock } = deps
  return inTransaction(store.pool, async (connection) => {
    const execution = await lock(connection, executionId)
    if (execution === undefined) return undefined
    taken.push(...(await readDueEvents(connection, executionId, limit)))
    if (taken.length === 0) return undefined
    let state: ExecutionState = execution.state
    const notes: string[] = []
    let nextTimerMs = Number.POSITIVE_INFINITY
    // Timers that an earlier event of this batch set anew or cleared: what was read of them is stale.
    const renewed = new Set<string>()
    const done: InboxEvent[] = []
    for (const entry of taken) {
      const { event, timerKey } = entry
      if (timerKey !== null && renewed.has(timerKey)) continue
      done.push(entry)
      const result = advance(state, withTime(event, clock.now()))
      state = result.state
      for (const effect of result.effects) if (effect.type === 'setTimer' || effect.type === 'clearTimer') renewed.add(effect.key)
      const outcome = await performEffects({ deps, connection, execution, state }, result.effects)
      notes.push(...outcome.notes)
      nextTimerMs = Math.min(nextTimerMs, outcome.nextTimerMs)
    }
    if (state !== execution.state || notes.length > 0) {
      await storeExecution(connection, {
        id: execution.id,
        version: execution.version,
        state,
        stepCounts: countSteps(state),
        dbInstances: listDbInstances(state),
        notes,
      })
    }
    await deleteEvents(
      connection,
      // A timer that its own event set again stays: it is the same row, due later.
      done.filter(({ timerKey }) => timerKey === null || !renewed.has(timerKey)).map(({ id }) => id),
    )
    return { nextTimerMs }
  })
}

/** A timer's event was written before it was known when it would be due. */
function withTime(event: ExecutionEvent, now: number): ExecutionEvent {
  return (event as ExecutionEvent | null)?.type === 'timer' ? { ...event, at: now } : event
}

async function putOff(
  deps: OrchestrationDeps,
  executionId: string,
  event: InboxEvent | undefined,
  error: unknown,
): Promise<void> {
  // Without an event it failed before one was read: the caller's next look tries again.
  if (event === undefined) throw error
  const { store, timings, logger } = deps
  const message = error instanceof Error ? error.message : String(error)
  const tries = event.tries + 1
  const park = tries >= triesMax
  await postponeEvent(store.pool, {
    id: event.id,
    afterMs: Math.max(timings.retryBaseMs, backoffMs(tries, timings.retryBaseMs, timings.retryMaxMs)),
    park,
    error: message,
  })
  const facts = { executionId, eventId: event.id, event: describeEvent(event), tries, error }
  if (!park) {
    logger.warn(facts, 'an event could not be advanced; it is tried again')
    return
  }
  logger.error(facts, 'an event could not be advanced and was put aside: somebody has to look at it')
  const note = `The event "${describeEvent(event)}" could not be processed and was put aside after ${String(tries)} tries: ${message}`
  await addExecutionNote(store.pool, executionId, note.slice(0, 2000))
}

/** What is stored may be anything but an event: that may be why it fails. */
function describeEvent({ event }: InboxEvent): string {
  return (event as ExecutionEvent | null)?.type ?? 'unknown'
}
