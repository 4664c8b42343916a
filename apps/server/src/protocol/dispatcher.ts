import { type Clock, createId, type Logger, type Timings } from '@sluice/base'
import {
  type ClaimedTask,
  type ClaimSlot,
  claimTasks,
  type ConnectedInstance,
  fits,
  isDatabaseUnavailable,
  listContestedKeys,
  listQueuedKeys,
  type Notifications,
  orderKeys,
  readFit,
  type Store,
  type TaskFit,
} from '@sluice/store'

/** A poll that waits for work. */
export interface Waiter {
  readonly instance: ConnectedInstance
  /** How many more attempts it takes. */
  free: number
  /** Called once, with at least one offer; the waiter is gone then. */
  readonly deliver: (offers: readonly ClaimedTask[]) => void
}

/**
 * Brings queued tasks and waiting polls of this process together. A new task wakes this one place and not every poll; it claims for the
 * poll that fits best, several tasks in one statement when several wait. What it remembers are hints: the queue is in the database, and
 * other servers claim from it too.
 */
export interface Dispatcher {
  start(): void
  stop(): void
  /** Lets a poll wait; returns what ends the wait. */
  add(waiter: Waiter): () => void
}

/** Tasks offered in one statement. */
const batchMax = 100
const fitsKept = 10_000

export function createDispatcher(options: {
  readonly store: Store
  readonly notifications: Notifications
  readonly timings: Timings
  readonly logger: Logger
  readonly clock: Clock
}): Dispatcher {
  const { store, notifications, timings, logger, clock } = options
  const waiters = new Set<Waiter>()
  /** Fit keys that may have queued tasks, with how many to ask for next. */
  const hot = new Map<string, number>()
  /** Fit keys with a task that somebody declined, and until when (monotonic). */
  const contested = new Map<string, number>()
  /** A key is the hash of what it stands for, so this never goes stale. */
  const knownFits = new Map<string, TaskFit>()
  let pumping = false
  let again = false
  let unsubscribe: () => void = () => {}
  let timer: NodeJS.Timeout | undefined

  const wake = (): void => {
    again = true
    if (pumping || waiters.size === 0) return
    pumping = true
    void pump().finally(() => {
      pumping = false
      if (again && waiters.size > 0) wake()
    })
  }

  const pump = async (): Promise<void> => {
    try {
      while (again && waiters.size > 0) {
        again = false
        for (const fitKey of await choose()) await claimFor(fitKey)
      }
    } catch (error) {
      again = false
      if (isDatabaseUnavailable(error)) logger.debug({ error }, 'the database is away; tasks are handed out later')
      else logger.error({ error }, 'handing out tasks failed')
    }
  }

  /** The keys that somebody who waits may take, the most urgent first. */
  const choose = async (): Promise<string[]> => {
    const candidates: string[] = []
    for (const fitKey of hot.keys()) {
      const fit = await fitOf(fitKey)
      if (fit === undefined) hot.delete(fitKey)
      else if ([...waiters].some((waiter) => fits(fit, waiter.instance))) candidates.push(fitKey)
    }
    return candidates.length < 2 ? candidates : orderKeys(store.pool, candidates)
  }

  const fitOf = async (fitKey: string): Promise<TaskFit | undefined> => {
    const known = knownFits.get(fitKey)
    if (known !== undefined) return known
    const fit = await readFit(store.pool, fitKey)
    if (fit === undefined) return undefined
    if (knownFits.size >= fitsKept) knownFits.clear()
    knownFits.set(fitKey, fit)
    return fit
  }

  const claimFor = async (fitKey: string): Promise<void> => {
    const fit = knownFits.get(fitKey)
    if (fit === undefined) return
    const fitting = [...waiters].filter((waiter) => fits(fit, waiter.instance))
    if (fitting.length === 0) return
    const until = contested.get(fitKey)
    if (until !== undefined && until < clock.monotonic()) contested.delete(fitKey)
    if (!contested.has(fitKey)) {
      const places = allocate(fitting, hot.get(fitKey) ?? 1)
      // Taken off before the claim looks, so that a task that comes while it looks puts it back.
      hot.delete(fitKey)
      if ((await claim(fitKey, places)) === places.length) goOn(fitKey, places.length * 2)
      return
    }
    // Somebody refused a task of these: each delegate looks for itself, past what it refused.
    for (const group of Map.groupBy(fitting, (waiter) => waiter.instance.delegateId).values()) {
      const remaining = group.filter((waiter) => waiters.has(waiter))
      const places = allocate(remaining, hot.get(fitKey) ?? 1)
      if (places.length > 0 && (await claim(fitKey, places)) === places.length) goOn(fitKey, places.length * 2)
    }
  }

  const expect = (fitKey: string, count: number): void => {
    hot.set(fitKey, Math.min(batchMax, (hot.get(fitKey) ?? 0) + count))
  }
  const goOn = (fitKey: string, count: number): void => {
    expect(fitKey, count)
    again = true
  }

  const claim = async (fitKey: string, places: readonly Waiter[]): Promise<number> => {
    if (places.length === 0) return 0
    const slots = places.map(({ instance }): ClaimSlot => ({
      attemptId: createId('att'),
      instanceId: instance.instanceId,
      delegateId: instance.delegateId,
      delegateName: instance.delegateName,
    }))
    const claimed = await claimTasks(store.pool, { fitKey, slots, offerMs: timings.offerMs })
    const waiterOf = new Map(slots.map((slot, index) => [slot.attemptId, places[index]]))
    const offers = Map.groupBy(claimed, (task) => waiterOf.get(task.attemptId))
    for (const [waiter, tasks] of offers) {
      // One that left meanwhile gets its offers again with its next poll, or they run out.
      if (waiter !== undefined && waiters.delete(waiter)) waiter.deliver(tasks)
    }
    return claimed.length
  }

  const refresh = async (): Promise<void> => {
    const [queued, declined] = [await listQueuedKeys(store.pool), await listContestedKeys(store.pool)]
    for (const fitKey of queued) if (!hot.has(fitKey)) expect(fitKey, 4)
    for (const fitKey of declined) contested.set(fitKey, clock.monotonic() + timings.declineMs)
    if (hot.size > 0) wake()
  }
  const refreshQuietly = (): void => {
    refresh().catch((error: unknown) => {
      if (!isDatabaseUnavailable(error)) logger.error({ error }, 'looking for queued tasks failed')
    })
  }

  const onNotification = (payload: string | undefined): void => {
    if (payload === undefined) return refreshQuietly()
    if (payload.startsWith('instance:')) return
    const isDeclined = payload.startsWith('declined:')
    const fitKey = isDeclined ? payload.slice('declined:'.length) : payload
    if (isDeclined) contested.set(fitKey, clock.monotonic() + timings.declineMs)
    expect(fitKey, 1)
    wake()
  }

  return {
    start() {
      unsubscribe = notifications.subscribe('sluice_task', undefined, onNotification)
      timer = setInterval(() => {
        if (waiters.size > 0) refreshQuietly()
      }, timings.pollRecheckMs)
      timer.unref()
      refreshQuietly()
    },
    stop() {
      unsubscribe()
      clearInterval(timer)
    },
    add(waiter) {
      waiters.add(waiter)
      if (hot.size > 0) wake()
      return () => waiters.delete(waiter)
    },
  }
}

/** Whose turn it is, place by place: who has most room first, then who waits longest. */
function allocate(waiters: readonly Waiter[], count: number): Waiter[] {
  const room = waiters.map((waiter) => ({ waiter, left: waiter.free }))
  const places: Waiter[] = []
  while (places.length < count) {
    let best: (typeof room)[number] | undefined
    for (const candidate of room) if (candidate.left > 0 && (best === undefined || candidate.left > best.left)) best = candidate
    if (best === undefined) break
    best.left -= 1
    places.push(best.waiter)
  }
  return places
}
