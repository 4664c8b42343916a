import { executionEndpoints, type ExecutionView } from '@sluice/contract'
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api } from './client.ts'
import { executionQuery } from './execution-queries.ts'
import { followEvents, type StreamStatus } from './follow-events.ts'
import { isFinal } from '../execution/is-final.ts'
import { whenVisible } from './page-visible.ts'
import { connection } from './query-client.ts'

/** Beside an open stream: only in case an event got lost on the way. */
const besideStreamMs = 60_000
/** Instead of a stream, where something between browser and server does not let one through. */
const withoutStreamMs = 3_000

/** One execution, kept up to date from the server's events until it is final. */
export function useLiveExecution(executionId: string): UseQueryResult<ExecutionView> {
  const client = useQueryClient()
  const [status, setStatus] = useState<StreamStatus>('connecting')
  const query = useQuery({
    ...executionQuery(executionId),
    refetchInterval: ({ state }) => {
      if (state.data === undefined || isFinal(state.data.state)) return false
      return status === 'open' ? besideStreamMs : withoutStreamMs
    },
  })
  const isLive = query.data !== undefined && !isFinal(query.data.state)
  useEffect(() => {
    if (!isLive) return undefined
    const stop = new AbortController()
    const source = `execution ${executionId}`
    void followEvents({
      signal: stop.signal,
      whenVisible,
      pause: connection.pause,
      open: (lastEventId, signal) =>
        api.raw(executionEndpoints.events, {
          params: { executionId },
          signal,
          ...(lastEventId === undefined ? {} : { headers: { 'last-event-id': lastEventId } }),
        }),
      onEvent({ event, data }) {
        if (event !== 'execution') return
        const next = executionEndpoints.events.reply.safeParse(JSON.parse(data))
        if (!next.success) return
        client.setQueryData(executionQuery(executionId).queryKey, (current) =>
          current !== undefined && current.version > next.data.version ? current : next.data,
        )
      },
      onStatus(next) {
        setStatus(next)
        connection.report(source, next !== 'lost')
      },
    })
    return () => {
      stop.abort()
      connection.forget(source)
    }
  }, [client, executionId, isLive])
  return query
}
