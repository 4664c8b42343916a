import { executionEndpoints } from '@sluice/contract'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { api } from '../api/client.ts'
import { followEvents, type StreamStatus } from '../api/follow-events.ts'
import { whenVisible } from '../api/page-visible.ts'
import { connection } from '../api/query-client.ts'
import { LogBuffer, type LogSnapshot } from './log-buffer.ts'

export interface LogState extends LogSnapshot {
  readonly status: StreamStatus
  /** The server's refusal, when there was one. */
  readonly error: unknown
}

/** Follows a log from a byte offset on, by the server's events, until it is sealed. One use is one log: key it by the stream. */
export function useLog(executionId: string, stream: string, offset: number): LogState {
  const store = useMemo(() => createLogStore(offset), [offset])
  const [state, setState] = useState<{ status: StreamStatus; error?: unknown }>({ status: 'connecting' })
  useEffect(() => {
    const stop = new AbortController()
    const source = `log ${stream}`
    void followEvents({
      signal: stop.signal,
      whenVisible,
      pause: connection.pause,
      // The store knows better than the last event's id where it is: it also counts what a broken connection lost.
      open: (_, signal) =>
        api.raw(executionEndpoints.logStream, { params: { executionId, stream }, query: { offset: store.nextOffset() }, signal }),
      onEvent({ event, data, id }) {
        if (event === 'log') store.append(logEvent.parse(JSON.parse(data)).text, Number(id))
        else if (event === 'end') store.end()
      },
      onStatus(status, error) {
        setState({ status, error })
        connection.report(source, status !== 'lost')
      },
    })
    return () => {
      stop.abort()
      connection.forget(source)
    }
  }, [store, executionId, stream])
  const snapshot = useSyncExternalStore(store.subscribe, store.snapshot)
  return { ...snapshot, status: state.status, error: state.error }
}

const logEvent = executionEndpoints.logStream.reply

/** A buffer that tells its listeners once a frame at most, however fast the log comes. */
function createLogStore(offset: number) {
  const buffer = new LogBuffer({ startsInside: offset > 0 })
  const listeners = new Set<() => void>()
  let next = offset
  let scheduled = 0
  let shown = buffer.snapshot()
  const changed = (): void => {
    if (scheduled !== 0) return
    scheduled = requestAnimationFrame(() => {
      scheduled = 0
      shown = buffer.snapshot()
      for (const listener of listeners) listener()
    })
  }
  return {
    nextOffset: () => next,
    append(text: string, nextOffset: number) {
      buffer.append(text)
      next = nextOffset
      changed()
    },
    end() {
      buffer.end()
      changed()
    },
    snapshot: () => shown,
    subscribe: (listener: () => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
