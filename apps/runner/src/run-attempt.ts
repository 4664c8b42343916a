import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type Clock, createId, type Logger } from '@sluice/base'
import { protocolEndpoints, type StepOrder } from '@sluice/contract'
import { createMasker } from '@sluice/masking'
import { type AttemptApi, isFenced } from './attempt-api.ts'
import { createEventOutbox } from './event-outbox.ts'
import { runInspectionTask } from './inspection-task.ts'
import { createLogShipper, type LogShipper } from './log-shipper.ts'
import { LogSpool } from './log-spool.ts'
import { PermitFile } from './permit.ts'
import { runStep } from './run-step.ts'
import type { RunnerConfig } from './runner-config.ts'
import type { SlotValues } from './slot-values.ts'
import type { StepResult } from './step-context.ts'
import { createStepLog, type StepLog } from './step-log.ts'
import { StepStop, StepTimer } from './step-stop.ts'

export interface AttemptDependencies {
  readonly api: AttemptApi
  readonly slots: SlotValues
  readonly clock: Clock
  readonly logger: Logger
  /** Aborted when the process is asked to end (SIGTERM). */
  readonly shutdown: AbortSignal
}

interface RunningStep {
  readonly stop: StepStop
  readonly done: Promise<void>
}

/**
 * Drives one attempt: waits for orders, runs them side by side, reports, and completes when the server says that no more will come.
 *
 * Only this process states outcomes. It goes on without the server for as long as a step runs, and reports when the server is back.
 * A shutdown or the attempt's end of life stops steps that have no permit; a step with a permit is interrupted at its database and its
 * end awaited.
 */
export async function runAttempt(config: RunnerConfig, dependencies: AttemptDependencies): Promise<'completed' | 'fenced'> {
  const { task, attemptDir, timings } = config
  const { api, slots, clock, logger, shutdown } = dependencies
  const bootId = createId('boot')
  const workDir = join(attemptDir, 'work')
  mkdirSync(workDir, { recursive: true, mode: 0o700 })
  const needles = [...slots].map(([name, value]) => ({ name, value }))
  const masker = createMasker(needles)
  const life = new AbortController()
  const outbox = createEventOutbox({
    api,
    task,
    bootId,
    mask: (text) => masker.maskText(text),
    signal: life.signal,
    onProblem: (error) =>
      logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'Events are not acknowledged yet'),
  })
  const permits = new PermitFile(attemptDir)
  const shippers: { shipper: LogShipper; log: StepLog; spool: LogSpool }[] = []
  const openLog = (stream: string): StepLog => {
    const spool = new LogSpool(join(attemptDir, 'spool', stream), task.logBytesMax)
    const log = createStepLog(spool, masker.stream(), clock)
    const shipper = createLogShipper({
      api,
      task,
      stream,
      spool,
      timings,
      clock,
      signal: life.signal,
      onProblem: (error) =>
        logger.warn({ stream, error: error instanceof Error ? error.message : String(error) }, 'Log bytes are not stored yet'),
    })
    shippers.push({ shipper, log, spool })
    return log
  }

  const running = new Map<string, RunningStep>()
  const outcomes = new Map<string, StepResult['outcome']>()

  const startStep = (order: StepOrder): void => {
    const { stepRunId } = order
    const step = task.steps.find((candidate) => candidate.stepRunId === stepRunId)
    if (step === undefined)
      throw new AppError('internal', 'ORDER_UNKNOWN_STEP', `The server ordered step "${stepRunId}", which is not in this task.`)
    const stop = new StepStop()
    const timer = new StepTimer(order.timeoutMs, () => stop.stop('timeout', 'interrupt', true))
    outbox.send({ type: 'step.started', stepRunId })
    const log = openLog(stepRunId)
    for (const warning of masker.warnings) log.line(`Warning: ${warning.message}`)
    const work = async (): Promise<void> => {
      timer.resume()
      const result = await runStep({
        task,
        step,
        order,
        slots,
        api,
        bootId,
        workDir,
        permits,
        log,
        stop,
        timer,
        timings,
        clock,
        send: outbox.send,
      })
      timer.pause()
      log.end()
      outcomes.set(stepRunId, result.outcome)
      outbox.send({ type: 'step.finished', stepRunId, ...result })
      // The permit is over for the delegate only when the server knows the outcome.
      await outbox.flush()
      permits.remove(stepRunId)
      running.delete(stepRunId)
    }
    running.set(stepRunId, { stop, done: work() })
  }

  const stopAll = (mode: 'graceful' | 'interrupt'): void => {
    for (const { stop } of running.values()) stop.stop('cancel', mode, true)
  }
  shutdown.addEventListener('abort', () => stopAll('interrupt'), { once: true })
  const endOfLife = setTimeout(() => stopAll('interrupt'), Math.min(task.notAfterMs, 2 ** 31 - 1))

  try {
    if (task.kind === 'inspection') {
      await runInspectionTask({ task, slots, log: openLog(task.attemptId), timings, clock, signal: shutdown, send: outbox.send })
    } else {
      await followOrders()
    }
    await Promise.all([...running.values()].map((step) => step.done))
    await outbox.flush()
    await Promise.all(
      shippers.map(async ({ shipper, log }) => {
        log.end()
        await Promise.race([shipper.finish(), clock.sleep(timings.logSealMs, life.signal)])
      }),
    )
    if (outbox.isFenced) return 'fenced'
    await api.insist(
      protocolEndpoints.complete,
      {
        params: { attemptId: task.attemptId },
        body: { epoch: task.epoch, bootId, steps: [...outcomes].map(([stepRunId, outcome]) => ({ stepRunId, outcome })) },
      },
      life.signal,
    )
    return 'completed'
  } catch (error) {
    if (!isFenced(error)) throw error
    await Promise.all([...running.values()].map((step) => step.done))
    return 'fenced'
  } finally {
    clearTimeout(endOfLife)
    life.abort()
    for (const { spool } of shippers) spool.close()
  }

  async function followOrders(): Promise<void> {
    const heartbeats = beat()
    try {
      for (;;) {
        const reply = await api.insist(
          protocolEndpoints.next,
          {
            params: { attemptId: task.attemptId },
            body: { epoch: task.epoch, bootId, running: [...running.keys(), ...outcomes.keys()] },
          },
          AbortSignal.any([shutdown, life.signal]),
        )
        for (const cancel of reply.cancels) running.get(cancel.stepRunId)?.stop.stop('cancel', cancel.mode, true)
        for (const order of reply.orders) {
          if (!running.has(order.stepRunId) && !outcomes.has(order.stepRunId)) startStep(order)
        }
        if (reply.done) return
        // A server that answers at once with nothing new must not be asked in a tight loop.
        if (reply.orders.length === 0) await clock.sleep(Math.min(50, timings.retryBaseMs), shutdown).catch(() => {})
      }
    } catch (error) {
      if (!shutdown.aborted) throw error
    } finally {
      heartbeats.abort()
    }
  }

  /** Heartbeats carry cancels too: the sure way beside the fast one. */
  function beat(): AbortController {
    const control = new AbortController()
    const loop = async (): Promise<void> => {
      let everyMs = timings.heartbeatMs
      while (!control.signal.aborted) {
        await clock.sleep(everyMs, control.signal).catch(() => {})
        if (control.signal.aborted) return
        try {
          const reply = await api.client.call(protocolEndpoints.runnerHeartbeat, {
            params: { attemptId: task.attemptId },
            body: { epoch: task.epoch, bootId, running: [...running.keys()] },
            signal: control.signal,
          })
          everyMs = reply.heartbeatMs
          for (const cancel of reply.cancels) running.get(cancel.stepRunId)?.stop.stop('cancel', cancel.mode, true)
        } catch {
          // The server is away: the next beat tries again, and the lease has room for several.
        }
      }
    }
    void loop()
    return control
  }
}
