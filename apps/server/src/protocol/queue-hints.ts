import type { Clock, Timings } from '@sluice/base'
import { listContestedKeys, listQueuedKeys, readFit, type Store, type TaskFit } from '@sluice/store'

/** Tasks offered in one statement. */
const batchMax = 100
const fitsKept = 10_000
/** How many tasks to look for under a key that was found waiting. */
const foundBatch = 4

/** What a process remembers of the queue between two looks: which fit keys may have tasks waiting, and how many. Hints, no more. */
export class QueueHints {
  readonly #store: Store
  readonly #timings: Timings
  readonly #clock: Clock
  readonly #expected = new Map<string, number>()
  /** Keys with a task that somebody declined, and until when (monotonic). */
  readonly #contested = new Map<string, number>()
  /** A key is the hash of what it stands for, so this never goes stale. */
  readonly #fits = new Map<string, TaskFit>()

  constructor(store: Store, timings: Timings, clock: Clock) {
    this.#store = store
    this.#timings = timings
    this.#clock = clock
  }

  get size(): number {
    return this.#expected.size
  }

  keys(): string[] {
    return [...this.#expected.keys()]
  }

  /** How many tasks to ask for next under a key. */
  expected(fitKey: string): number {
    return this.#expected.get(fitKey) ?? 1
  }

  expect(fitKey: string, count: number): void {
    this.#expected.set(fitKey, Math.min(batchMax, (this.#expected.get(fitKey) ?? 0) + count))
  }

  forget(fitKey: string): void {
    this.#expected.delete(fitKey)
  }

  /** Somebody declined a task of this key: for a while each delegate has to look for itself. */
  contest(fitKey: string): void {
    this.#contested.set(fitKey, this.#clock.monotonic() + this.#timings.declineMs)
  }

  isContested(fitKey: string): boolean {
    const until = this.#contested.get(fitKey)
    if (until === undefined) return false
    if (until >= this.#clock.monotonic()) return true
    this.#contested.delete(fitKey)
    return false
  }

  /** What a key stands for; undefined when it is not known and no such task waits. */
  async fitOf(fitKey: string): Promise<TaskFit | undefined> {
    const known = this.#fits.get(fitKey)
    if (known !== undefined) return known
    const fit = await readFit(this.#store.pool, fitKey)
    if (fit === undefined) return undefined
    if (this.#fits.size >= fitsKept) this.#fits.clear()
    this.#fits.set(fitKey, fit)
    return fit
  }

  /** Looks at the queue itself. */
  async refresh(): Promise<void> {
    const [queued, contested] = [await listQueuedKeys(this.#store.pool), await listContestedKeys(this.#store.pool)]
    for (const fitKey of queued) if (!this.#expected.has(fitKey)) this.expect(fitKey, foundBatch)
    for (const fitKey of contested) this.contest(fitKey)
  }
}
