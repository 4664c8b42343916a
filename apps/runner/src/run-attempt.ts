import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, createId, type Logger } from '@sluice/base'
import { noteKindOfWork } from '@sluice/code-cache'
import { attemptEndpoints } from '@sluice/contract'
import { createMasker } from '@sluice/masking'
import { type AttemptApi, isFenced } from './attempt-api.ts'
import { AttemptLogs } from './attempt-logs.ts'
import { AttemptSteps } from './attempt-steps.ts'
import { createEventOutbox } from './event-outbox.ts'
import { followOrders } from './follow-orders.ts'
import { openPatience } from './patience.ts'
import { containerPlace, endContainer } from './scripts/container-process.ts'
import type { RunnerConfig } from './runner-config.ts'
import type { SlotValues } from './slot-values.ts'

export interface AttemptDependencies {
  readonly api: AttemptApi
  readonly slots: SlotValues
  readonly clock: Clock
  readonly logger: Logger
  /** Aborted when the process is asked to end (SIGTERM). */
  readonly shutdown: AbortSignal
}

/** setTimeout takes at most 2^31-1 ms, about 24 days. */
const timerMsMax = 2 ** 31 - 1

/**
 * Drives one attempt: waits for orders, runs them side by side, reports, and completes when the server says that no more will come.
 *
 * Only this process states outcomes. It goes on without the server for as long as a step runs, and reports when the server is back.
 * A shutdown or the attempt's end of life stops steps that have no permit; a step with a permit is interrupted at its database and its
 * end awaited. Where nobody answers any more it ends a while after its life (`openPatience`), and rejects with the last failure.
 * Resolves with `fenced` when the server does not want this attempt any more.
 */
export async function runAttempt(config: RunnerConfig, dependencies: AttemptDependencies): Promise<'completed' | 'fenced'> {
  const { task, attemptDir, timings } = config
  const { api, slots, clock, logger, shutdown } = dependencies
  const bootId = createId('boot')
  const workDir = join(attemptDir, 'work')
  mkdirSync(workDir, { recursive: true, mode: 0o700 })
  // Outputs of type Secret join the slots' values: for everything that is written after them.
  const masked = [...slots].map(([name, value]) => ({ name, value }))
  let masker = createMasker(masked)
  const addMask = (name: string, value: Buffer): void => {
    masked.push({ name, value })
    masker = createMasker(masked)
  }
  const life = new AbortController()
  const patience = openPatience(task.notAfterMs, timings)
  const outbox = createEventOutbox({
    api,
    task,
    bootId,
    mask: (text) => masker.maskText(text),
    signal: AbortSignal.any([life.signal, patience.reports]),
    onProblem: (error) =>
      logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'Events are not acknowledged yet'),
  })
  const logs = new AttemptLogs(config, { api, masker: () => masker, clock, logger, life: life.signal })
  const steps = new AttemptSteps(config, { api, slots, clock, logger, bootId, workDir, outbox, logs, addMask })
  shutdown.addEventListener('abort', () => steps.stopAll('interrupt'), { once: true })
  // A step with a permit outlives the attempt's life, and is heard of for as long as it runs.
  const idle = new AbortController()
  patience.orders.addEventListener('abort', () => void steps.settled().then(() => idle.abort()), { once: true })
  const endOfLife = setTimeout(() => steps.stopAll('interrupt'), Math.min(task.notAfterMs, timerMsMax))

  try {
    if (task.kind === 'inspection') {
      noteKindOfWork(task.kind)
      const { runInspectionTask } = await import('./inspection-task.ts')
      await runInspectionTask({
        task,
        slots,
        log: logs.open(task.attemptId),
        signal: shutdown,
        clock,
        timings,
        send: (event) => outbox.send(event),
      })
    } else {
      await followOrders({ api, task, bootId, steps, timings, clock, shutdown: AbortSignal.any([shutdown, idle.signal]) })
    }
    await steps.settled()
    await outbox.flush()
    await logs.finish()
    if (outbox.isFenced) return 'fenced'
    await api.insist(
      attemptEndpoints.complete,
      { params: { attemptId: task.attemptId }, body: { epoch: task.epoch, bootId, steps: steps.outcomes } },
      // Late reports may just have been taken: then this is, too.
      patience.orders.aborted ? AbortSignal.timeout(timings.leaseMs) : patience.orders,
    )
    return 'completed'
  } catch (error) {
    if (!isFenced(error)) throw error
    await steps.settled()
    return 'fenced'
  } finally {
    clearTimeout(endOfLife)
    patience.close()
    for (const { id } of config.containersDir === undefined ? [] : task.containers)
      endContainer(containerPlace(config.containersDir ?? '', id))
    life.abort()
    await steps.close()
    logs.close()
  }
}
