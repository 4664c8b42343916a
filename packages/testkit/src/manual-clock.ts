import type { Clock } from '@sluice/base'

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves both times forward, waking sleepers in the order of their times, and lets what they woke run before the next one. */
  advance(ms: number): Promise<void>
  /** Moves to the next sleeper's time, if there is one; returns by how many milliseconds. */
  advanceToNext(): Promise<number>
  /** Changes the wall clock alone, as an administrator or NTP would. */
  jumpWall(ms: number): void
  /** How many sleeps are waiting. */
  readonly sleeping: number
}

interface Sleeper {
  readonly dueMs: number
  readonly order: number
  wake(): void
}

/** A manual clock whose wall starts at `wallMs` (default 2026-01-01T00:00:00Z) and whose monotonic time starts at 0. */
export function createManualClock(wallMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let wall = wallMs
  let monotonic = 0
  let order = 0
  const sleepers = new Set<Sleeper>()

  const next = (): Sleeper | undefined =>
    [...sleepers].toSorted((left, right) => left.dueMs - right.dueMs || left.order - right.order)[0]

  const moveTo = (ms: number): void => {
    const step = Math.max(0, ms - monotonic)
    wall += step
    monotonic += step
  }

  const advance = async (ms: number): Promise<void> => {
    const end = monotonic + ms
    await settle()
    for (let sleeper = next(); sleeper !== undefined && sleeper.dueMs <= end; sleeper = next()) {
      moveTo(sleeper.dueMs)
      sleeper.wake()
      await settle()
    }
    moveTo(end)
  }

  return {
    now: () => wall,
    monotonic: () => monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error)
          return
        }
        const onAbort = (): void => {
          sleepers.delete(sleeper)
          reject(signal?.reason as Error)
        }
        const sleeper: Sleeper = {
          dueMs: monotonic + Math.max(0, ms),
          order: order++,
          wake: () => {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    advance,
    advanceToNext: async () => {
      await settle()
      const sleeper = next()
      if (sleeper === undefined) return 0
      const step = sleeper.dueMs - monotonic
      await advance(step)
      return step
    },
    jumpWall: (ms) => {
      wall += ms
    },
    get sleeping() {
      return sleepers.size
    },
  }
}

/** A full turn of the event loop runs every promise reaction that is due, however long its chain. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
