import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket, createSecureContext } from 'node:tls'

/** Certificates for tests: a CA, a server and a client of it, an expired server, and a CA that has signed none of them. */
export const certificates = Object.fromEntries(
  [
    'ca.pem',
    'server.pem',
    'server.key',
    'client.pem',
    'client.key',
    'expired.pem',
    'expired.key',
    'other-ca.pem',
    'stranger.pem',
    'stranger.key',
    'client-encrypted.key',
  ].map((name) => [name, join(import.meta.dirname, 'testdata', name)]),
) as Readonly<Record<string, string>>

/**
 * Speaks PostgreSQL's TLS negotiation in front of a server without TLS, and passes on what is inside. Gives the common names of
 * the client certificates that it saw.
 */
export async function openTlsFront(
  target: { readonly host: string; readonly port: number },
  options: { readonly certificate: 'server' | 'expired'; readonly requireClient?: boolean },
): Promise<{ readonly port: number; readonly clients: readonly string[]; close(): Promise<void> }> {
  const clients: string[] = []
  const context = createSecureContext({
    cert: readFileSync(certificates[`${options.certificate}.pem`] ?? ''),
    key: readFileSync(certificates[`${options.certificate}.key`] ?? ''),
    ca: readFileSync(certificates['ca.pem'] ?? ''),
  })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => {
      // Whatever comes first is taken for an SSLRequest.
      socket.write('S')
      const secure = new TLSSocket(socket, {
        isServer: true,
        secureContext: context,
        requestCert: options.requireClient === true,
        rejectUnauthorized: options.requireClient === true,
      })
      secure.on('error', () => socket.destroy())
      secure.once('secure', () => {
        const { subject } = secure.getPeerCertificate() as { subject?: { CN?: string } }
        if (subject?.CN !== undefined) clients.push(subject.CN)
        const behind = connect(target.port, target.host)
        behind.on('error', () => secure.destroy())
        secure.pipe(behind).pipe(secure)
        secure.on('close', () => behind.destroy())
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    port,
    clients,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
