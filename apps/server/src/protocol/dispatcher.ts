import { type Clock, createId, type Logger, type Timings } from '@sluice/base'
import {
  type ClaimedTask,
  type ClaimSlot,
  claimTasks,
  type ConnectedInstance,
  fits,
  isDatabaseUnavailable,
  type Notifications,
  orderKeys,
  type Store,
} from '@sluice/store'
import type { InstanceMemory } from './instance-memory.ts'
import { QueueHints } from './queue-hints.ts'

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

export function createDispatcher(options: {
  readonly store: Store
  readonly notifications: Notifications
  readonly instances: InstanceMemory
  readonly timings: Timings
  readonly logger: Logger
  readonly clock: Clock
}): Dispatcher {
  const { store, notifications, instances, timings, logger, clock } = options
  const waiters = new Set<Waiter>()
  const hints = new QueueHints(store, timings, clock)
  const room: Room = { store, instances, waiters, hints, offerMs: timings.offerMs }
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
        for (const fitKey of await chooseKeys(room)) if (await claimFor(room, fitKey)) again = true
      }
    } catch (error) {
      again = false
      if (isDatabaseUnavailable(error)) logger.debug({ error }, 'the database is away; tasks are handed out later')
      else logger.error({ error }, 'handing out tasks failed')
    }
  }

  const refresh = (): void => {
    hints.refresh().then(
      () => {
        if (hints.size > 0) wake()
      },
      (error: unknown) => {
        if (!isDatabaseUnavailable(error)) logger.error({ error }, 'looking for queued tasks failed')
      },
    )
  }

  const onNotification = (payload: string | undefined): void => {
    if (payload === undefined) return refresh()
    if (payload.startsWith('instance:')) return
    const isDeclined = payload.startsWith('declined:')
    const fitKey = isDeclined ? payload.slice('declined:'.length) : payload
    if (isDeclined) hints.contest(fitKey)
    hints.expect(fitKey, 1)
    wake()
  }

  return {
    start() {
      unsubscribe = notifications.subscribe('sluice_task', undefined, onNotification)
      timer = setInterval(() => {
        if (waiters.size > 0) refresh()
      }, timings.pollRecheckMs)
      timer.unref()
      refresh()
    },
    stop() {
      unsubscribe()
      clearInterval(timer)
    },
    add(waiter) {
      waiters.add(waiter)
      if (hints.size > 0) wake()
      return () => waiters.delete(waiter)
    },
  }
}

/** Those who wait, and what is known of what they wait for. */
interface Room {
  readonly store: Store
  readonly instances: InstanceMemory
  readonly waiters: Set<Waiter>
  readonly hints: QueueHints
  readonly offerMs: number
}

/** The keys that somebody who waits may take, the most urgent first. */
async function chooseKeys({ store, hints, waiters }: Room): Promise<string[]> {
  const candidates: string[] = []
  for (const fitKey of hints.keys()) {
    const fit = await hints.fitOf(fitKey)
    if (fit === undefined) hints.forget(fitKey)
    else if ([...waiters].some((waiter) => fits(fit, waiter.instance))) candidates.push(fitKey)
  }
  return candidates.length < 2 ? candidates : orderKeys(store.pool, candidates)
}

/** Offers tasks of one key. Whether there may be more of them. */
async function claimFor(room: Room, fitKey: string): Promise<boolean> {
  const { hints, waiters } = room
  const fit = await hints.fitOf(fitKey)
  if (fit === undefined) return false
  const fitting = [...waiters].filter((waiter) => fits(fit, waiter.instance))
  if (!hints.isContested(fitKey)) {
    const places = allocate(fitting, hints.expected(fitKey))
    // Taken off before the claim looks, so that a task that comes while it looks puts it back.
    if (places.length > 0) hints.forget(fitKey)
    return offerTo(room, places, fitKey)
  }
  // Somebody refused a task of these: each delegate looks for itself, past what it refused.
  let isMore = false
  for (const group of Map.groupBy(fitting, (waiter) => waiter.instance.delegateId).values()) {
    const remaining = group.filter((waiter) => waiters.has(waiter))
    if (await offerTo(room, allocate(remaining, hints.expected(fitKey)), fitKey)) isMore = true
  }
  return isMore
}

/** Claims a task for each place, as far as there are any, and delivers them. Whether there may be more: all places found one. */
async function offerTo(room: Room, places: readonly Waiter[], fitKey: string): Promise<boolean> {
  const { store, instances, waiters, hints, offerMs } = room
  if (places.length === 0) return false
  const slots = places.map(({ instance }): ClaimSlot => ({
    attemptId: createId('att'),
    instanceId: instance.instanceId,
    delegateId: instance.delegateId,
    delegateName: instance.delegateName,
  }))
  const claimed = await claimTasks(store.pool, { fitKey, slots, offerMs })
  for (const { instanceId, attemptId } of claimed) instances.noteOffer(instanceId, attemptId)
  const waiterOf = new Map(slots.map((slot, index) => [slot.attemptId, places[index]]))
  for (const [waiter, tasks] of Map.groupBy(claimed, (task) => waiterOf.get(task.attemptId))) {
    // One that left meanwhile gets its offers again with its next poll, or they run out.
    if (waiter !== undefined && waiters.delete(waiter)) waiter.deliver(tasks)
  }
  if (claimed.length < places.length) return false
  hints.expect(fitKey, places.length * 2)
  return true
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
