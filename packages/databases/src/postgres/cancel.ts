import { connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { TlsAttempt } from './tls.ts'

/** Where and how the session that is to be cancelled was opened. */
export interface CancelAddress {
  readonly host: string
  readonly port: number
  readonly tls: TlsAttempt
  readonly processId: number
  readonly secretKey: number
}

const timeoutMs = 10_000

/**
 * Sends a CancelRequest, https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS. It needs no
 * login and works when the server is out of connections. Resolves when the server has closed the connection, which it does after
 * it has signalled the session; it never says whether there was something to cancel.
 */
export async function sendCancelRequest(address: CancelAddress): Promise<void> {
  const socket = address.host.startsWith('/')
    ? connectSocket(`${address.host}/.s.PGSQL.${address.port}`)
    : connectSocket(address.port, address.host)
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no answer to the cancel request in time')))
  try {
    await once(socket, 'connect')
    const stream = address.tls === false ? socket : await upgrade(socket, address)
    const request = Buffer.alloc(16)
    request.writeInt32BE(16, 0)
    request.writeInt32BE(80_877_102, 4)
    request.writeInt32BE(address.processId, 8)
    request.writeInt32BE(address.secretKey, 12)
    const closed = once(stream, 'close')
    stream.resume()
    stream.end(request)
    await closed
  } finally {
    socket.destroy()
  }
}

async function upgrade(socket: Socket, address: CancelAddress): Promise<Socket> {
  const request = Buffer.alloc(8)
  request.writeInt32BE(8, 0)
  request.writeInt32BE(80_877_103, 4)
  const answered = new Promise<Buffer>((resolve, reject) => {
    socket.once('data', resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed the connection')))
  })
  socket.write(request)
  if ((await answered).toString('latin1') !== 'S') return socket
  const { connect: connectTls } = await import('node:tls')
  const stream = connectTls({ ...address.tls, socket, host: address.host } as ConnectionOptions)
  await once(stream, 'secureConnect')
  return stream
}

function once(socket: Socket, event: 'connect' | 'secureConnect' | 'close'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve())
    socket.once('error', reject)
  })
}
