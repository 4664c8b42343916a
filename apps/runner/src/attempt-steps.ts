import { setImmediate } from 'node:timers/promises'
import { AppError, type Clock, type Logger } from '@sluice/base'
import type { StepOrder } from '@sluice/contract'
import type { AttemptApi } from './attempt-api.ts'
import type { AttemptLogs } from './attempt-logs.ts'
import type { EventOutbox } from './event-outbox.ts'
import { PermitFile } from './permit.ts'
import type { RunnerConfig } from './runner-config.ts'
import type { SlotValues } from './slot-values.ts'
import type { SourceAhead } from './source-ahead.ts'
import type { StepResult } from './step-context.ts'
import { StepStop, StepTimer } from './step-stop.ts'

interface RunningStep {
  readonly stop: StepStop
  readonly done: Promise<void>
}

interface Parts {
  readonly api: AttemptApi
  readonly slots: SlotValues
  readonly clock: Clock
  readonly logger: Logger
  readonly bootId: string
  readonly workDir: string
  readonly outbox: EventOutbox
  readonly logs: AttemptLogs
  readonly addMask: (name: string, value: Buffer) => void
}

/** The steps of one attempt: those that run, and how the others ended. Each is started at most once, however often it is ordered. */
export class AttemptSteps {
  readonly #config: RunnerConfig
  readonly #parts: Parts
  readonly #permits: PermitFile
  readonly #running = new Map<string, RunningStep>()
  readonly #outcomes = new Map<string, StepResult['outcome']>()
  readonly #secretOutputs = new Map<string, Buffer>()
  #ahead: Promise<SourceAhead> | undefined

  constructor(config: RunnerConfig, parts: Parts) {
    this.#config = config
    this.#parts = parts
    this.#permits = new PermitFile(config.attemptDir)
  }

  get running(): string[] {
    return [...this.#running.keys()]
  }

  /** Steps that were started, over or not: orders for these need no repeating. */
  get started(): string[] {
    return [...this.#running.keys(), ...this.#outcomes.keys()]
  }

  get outcomes(): { stepRunId: string; outcome: string }[] {
    return [...this.#outcomes].map(([stepRunId, outcome]) => ({ stepRunId, outcome }))
  }

  /**
   * Gets ready for the first order while the question for it is under way: begins to fetch the first step's source, or loads most of this
   * program where there is none. Loading keeps this thread busy; beside a fetch, which takes longer, it is done once the step has begun.
   */
  prepare(): void {
    const { task, timings } = this.#config
    const { workDir, slots, clock } = this.#parts
    this.#ahead ??= import('./source-ahead.ts').then(({ fetchAhead }) =>
      fetchAhead(task.steps[0], { workDir, slots, clock, timings }),
    )
    this.#ahead
      .then(() => (task.steps[0]?.kind === 'database' ? undefined : import('./run-step.ts')))
      .catch(() => {
        // Who needs it loads it again, and is told what is wrong with it.
      })
  }

  /** Starts what an order says, unless it was started before. Throws `AppError` for a step that is not in the task. */
  start(order: StepOrder): void {
    const { stepRunId } = order
    if (this.#running.has(stepRunId) || this.#outcomes.has(stepRunId)) return
    const step = this.#config.task.steps.find((candidate) => candidate.stepRunId === stepRunId)
    if (step === undefined) {
      throw new AppError('internal', 'ORDER_UNKNOWN_STEP', `The server ordered step "${stepRunId}", which is not in this task.`)
    }
    const { task, timings } = this.#config
    const { outbox, logs, logger, ...parts } = this.#parts
    // Since the start of this process: what our own start-up costs.
    if (this.started.length === 0) logger.info({ sinceStartMs: Math.round(performance.now()) }, 'The first step begins')
    const stop = new StepStop()
    const timer = new StepTimer(order.timeoutMs, () => stop.stop('timeout', 'interrupt', true))
    outbox.send({ type: 'step.started', stepRunId })
    const log = logs.open(stepRunId)
    const work = async (): Promise<void> => {
      // That it began is on its way before the work is, whose first moments keep this thread busy.
      await setImmediate()
      timer.resume()
      const { runStep } = await import('./run-step.ts')
      const result = await runStep({
        ...parts,
        task,
        step,
        order,
        permits: this.#permits,
        log,
        stop,
        timer,
        timings,
        containersDir: this.#config.containersDir,
        containerRoot: this.#config.containerRoot,
        allowCommands: this.#config.allowCommands,
        secretOutputs: this.#secretOutputs,
        takeSource: async (taker) => (await this.#ahead)?.take(stepRunId, taker),
        send: (event) => outbox.send(event),
      })
      timer.pause()
      log.end()
      this.#outcomes.set(stepRunId, result.outcome)
      outbox.send({ type: 'step.finished', stepRunId, ...result })
      // The permit is over for the delegate only when the server knows the outcome.
      await outbox.flush()
      this.#permits.remove(stepRunId)
      this.#running.delete(stepRunId)
    }
    this.#running.set(stepRunId, { stop, done: work() })
  }

  stop(stepRunId: string, mode: 'graceful' | 'interrupt' | 'force'): void {
    this.#running.get(stepRunId)?.stop.stop('cancel', mode, true)
  }

  /** The runner has to end. */
  stopAll(mode: 'graceful' | 'interrupt'): void {
    for (const { stop } of this.#running.values()) stop.stop('shutdown', mode, true)
  }

  /** No step is started any more: ends what was begun for one. */
  async close(): Promise<void> {
    const ahead = await this.#ahead?.catch(() => undefined)
    await ahead?.close()
  }

  /** Resolves when no step runs any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#running.values()].map((step) => step.done))
  }
}
