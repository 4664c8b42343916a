import { backoffMs } from '@sluice/base'
import { HttpCallError, readEventStream, type ServerSentEvent } from '@sluice/client'

export type StreamStatus = 'connecting' | 'open' | 'lost' | 'ended' | 'refused'

export interface FollowOptions {
  /** Opens the stream, after the event with this id if there was one. */
  readonly open: (lastEventId: string | undefined, signal: AbortSignal) => Promise<Pick<Response, 'body'>>
  readonly onEvent: (event: ServerSentEvent) => void
  /** `refused` comes with the server's answer, and ends the following. */
  readonly onStatus: (status: StreamStatus, error?: unknown) => void
  /** Waits before a retry; may return early when the connection is likely back. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
  /** Resolves once the page can be seen. The signal it gives is aborted when it no longer can. */
  readonly whenVisible: (signal: AbortSignal) => Promise<AbortSignal>
  readonly signal: AbortSignal
  readonly random?: (() => number) | undefined
}

/**
 * Follows an event stream until its `end` event, a refusal, or the signal; reconnects with Last-Event-ID after anything else. Streams are
 * held by visible pages alone, since browsers allow six connections to one HTTP/1.1 server, over all tabs.
 */
export async function followEvents(options: FollowOptions): Promise<void> {
  const { signal, onEvent, onStatus } = options
  let lastEventId: string | undefined
  let failures = 0
  while (!signal.aborted) {
    const hidden = await options.whenVisible(signal)
    if (signal.aborted) return
    let retryAfterMs = 0
    try {
      if (failures === 0) onStatus('connecting')
      const response = await options.open(lastEventId, AbortSignal.any([signal, hidden]))
      onStatus('open')
      for await (const event of readEventStream(response)) {
        if (signal.aborted) return
        failures = 0
        lastEventId = event.id ?? lastEventId
        onEvent(event)
        if (event.event === 'end') return onStatus('ended')
      }
    } catch (error) {
      if (signal.aborted) return
      if (isRefusal(error)) return onStatus('refused', error)
      retryAfterMs = error instanceof HttpCallError ? (error.retryAfterMs ?? 0) : 0
    }
    if (hidden.aborted || signal.aborted) continue
    onStatus('lost')
    await options.pause(Math.max(retryAfterMs, 300 + backoffMs(failures, 500, 10_000, options.random)), signal)
    failures += 1
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof HttpCallError && error.status >= 400 && error.status < 500 && ![408, 429].includes(error.status)
}
