import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

/**
 * A pooler in transaction mode, as small as one can be: every client is greeted with a session id of the pooler's own, and each
 * transaction goes to the backend that was free last. Backends log in by trust, with the start-up message of the first client.
 */
export async function openTransactionPooler(
  openBackend: () => Promise<Socket>,
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
        bound ??= idle.pop() ?? (await openBackend())
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

/** Logs in to a server that trusts, and waits until it is ready. */
export async function openTrustedBackend(host: string, port: number, user: string, database: string): Promise<Socket> {
  const socket = connect(port, host)
  await once(socket, 'connect')
  const parameters = Buffer.from(`user\0${user}\0database\0${database}\0\0`)
  socket.write(Buffer.concat([int32(parameters.length + 8), int32(196_608), parameters]))
  await untilReady(socket)
  return socket
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
