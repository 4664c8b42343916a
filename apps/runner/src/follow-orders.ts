import type { Clock, Timings } from '@sluice/base'
import { attemptEndpoints, type TaskSpec } from '@sluice/contract'
import type { AttemptApi } from './attempt-api.ts'
import type { AttemptSteps } from './attempt-steps.ts'

interface FollowOptions {
  readonly api: AttemptApi
  readonly task: TaskSpec
  readonly bootId: string
  readonly steps: AttemptSteps
  readonly timings: Timings
  readonly clock: Clock
  /** The process was asked to end: no further order is taken. */
  readonly shutdown: AbortSignal
}

/** Waits for orders and cancels, and starts and stops steps as they say, until no further order will come or the process is to end. */
export async function followOrders(options: FollowOptions): Promise<void> {
  const { api, task, bootId, steps, timings, clock, shutdown } = options
  const heartbeats = new AbortController()
  const beating = sendHeartbeats(options, heartbeats.signal)
  void api.sent.then(() => steps.prepare())
  try {
    for (;;) {
      const reply = await api.insist(
        attemptEndpoints.next,
        { params: { attemptId: task.attemptId }, body: { epoch: task.epoch, bootId, running: steps.started } },
        shutdown,
      )
      for (const cancel of reply.cancels) steps.stop(cancel.stepRunId, cancel.mode)
      for (const order of reply.orders) steps.start(order)
      if (reply.done) return
      // A server that answers at once with nothing new must not be asked in a tight loop.
      if (reply.orders.length === 0) await clock.sleep(Math.min(50, timings.retryBaseMs), shutdown)
    }
  } catch (error) {
    if (!shutdown.aborted) throw error
  } finally {
    heartbeats.abort()
    await beating
  }
}

/** Heartbeats carry cancels too: the sure way beside the fast one. */
async function sendHeartbeats({ api, task, bootId, steps, timings, clock }: FollowOptions, signal: AbortSignal): Promise<void> {
  let everyMs = timings.heartbeatMs
  for (;;) {
    await clock.sleep(everyMs, signal).catch(() => {
      // Ended: the check below says so.
    })
    if (signal.aborted) return
    try {
      const reply = await api.client.call(attemptEndpoints.runnerHeartbeat, {
        params: { attemptId: task.attemptId },
        body: { epoch: task.epoch, bootId, running: steps.running },
        signal,
      })
      everyMs = reply.heartbeatMs
      for (const cancel of reply.cancels) steps.stop(cancel.stepRunId, cancel.mode)
    } catch {
      // The server is away: the next beat tries again, and the lease has room for several.
    }
  }
}
