import type { FetchResponse } from './fetch-response.ts'

/** One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface ServerSentEvent {
  readonly event: string
  readonly data: string
  readonly id: string | undefined
}

/** Longest line or event accepted, in characters: a stream that never ends an event is an error, not a full memory. */
const eventLengthMax = 16 * 1024 * 1024

/** Reads the events of a response until it ends. Comments are skipped. */
export async function* readEventStream(response: Pick<FetchResponse, 'body'>): AsyncGenerator<ServerSentEvent> {
  if (response.body === null) return
  let pending = ''
  let event = 'message'
  let data: string[] = []
  let id: string | undefined
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    pending += text
    if (pending.length > eventLengthMax) throw new Error('A server-sent event is larger than 16 MiB.')
    let end = pending.indexOf('\n')
    while (end >= 0) {
      const line = pending.slice(0, end).replace(/\r$/, '')
      pending = pending.slice(end + 1)
      if (line === '') {
        if (data.length > 0) yield { event, data: data.join('\n'), id }
        event = 'message'
        data = []
      } else if (!line.startsWith(':')) {
        const colon = line.indexOf(':')
        const field = colon < 0 ? line : line.slice(0, colon)
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
        if (field === 'event') event = value
        else if (field === 'data') data.push(value)
        else if (field === 'id') id = value
      }
      end = pending.indexOf('\n')
    }
  }
}
