import { deepEqual, equal, rejects } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type Server, createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { defaultTimings } from '@sluice/base'
import { type Upstream, createUpstream } from './upstream.ts'

const read = (name: string): string => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8')
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port
const listen = (server: Server | ReturnType<typeof createServer>): Promise<void> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })

describe('the way to the control plane', () => {
  const certificate = read('tls-certificate.pem')
  const target = createServer({ key: read('tls-key.pem'), cert: certificate }, (_, response) => response.end('hello'))
  const tunnels: string[] = []
  const proxy = createHttpServer()
  const opened: Upstream[] = []
  before(async () => {
    proxy.on('connect', (request, socket, head) => {
      tunnels.push(request.url ?? '')
      const onward = connect(portOf(target), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        onward.write(head)
        onward.pipe(socket)
        socket.pipe(onward)
      })
      onward.on('error', () => socket.destroy())
      socket.on('error', () => onward.destroy())
    })
    await listen(target)
    await listen(proxy)
  })
  after(async () => {
    for (const upstream of opened) await upstream.close()
    target.closeAllConnections()
    proxy.closeAllConnections()
    target.close()
    proxy.close()
  })
  const open = (serverUrl: string, more: { serverCa?: string; proxy?: { https?: string; none?: string } } = {}): Upstream => {
    const upstream = createUpstream({ serverUrl, proxy: {}, timings: defaultTimings, ...more })
    opened.push(upstream)
    return upstream
  }
  const ask = async (upstream: Upstream, url: string): Promise<string> =>
    (await upstream.fetch(url, { method: 'GET', headers: {} })).text()

  it('trusts the authority of SLUICE_SERVER_CA, and no unknown one', async () => {
    const url = `https://localhost:${portOf(target)}`
    equal(await ask(open(url, { serverCa: certificate }), url), 'hello')
    await rejects(ask(open(url), url))
  })

  it('goes through the proxy, checking the certificate behind it', async () => {
    const https = `http://127.0.0.1:${portOf(proxy)}`
    const url = 'https://sluice.test'
    tunnels.length = 0
    equal(await ask(open(url, { serverCa: certificate, proxy: { https } }), url), 'hello')
    deepEqual(tunnels, ['sluice.test:443'])
    await rejects(ask(open(url, { proxy: { https } }), url))
    await rejects(ask(open('https://other.test', { serverCa: certificate, proxy: { https } }), 'https://other.test'))
  })

  it('uses no proxy towards this machine or what NO_PROXY names', async () => {
    const https = `http://127.0.0.1:${portOf(proxy)}`
    const url = `https://127.0.0.1:${portOf(target)}`
    tunnels.length = 0
    equal(await ask(open(url, { serverCa: certificate, proxy: { https } }), url), 'hello')
    await rejects(
      ask(open('https://sluice.test:1', { serverCa: certificate, proxy: { https, none: '.test' } }), 'https://sluice.test:1'),
    )
    deepEqual(tunnels, [])
  })
})
