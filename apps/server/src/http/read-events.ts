/** Reads server-sent events over a real connection, for tests. */
export interface EventReader {
  /** The next event; fails after five seconds without one. */
  next(): Promise<{ readonly event: string; readonly data: string; readonly id: string | undefined }>
  /** Whether the server ends the stream within five seconds. */
  ended(): Promise<boolean>
  /** Events that have arrived and were not taken. */
  received(): number
  close(): void
}

const patienceMs = 5_000

export async function openEvents(url: string, key: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const abort = new AbortController()
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}`, ...headers }, signal: abort.signal })
  if (response.status !== 200 || response.body === null) throw new Error(`The stream answered ${String(response.status)}.`)
  const waiting: { event: string; data: string; id: string | undefined }[] = []
  let wake: () => void = () => {}
  let isOver = false
  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder()
    let pending = ''
    for await (const bytes of body) {
      pending += decoder.decode(bytes, { stream: true })
      const blocks = pending.split('\n\n')
      pending = blocks.pop() ?? ''
      for (const block of blocks) {
        const fields = new Map(
          block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        )
        const data = fields.get('data')
        if (data !== undefined) waiting.push({ event: fields.get('event') ?? 'message', data, id: fields.get('id') })
      }
      wake()
    }
  }
  void read(response.body)
    .catch(() => {})
    .then(() => {
      isOver = true
      wake()
    })
  const until = async (condition: () => boolean): Promise<boolean> => {
    const deadline = Date.now() + patienceMs
    while (!condition()) {
      if (Date.now() > deadline) return false
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now() + 1)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return true
  }
  return {
    async next() {
      await until(() => waiting.length > 0 || isOver)
      const event = waiting.shift()
      if (event === undefined) throw new Error(isOver ? 'The stream has ended.' : 'No event came.')
      return event
    },
    ended: () => until(() => isOver),
    received: () => waiting.length,
    close: () => abort.abort(),
  }
}
