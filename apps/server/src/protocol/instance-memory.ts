import type { Clock, Timings } from '@sluice/base'
import {
  type ConnectedInstance,
  type InstanceCommand,
  type Notifications,
  readInstanceCommands,
  readInstances,
  type SeenInstance,
  type Store,
  touchInstances,
} from '@sluice/store'
import { batchCalls } from './batch-calls.ts'

/**
 * What this process remembers of the instances that call it, so that a busy delegate does not cost two questions to the database with
 * every call. It forgets at once what a notification, or a call to this process, says has changed; it remembers nothing while
 * notifications do not arrive, and nothing for longer than one `pollRecheckMs`.
 */
export interface InstanceMemory {
  start(): void
  stop(): void
  /** The instance as it is now; undefined when it is not enrolled (any more). */
  find(instanceId: string): Promise<ConnectedInstance | undefined>
  /** Something about the instance or its commands was changed here. */
  forget(instanceId: string): void
  /** Commands that stand for the instance: offers not answered yet, cancels, clean-ups. */
  readCommands(instanceId: string): Promise<readonly InstanceCommand[]>
  /** Stores a sign of life of an instance. */
  see(seen: SeenInstance): Promise<void>
  /** An offer was made to the instance here. */
  noteOffer(instanceId: string, attemptId: string): void
  /** The instance answered an offer here. */
  noteAnswer(instanceId: string, attemptId: string): void
}

/** Instances remembered at once; the ones that were read longest ago are forgotten. */
const entriesMax = 20_000

interface Entry {
  /** `seenAt`: when `quietMs` was true (monotonic, as `readAt`). */
  instance: { readonly value: ConnectedInstance; readonly readAt: number; readonly seenAt: number } | undefined
  /** When the database last said that no command stands (monotonic). */
  noneStoodAt: number
  /** Offers made here that the instance has not answered here. */
  readonly unanswered: Set<string>
}

export function createInstanceMemory(options: {
  readonly store: Store
  readonly notifications: Notifications
  readonly timings: Timings
  readonly clock: Clock
}): InstanceMemory {
  const { store, notifications, timings, clock } = options
  const entries = new Map<string, Entry>()
  // A lost reply's offer is said again after this long at the latest, when another server made it and this one remembers "none stands".
  const noneStandsMs = Math.min(timings.pollRecheckMs, timings.offerMs / 4)
  let unsubscribe: () => void = () => {}
  // With hundreds of instances something of some of them is always due: what comes together is asked and stored together.
  const readOne = batchCalls((ids: readonly string[]) => readInstances(store.pool, ids))
  const readCommandsOfOne = batchCalls((ids: readonly string[]) => readInstanceCommands(store.pool, ids))
  const touchOne = batchCalls(async (seen: readonly SeenInstance[]) => {
    await touchInstances(store.pool, seen)
    return seen
  })

  const entryOf = (instanceId: string): Entry => {
    const known = entries.get(instanceId)
    if (known !== undefined) return known
    const entry: Entry = { instance: undefined, noneStoodAt: Number.NEGATIVE_INFINITY, unanswered: new Set() }
    entries.set(instanceId, entry)
    const oldest = entries.size > entriesMax ? entries.keys().next().value : undefined
    if (oldest !== undefined) entries.delete(oldest)
    return entry
  }
  // An entry that is read while it is forgotten is not in the map any more: what the read finds is not remembered.
  const isCurrent = (instanceId: string, entry: Entry): boolean => notifications.connected && entries.get(instanceId) === entry

  return {
    start() {
      unsubscribe = notifications.subscribe('sluice_task', undefined, (payload) => {
        if (payload === undefined) entries.clear()
        else if (payload.startsWith('instance:')) entries.delete(payload.slice('instance:'.length))
      })
    },
    stop: () => unsubscribe(),
    async find(instanceId) {
      const entry = entryOf(instanceId)
      const now = clock.monotonic()
      const { instance } = entry
      if (instance !== undefined && isCurrent(instanceId, entry) && now - instance.readAt < timings.pollRecheckMs) {
        const { quietMs } = instance.value
        return { ...instance.value, quietMs: quietMs === null ? null : quietMs + (now - instance.seenAt) }
      }
      const value = await readOne(instanceId)
      if (value !== undefined && isCurrent(instanceId, entry)) entry.instance = { value, readAt: now, seenAt: now }
      return value
    },
    forget: (instanceId) => entries.delete(instanceId),
    async readCommands(instanceId) {
      const entry = entryOf(instanceId)
      const now = clock.monotonic()
      if (entry.unanswered.size === 0 && isCurrent(instanceId, entry) && now - entry.noneStoodAt < noneStandsMs) return []
      const unansweredBefore = [...entry.unanswered]
      const commands = await readCommandsOfOne(instanceId)
      if (commands.length === 0) {
        entry.noneStoodAt = now
        // They ran out, or were answered elsewhere.
        for (const attemptId of unansweredBefore) entry.unanswered.delete(attemptId)
      }
      return commands
    },
    async see(seen) {
      const { instanceId, bootId } = seen
      await touchOne(seen)
      const entry = entries.get(instanceId)
      if (entry?.instance === undefined) return
      const { value, readAt } = entry.instance
      entry.instance = { value: { ...value, bootId, quietMs: 0 }, readAt, seenAt: clock.monotonic() }
    },
    noteOffer: (instanceId, attemptId) => entryOf(instanceId).unanswered.add(attemptId),
    noteAnswer: (instanceId, attemptId) => entries.get(instanceId)?.unanswered.delete(attemptId),
  }
}
