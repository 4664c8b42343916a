import { executionEndpoints } from '@sluice/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api } from './client.ts'
import { type ExecutionFilters, executionsPerPage, executionsQuery } from './execution-queries.ts'
import { followEvents, type StreamStatus } from './follow-events.ts'
import { mergeSummary } from './merge-summary.ts'
import { whenVisible } from './page-visible.ts'
import { connection } from './query-client.ts'

/** Keeps the shown page of executions up to date from the server's events. Returns the state of the stream. */
export function useLiveExecutions(filters: ExecutionFilters): StreamStatus {
  const client = useQueryClient()
  const [status, setStatus] = useState<StreamStatus>('connecting')
  const { pipeline, state, cursor } = filters
  useEffect(() => {
    const stop = new AbortController()
    const shown = { pipeline, state, cursor }
    const { queryKey } = executionsQuery(shown)
    void followEvents({
      signal: stop.signal,
      whenVisible,
      pause: connection.pause,
      open: (_, signal) => api.raw(executionEndpoints.listEvents, { signal }),
      onEvent({ event, data }) {
        if (event !== 'executions') return
        const changed = executionEndpoints.listEvents.reply.safeParse(JSON.parse(data))
        if (!changed.success) return
        client.setQueryData(queryKey, (page) =>
          page === undefined ? page : mergeSummary(page, changed.data, shown, executionsPerPage),
        )
      },
      onStatus(next) {
        setStatus(next)
        connection.report('list', next !== 'lost')
      },
    })
    return () => {
      stop.abort()
      connection.forget('list')
    }
  }, [client, pipeline, state, cursor])
  return status
}
