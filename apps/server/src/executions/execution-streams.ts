import { executionEndpoints } from '@sluice/contract'
import { getExecutionSummary, listExecutions, readExecution } from '@sluice/store'
import { contains } from '../access/caller.ts'
import { listedPlace, requireListedPlace } from '../access/require-listed-place.ts'
import type { App } from '../app-context.ts'
import { createWaker, serveEventStream } from '../http/event-stream.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { isFinal, toExecutionSummary } from './execution-summary.ts'
import { toExecutionView } from './execution-view.ts'
import { requireExecution } from './require-execution.ts'

/** Changes that come closer together than this are sent as one. */
const coalesceMs = 100
/** Executions sent to a list that has just been opened, or that may have missed something. */
const recentMax = 50

/** Executions as they change: one with its graph, and all of a scope as summaries. */
export function registerExecutionStreams(app: App): void {
  const { context } = app
  const { store, notifications, clock, timings } = context

  registerEndpoint(app, executionEndpoints.events, async ({ params, caller, request, reply }) => {
    const { id } = await requireExecution(store, caller, params.executionId)
    return serveEventStream(context, { request, reply, callerId: caller.apiKeyId }, async (stream) => {
      const waker = createWaker(stream.signal)
      const unsubscribe = notifications.subscribe('sluice_execution', id, waker.wake)
      try {
        let sent = ''
        while (!stream.signal.aborted) {
          const details = await readExecution(store.db, id)
          if (details === undefined) break
          const view = toExecutionView(details)
          const text = JSON.stringify(view)
          if (text !== sent) await stream.send('execution', view, String(view.version))
          sent = text
          if (isFinal(view.state)) {
            await stream.send('end', { state: view.state })
            break
          }
          await clock.sleep(coalesceMs, stream.signal).catch(() => {})
          // Again without any notification: one may have been lost, and some changes have none.
          await waker.wait(timings.pollRecheckMs)
        }
      } finally {
        unsubscribe()
      }
    })
  })

  registerEndpoint(app, executionEndpoints.listEvents, async ({ query, caller, request, reply }) => {
    const within = listedPlace(query)
    const filter = { within, visibleTo: caller.scope }
    const [any] = await listExecutions(store.db, filter, { limit: 1, beforeId: undefined })
    if (any === undefined) await requireListedPlace(store.db, caller, within)
    return serveEventStream(context, { request, reply, callerId: caller.apiKeyId }, async (stream) => {
      const waker = createWaker(stream.signal)
      const changed = new Set<string>()
      let missed = true
      const unsubscribe = notifications.subscribe('sluice_execution', undefined, (payload) => {
        // More than anybody can look at: what is newest will do.
        if (payload === undefined || changed.size >= 1000) missed = true
        else if (!payload.startsWith('inbox:')) changed.add(payload)
        else return
        waker.wake()
      })
      try {
        while (!stream.signal.aborted) {
          if (missed) {
            missed = false
            const rows = await listExecutions(store.db, filter, { limit: recentMax, beforeId: undefined })
            for (const row of rows.toReversed()) await stream.send('executions', toExecutionSummary(row))
          }
          for (const id of changed) {
            changed.delete(id)
            const row = await getExecutionSummary(store.db, id)
            if (row === undefined || !contains(within, row) || !contains(caller.scope, row)) continue
            await stream.send('executions', toExecutionSummary(row))
          }
          await clock.sleep(coalesceMs, stream.signal).catch(() => {})
          await waker.wait(timings.pollRecheckMs)
        }
      } finally {
        unsubscribe()
      }
    })
  })
}
