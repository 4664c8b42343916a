import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import pg from 'pg'

/**
 * A pooler in transaction mode, as small as one can be: every client is greeted with a session id of the pooler's own, and each
 * transaction goes to the backend that was free last. `connectBackend` gives logged-in connections.
 */
export async function openTransactionPooler(
  connectBackend: () => Promise<Socket>,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const idle: Socket[] = []
  const all = new Set<Socket>()
  const server = createServer((client) => {
    all.add(client)
    client.on('error', () => {})
    let greeted = false
    let bound: Socket | undefined
    let pending = Buffer.alloc(0)
    client.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      void pump()
    })
    let pumping = false
    const pump = async (): Promise<void> => {
      if (pumping) return
      pumping = true
      while (pending.length >= 8) {
        if (!greeted) {
          const length = pending.readInt32BE(0)
          if (pending.length < length) break
          const isSslRequest = pending.readInt32BE(4) === 80_877_103
          pending = pending.subarray(length)
          if (isSslRequest) client.write('N')
          else {
            greeted = true
            client.write(
              Buffer.concat([
                message('R', int32(0)),
                message('K', Buffer.concat([int32(999_999_999), int32(1)])),
                message('Z', Buffer.from('I')),
              ]),
            )
          }
          continue
        }
        const request = pending
        pending = Buffer.alloc(0)
        if (request.toString('latin1', 0, 1) === 'X') {
          client.end()
          break
        }
        bound ??= idle.pop() ?? (await connectBackend())
        all.add(bound)
        bound.write(request)
        const { answer, status } = await untilReady(bound)
        client.write(answer)
        if (status === 'I') {
          idle.push(bound)
          bound = undefined
        }
      }
      pumping = false
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      for (const socket of all) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A logged-in connection to the database, stripped of its driver. */
export async function openBackend(url: string): Promise<Socket> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  client.on('error', () => {})
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  stream.removeAllListeners('data')
  return stream
}

/** Everything that a backend says up to and with its ReadyForQuery. */
function untilReady(socket: Socket): Promise<{ readonly answer: Buffer; readonly status: string }> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      answer = Buffer.concat([answer, chunk])
      for (let at = 0; at + 5 <= answer.length; at += answer.readInt32BE(at + 1) + 1) {
        if (answer.toString('latin1', at, at + 1) !== 'Z' || at + 6 > answer.length) continue
        socket.off('data', onData)
        resolve({ answer, status: answer.toString('latin1', at + 5, at + 6) })
        return
      }
    }
    socket.on('data', onData)
    socket.once('close', () => reject(new Error('The backend closed the connection.')))
  })
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}
