import { rmSync } from 'node:fs'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import { AppError } from '@sluice/base'
import type { PodListener, Relay, RelayOptions } from './relay.ts'
import { makeSocketFolder } from './socket-path.ts'

/** The relay's entrances: a socket for runners on this machine, and where there is a cluster TLS for those in pods. */
export function createListeners(
  { socketPath, pods }: Pick<RelayOptions, 'socketPath' | 'pods'>,
  handle: (request: IncomingMessage, response: ServerResponse, isPod: boolean) => void,
): Relay {
  const serve =
    (isPod: boolean) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      handle(request, response, isPod)
    }
  const server = createServer(serverLimits, serve(false))
  const podServer =
    pods === undefined
      ? undefined
      : createTlsServer(
          {
            ...serverLimits,
            key: pods.key.key,
            cert: pods.key.certificate,
            minVersion: 'TLSv1.3',
            ALPNProtocols: ['http/1.1'],
            handshakeTimeout: 10_000,
          },
          serve(true),
        )
  if (podServer !== undefined) podServer.maxConnections = 4096

  return {
    async listen() {
      await listenAt(server, socketPath)
      if (podServer !== undefined && pods !== undefined) await listenForPods(podServer, pods)
    },
    get podPort() {
      const address = podServer?.address()
      return typeof address === 'object' && address !== null ? address.port : 0
    },
    async close() {
      await Promise.all([closeServer(server), ...(podServer === undefined ? [] : [closeServer(podServer)])])
    },
  }
}

const serverLimits = { requestTimeout: 0, headersTimeout: 10_000, keepAliveTimeout: 30_000, maxHeaderSize: 16 * 1024 }

function closeServer(server: Pick<Server, 'close' | 'closeAllConnections' | 'listening'>): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}

function listenForPods(server: Server | ReturnType<typeof createTlsServer>, { host, port }: PodListener): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: Error) => {
      reject(
        new AppError('conflict', 'RELAY_IN_USE', `The relay cannot listen for pods at ${host}:${port}.`, {
          hint: 'Something else listens there, or the address is not this machine’s: set SLUICE_DELEGATE_RELAY_LISTEN.',
          cause,
        }),
      )
    })
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

/** Throws `AppError('conflict', 'RELAY_IN_USE')` when something answers there already. */
async function listenAt(server: Server, socketPath: string): Promise<void> {
  makeSocketFolder(socketPath)
  if (await isAnswered(socketPath)) {
    throw new AppError('conflict', 'RELAY_IN_USE', `Something listens at "${socketPath}" already.`, {
      hint: 'Stop the other delegate, or set SLUICE_DELEGATE_SOCKET.',
    })
  }
  // What a killed delegate left.
  rmSync(socketPath, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // The mask is the whole process's, but the socket is made before `listen` returns: nothing else runs meanwhile.
    const umask = process.umask(0o177)
    try {
      server.listen(socketPath, () => {
        server.off('error', reject)
        resolve()
      })
    } finally {
      process.umask(umask)
    }
  })
}

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}
