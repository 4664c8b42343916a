import type { ReportedFailure } from '@sluice/contract'
import { runnerStoppedCode } from '@sluice/pipeline'

/** Why a step is being stopped before its end. `shutdown`: the runner itself is asked to end, by nobody who speaks of the step. */
export type StopCause = 'cancel' | 'timeout' | 'shutdown'

/** What is reported of a step that was stopped and not for its time: a runner that is taken away is no cancellation. */
export function stoppedFailure(cause: StopCause | undefined, message: string, left = ''): ReportedFailure {
  const end = left === '' ? '' : ` ${left}`
  if (cause !== 'shutdown') return { kind: 'step', code: 'STEP_CANCELLED', message: `${message}${end}` }
  return {
    kind: 'infrastructure',
    code: runnerStoppedCode,
    message: `The step's runner was asked to end before the step was done: its pod was deleted or evicted, or its process was ended.${end}`,
    hint: 'Look at the Kubernetes events of the execution, and for who deletes pods, drains nodes or ends processes there.',
  }
}

/**
 * A step's way to be stopped. `graceful` lets the running changeset end and begins no other; `interrupt` cancels the running statement
 * at the database. Nothing here ever kills a process that holds a permit.
 */
export class StepStop {
  readonly #controller = new AbortController()
  #cause: StopCause | undefined
  #atBoundary = false

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get cause(): StopCause | undefined {
    return this.#cause
  }

  /** `busy` says whether a changeset is running now; a graceful stop then waits for `boundary`. */
  stop(cause: StopCause, mode: 'graceful' | 'interrupt' | 'force', busy: boolean): void {
    this.#cause ??= cause
    if (mode === 'graceful' && busy) this.#atBoundary = true
    else this.#abort()
  }

  /** Called between changesets. */
  boundary(): void {
    if (this.#atBoundary) this.#abort()
  }

  #abort(): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(new Error(`The step was stopped: ${this.#cause ?? 'cancel'}.`))
  }
}

/** Counts a step's own running time: the waits for its target do not count. */
export class StepTimer {
  readonly #onTimeout: () => void
  #remainingMs: number
  #startedAt: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(timeoutMs: number, onTimeout: () => void) {
    this.#remainingMs = timeoutMs
    this.#onTimeout = onTimeout
  }

  resume(): void {
    if (this.#startedAt !== undefined) return
    this.#startedAt = performance.now()
    // setTimeout takes at most 2^31-1 ms, about 24 days.
    this.#timer = setTimeout(this.#onTimeout, Math.min(Math.max(0, this.#remainingMs), 2 ** 31 - 1))
  }

  pause(): void {
    if (this.#startedAt === undefined) return
    clearTimeout(this.#timer)
    this.#remainingMs -= performance.now() - this.#startedAt
    this.#startedAt = undefined
  }
}
