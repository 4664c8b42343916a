/** What `pg` has for COPY and its types leave out. */
export interface CopyConnection {
  readonly stream: { readonly writableNeedDrain: boolean; once(event: 'drain', listener: () => void): unknown }
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** Characters per message: as many as the socket takes at a time. */
const chunkLength = 64 * 1024

/**
 * Sends the data of a COPY as fast as the server takes it, and its end. Returns at once; the answer is the statement's. The function it gives
 * stops it: after an error the server throws away what is still under way.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
export function sendCopyData(connection: CopyConnection, data: string): () => void {
  let at = 0
  let isStopped = false
  const send = (): void => {
    if (isStopped) return
    if (at >= data.length) {
      connection.endCopyFrom()
      return
    }
    let end = Math.min(at + chunkLength, data.length)
    // Both halves of a pair go together.
    if (isHighSurrogate(data.charCodeAt(end - 1)) && end < data.length) end++
    connection.sendCopyFromChunk(Buffer.from(data.slice(at, end)))
    at = end
    // Not at once even where the socket takes more: timers and a cancel have to come through.
    if (connection.stream.writableNeedDrain) connection.stream.once('drain', () => setImmediate(send))
    else setImmediate(send)
  }
  send()
  return () => (isStopped = true)
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
