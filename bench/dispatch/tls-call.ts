import { connect, type TLSSocket } from 'node:tls'

/** A call over TLS on a kept connection. Throws for answers that are not successes. */
export type TlsCall = (path: string, body: object | undefined, token?: string) => Promise<Record<string, unknown>>

/**
 * Speaks HTTP/1.1 with as little of a client as possible: the load generator shares its machine with the server, and the delegates it
 * plays would run elsewhere. A call that comes while another one is held gets a connection of its own; both are kept.
 */
export async function openTlsCall(baseUrl: string, ca: string): Promise<TlsCall> {
  const idle = [await openConnection(baseUrl, ca)]
  return async (path, body, token) => {
    const connection = idle.pop() ?? (await openConnection(baseUrl, ca))
    try {
      return await connection(path, body, token)
    } finally {
      idle.push(connection)
    }
  }
}

/** One connection, one call at a time. Answers must have a Content-Length, as this server's JSON has. */
async function openConnection(baseUrl: string, ca: string): Promise<TlsCall> {
  const { hostname, port } = new URL(baseUrl)
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const opened = connect({
      host: hostname,
      port: Number(port),
      ca,
      servername: 'localhost',
      checkServerIdentity: () => undefined,
    })
    opened.setNoDelay(true)
    opened.once('secureConnect', () => resolve(opened))
    opened.once('error', reject)
  })
  let waiting:
    | {
        readonly path: string
        readonly resolve: (answer: Record<string, unknown>) => void
        readonly reject: (error: unknown) => void
      }
    | undefined
  let received = ''
  const fail = (error: unknown): void => waiting?.reject(error)
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('The server closed the connection.')))
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    received += chunk
    const headEnd = received.indexOf('\r\n\r\n')
    if (headEnd < 0 || waiting === undefined) return
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.slice(0, headEnd))?.[1])
    if (received.length < headEnd + 4 + length) return
    const body = Buffer.from(received.slice(headEnd + 4), 'latin1').toString('utf8')
    const status = Number(received.slice(9, 12))
    const { path, resolve, reject } = waiting
    received = ''
    waiting = undefined
    if (status >= 300) reject(new Error(`${path} answered ${String(status)}: ${body.slice(0, 500)}`))
    else resolve(JSON.parse(body) as Record<string, unknown>)
  })
  return (path, body, token) =>
    new Promise((resolve, reject) => {
      if (waiting !== undefined) throw new Error('One call at a time.')
      waiting = { path, resolve, reject }
      const text = body === undefined ? '' : JSON.stringify(body)
      const type = body === undefined ? '' : 'content-type: application/json\r\n'
      const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`
      const head = `POST ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${type}${authorization}`
      socket.write(`${head}content-length: ${String(Buffer.byteLength(text))}\r\n\r\n${text}`)
    })
}
