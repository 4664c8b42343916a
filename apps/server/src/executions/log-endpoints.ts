import { executionEndpoints } from '@sluice/contract'
import { isLogStreamExpected, type LogStreamState, markLogWatched, readLogBytes, readLogStream } from '@sluice/store'
import type { Caller } from '../access/caller.ts'
import type { App } from '../app-context.ts'
import { createWaker, serveEventStream } from '../http/event-stream.ts'
import { notFound } from '../http/http-error.ts'
import { inputInvalid, registerEndpoint } from '../http/register-endpoint.ts'
import { requireExecution } from './require-execution.ts'
import { wholeCharacters } from './whole-characters.ts'

/** Bytes of one event: small enough to show at once, large enough to be few. */
const eventBytesMax = 64 * 1024
/** How long a runner is told that somebody watches; said again while it is so. */
const watchedMs = 30_000

/** Masked logs: as bytes from an offset, and as a stream of events that resumes exactly. */
export function registerLogEndpoints(app: App): void {
  const { context } = app
  const { store, notifications, clock, timings } = context

  /** The stream's state; empty for one that has not begun. */
  const requireStream = async (caller: Caller, executionId: string, stream: string): Promise<LogStreamState> => {
    await requireExecution(store, caller, executionId)
    const state = await readLogStream(store.db, executionId, stream)
    if (state !== undefined) return state
    if (await isLogStreamExpected(store.db, executionId, stream)) return { length: 0, sealed: false, gaps: [] }
    throw notFound('log', stream, 'The execution names the log streams of its steps.')
  }

  registerEndpoint(app, executionEndpoints.log, async ({ params, query, caller, reply }) => {
    const state = await requireStream(caller, params.executionId, params.stream)
    const bytes = await readLogBytes(store.pool, params.stream, query.offset, query.limit)
    return reply
      .headers({
        'content-type': 'application/octet-stream',
        'cache-control': 'no-store',
        'x-sluice-next-offset': String(query.offset + bytes.length),
        'x-sluice-sealed': String(state.sealed && query.offset + bytes.length >= state.length),
        'x-sluice-gaps': JSON.stringify(state.gaps),
      })
      .send(bytes)
  })

  registerEndpoint(app, executionEndpoints.logStream, async ({ params, query, caller, request, reply }) => {
    const { executionId, stream: id } = params
    await requireStream(caller, executionId, id)
    const resumeAt = readLastEventId(request.headers['last-event-id'])
    return serveEventStream(context, { request, reply, callerId: caller.apiKeyId }, async (stream) => {
      const waker = createWaker(stream.signal)
      const unsubscribe = notifications.subscribe('sluice_log', id, waker.wake)
      let offset = resumeAt ?? query.offset
      let watchedUntil = 0
      try {
        while (!stream.signal.aborted) {
          if (clock.monotonic() > watchedUntil - watchedMs / 2) {
            watchedUntil = clock.monotonic() + watchedMs
            await markLogWatched(store.db, id, watchedMs)
          }
          // Read before the bytes: a seal seen here means that the bytes read afterwards are all.
          const state = await readLogStream(store.db, executionId, id)
          const bytes = await readLogBytes(store.pool, id, offset, eventBytesMax)
          const atEnd = state?.sealed === true && offset + bytes.length >= state.length
          // Half of a character waits for its other half, unless there will be none.
          const whole = atEnd ? bytes : bytes.subarray(0, wholeCharacters(bytes))
          if (whole.length > 0) {
            const next = offset + whole.length
            await stream.send('log', { offset, text: whole.toString('utf8') }, String(next))
            offset = next
          }
          if (atEnd) {
            await stream.send('end', { length: state.length, gaps: state.gaps })
            break
          }
          if (bytes.length < eventBytesMax) await waker.wait(timings.pollRecheckMs)
        }
      } finally {
        unsubscribe()
      }
    })
  })
}

function readLastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined
  const offset = Number(header)
  if (Number.isSafeInteger(offset) && offset >= 0) return offset
  throw inputInvalid([
    { code: 'LAST_EVENT_ID_INVALID', message: 'The Last-Event-ID is not a byte offset.', hint: 'Leave it out.' },
  ])
}
