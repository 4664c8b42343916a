/**
 * What can go wrong on the way. In TCP mode the unit is a connection, in HTTP mode a request.
 *
 * - `dropRequest`: never reaches the target; the caller sees its connection reset.
 * - `dropResponse`: reaches the target, which answers; the caller sees a reset. (TCP: the target's first bytes are lost.)
 * - `duplicate`: reaches the target twice, one after the other; the caller gets the second answer. HTTP only.
 * - `delay`: waits before it is passed on.
 * - `halfOpen`: nothing comes back any more, and nobody is told: the connection stays open until the caller gives up.
 * - `truncate`: the answer breaks off in its middle.
 */
export type Fault = 'dropRequest' | 'dropResponse' | 'duplicate' | 'delay' | 'halfOpen' | 'truncate'

/** Probability of each fault, 0 to 1; together at most 1. What is left out does not happen. */
export type FaultRates = Readonly<Partial<Record<Fault, number>>>

export interface FaultProxyOptions {
  /** `tcp://127.0.0.1:5432`, `http://127.0.0.1:8080` or `https://…` (in front, the proxy itself speaks plain HTTP or TCP). */
  readonly target: string
  /** Decides which request gets which fault, in their order of arrival. Print it where a test fails. */
  readonly seed: number
  readonly rates?: FaultRates | undefined
  /** Shortest and longest delay. Default 5 to 100. */
  readonly delayMs?: readonly [number, number] | undefined
  /** The listening port; 0 (the default) for any. */
  readonly port?: number | undefined
}

/** One fault that was done, for the evidence of a failing test. */
export interface FaultRecord {
  readonly fault: Fault
  /** `GET /path`, or the number of the connection. */
  readonly subject: string
  /** Milliseconds since the proxy was opened. */
  readonly atMs: number
}

export interface FaultProxy extends AsyncDisposable {
  /** Where to connect instead of the target. */
  readonly url: string
  readonly host: '127.0.0.1'
  readonly port: number
  /** Replaces all rates; `{}` is a perfect network. */
  setRates(rates: FaultRates): void
  /** The next request (or connection), of those whose subject matches, gets this fault, whatever the rates say. */
  injectNext(fault: Fault, matches?: RegExp): void
  /** Resets every connection that is open now. */
  resetAll(): void
  /** Refuses new connections and resets the open ones, as a server that is down. */
  goDown(): void
  /** Takes connections again after `goDown`. */
  comeUp(): Promise<void>
  /** Passes nothing on and tells nobody, in both directions, as a broken switch; TCP mode only. */
  freeze(): void
  /** Passes on again what `freeze` held back. */
  thaw(): void
  /** What was done so far (the last 10,000), oldest first. */
  readonly faults: readonly FaultRecord[]
  /** How many requests or connections came in. */
  readonly arrivals: number
  close(): Promise<void>
}

const faultsMax = 10_000

/** Draws faults from a seed and keeps the record: the part that both modes share. */
export class FaultPlan {
  readonly faults: FaultRecord[] = []
  arrivals = 0
  readonly #random: () => number
  readonly #delayMs: readonly [number, number]
  readonly #startedAt = performance.now()
  readonly #injected: { fault: Fault; matches: RegExp | undefined }[] = []
  #rates: FaultRates

  constructor(random: () => number, rates: FaultRates, delayMs: readonly [number, number]) {
    this.#random = random
    this.#rates = rates
    this.#delayMs = delayMs
  }

  setRates(rates: FaultRates): void {
    this.#rates = rates
  }

  injectNext(fault: Fault, matches?: RegExp): void {
    this.#injected.push({ fault, matches })
  }

  /** The fault for the next arrival. One random number per arrival, so that a seed gives the same faults whatever the rates. */
  draw(subject: string): Fault | undefined {
    this.arrivals++
    const roll = this.#random()
    const index = this.#injected.findIndex(({ matches }) => matches?.test(subject) ?? true)
    const fault = index === -1 ? this.#pick(roll) : this.#injected.splice(index, 1)[0]?.fault
    if (fault !== undefined) {
      this.faults.push({ fault, subject, atMs: Math.round(performance.now() - this.#startedAt) })
      if (this.faults.length > faultsMax) this.faults.shift()
    }
    return fault
  }

  drawDelayMs(): number {
    const [least, most] = this.#delayMs
    return least + this.#random() * (most - least)
  }

  #pick(roll: number): Fault | undefined {
    let sum = 0
    for (const [fault, rate] of Object.entries(this.#rates)) {
      sum += rate
      if (roll < sum) return fault as Fault
    }
    return undefined
  }
}
