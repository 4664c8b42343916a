import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import type { Reach } from './reach-from-pods.ts'

/** A certificate of its own authority for addresses, in PEM. */
export interface TestCertificate {
  readonly certificate: string
  readonly key: string
}

/** Makes one in a folder with openssl. */
export function createCertificate(folder: string, addresses: readonly string[]): TestCertificate {
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
  const names = addresses.map((address) => `IP:${address}`).join(',')
  const subject = ['-subj', '/CN=sluice-test', '-addext', `subjectAltName=${names}`, '-days', '2']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
}

/** Serves a port of this machine's loopback with TLS at an address that pods reach. */
export function serveTls(host: string, port: number, { certificate, key }: TestCertificate): Promise<Reach> {
  const open = new Set<TLSSocket>()
  const server = createServer({ cert: certificate, key }, (incoming) => {
    const outgoing = connect(port, '127.0.0.1')
    open.add(incoming)
    incoming.on('error', () => outgoing.destroy())
    incoming.on('close', () => {
      open.delete(incoming)
      outgoing.destroy()
    })
    outgoing.on('error', () => incoming.destroy())
    outgoing.on('close', () => incoming.destroy())
    incoming.pipe(outgoing).pipe(incoming)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        [Symbol.asyncDispose]: () =>
          new Promise((done) => {
            server.close(() => done())
            for (const socket of open) socket.destroy()
          }),
      }),
    )
  })
}
