import { type cancelOrder, protocolEndpoints, type StepOrder } from '@sluice/contract'
import { readAttempt, readRunnerNews, type RunnerNews, touchAttempt } from '@sluice/store'
import type { z } from 'zod'
import type { App } from '../app-context.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { authenticateAttempt, checkHolder, requireAttempt } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'
import { fenced } from './protocol-errors.ts'

type CancelOrder = z.infer<typeof cancelOrder>
type Mode = CancelOrder['mode']

/** What a runner waits for (its orders and cancels), and its heartbeat, which carries the cancels too. */
export function registerRunnerWaits(app: App, context: ProtocolContext): void {
  const { store, timings, notifications, deliveries } = context
  const options = { authenticate: (request: Parameters<typeof authenticateAttempt>[1]) => authenticateAttempt(context, request) }

  registerEndpoint(
    app,
    protocolEndpoints.next,
    async ({ params: { attemptId }, body, caller, request }) => {
      const attempt = await readAttempt(store.pool, attemptId)
      checkHolder(attempt, caller, attemptId)
      if (attempt.epoch !== body.epoch) throw fenced(attempt)
      if (caller.kind === 'runner') await touchAttempt(store.pool, attemptId, timings.leaseMs)
      const gone = new AbortController()
      const onClose = (): void => gone.abort()
      request.raw.socket.once('close', onClose)
      const listener = `${attemptId}/${body.bootId}`
      try {
        const found = await notifications.waitFor(
          'sluice_attempt',
          attemptId,
          async () => {
            const news = await readRunnerNews(store.pool, attemptId)
            if (news === undefined || news.fence > news.epoch)
              throw fenced({ ...attempt, fence: news?.fence ?? attempt.fence + 1 })
            const orders = ordersOf(news, body.running)
            const cancels = cancelsOf(news).filter(
              ({ stepRunId, mode }) => !deliveries.isRepeat(listener, `cancel ${stepRunId} ${mode}`, timings.heartbeatMs),
            )
            const done = isDone(news)
            return orders.length > 0 || cancels.length > 0 || done ? { orders, cancels, done } : undefined
          },
          { timeoutMs: timings.pollHoldMs, signal: AbortSignal.any([gone.signal, context.stopping]) },
        )
        return found ?? { orders: [], cancels: [], done: false }
      } finally {
        request.raw.socket.off('close', onClose)
      }
    },
    options,
  )

  registerEndpoint(
    app,
    protocolEndpoints.runnerHeartbeat,
    async ({ params: { attemptId }, body, caller }) => {
      const attempt = await requireAttempt(context, caller, attemptId, body.epoch)
      if (attempt.fence > attempt.epoch) throw fenced(attempt)
      if (caller.kind === 'runner') await touchAttempt(store.pool, attemptId, timings.leaseMs)
      const news = await readRunnerNews(store.pool, attemptId)
      return { cancels: news === undefined ? [] : cancelsOf(news), heartbeatMs: timings.heartbeatMs }
    },
    options,
  )
}

/** Orders that the runner has not begun. None once it is to stop, or once no step is to come. */
function ordersOf(news: RunnerNews, running: readonly string[]): StepOrder[] {
  if (news.finish || news.cancelMode !== null || news.state === 'ended' || news.state === 'completed') return []
  return news.steps
    .filter(({ state, cancelMode, stepRunId }) => state === 'offered' && cancelMode === null && !running.includes(stepRunId))
    .flatMap(({ order, pinnedCommit }): StepOrder[] => {
      if (order === null) return []
      // The source's key is the server's own note on the order.
      const { sourceKey: _, ...wire } = order
      return [{ ...(wire as StepOrder), ...(pinnedCommit === null ? {} : { pinnedCommit }) }]
    })
}

/** What is to stop: steps that were asked to one by one, and all of an attempt that was. */
function cancelsOf(news: RunnerNews): CancelOrder[] {
  return news.steps.flatMap(({ stepRunId, cancelMode }): CancelOrder[] => {
    const mode = stronger(cancelMode, news.cancelMode)
    return mode === undefined ? [] : [{ stepRunId, mode }]
  })
}

const strength: Readonly<Record<Mode, number>> = { graceful: 1, interrupt: 2, force: 3 }

function stronger(left: Mode | null, right: Mode | null): Mode | undefined {
  if (left === null || right === null) return left ?? right ?? undefined
  return strength[left] > strength[right] ? left : right
}

/** Whether no step will come any more. An inspection has no steps: it is done once its finding is stored. */
function isDone(news: RunnerNews): boolean {
  if (news.state === 'ended' || news.state === 'completed' || news.finish) return true
  if (news.kind === 'inspection') return news.inspection === null || news.inspection !== 'running' || news.cancelMode !== null
  return news.cancelMode !== null && news.steps.every((step) => step.state === 'offered')
}
