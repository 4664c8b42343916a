import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import { openFaultProxy } from './open-fault-proxy.ts'
import { waitFor } from './wait-for.ts'

/** A server that answers with the number of the request and its body. */
async function openCounter(): Promise<AsyncDisposable & { url: string; requests: string[] }> {
  const requests: string[] = []
  const server = createServer((incoming, outgoing) => {
    let body = ''
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()))
    incoming.on('end', () => {
      requests.push(`${incoming.method} ${incoming.url} ${body}`)
      outgoing.setHeader('x-count', requests.length)
      outgoing.end(`answer ${requests.length} `.padEnd(2000, '.'))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, [Symbol.asyncDispose]: close }
}

/** A server that sends every byte back. */
async function openEcho(): Promise<AsyncDisposable & { url: string }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return { url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close }
}

function post(url: string, body: string, timeoutMs = 5000): Promise<Response> {
  return fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(timeoutMs) })
}

test('without faults a request and its answer pass unchanged', async () => {
  await using target = await openCounter()
  await using proxy = await openFaultProxy({ target: target.url, seed: 1 })
  const answer = await post(`${proxy.url}/a?b=c`, 'hello')
  assert.equal(answer.headers.get('x-count'), '1')
  assert.match(await answer.text(), /^answer 1 /)
  assert.deepEqual(target.requests, ['POST /a?b=c hello'])
})

test('a dropped request never arrives, a dropped response has arrived, a duplicate arrives twice', async () => {
  await using target = await openCounter()
  await using proxy = await openFaultProxy({ target: target.url, seed: 1 })
  proxy.injectNext('dropRequest')
  await assert.rejects(post(proxy.url, 'one'))
  assert.equal(target.requests.length, 0)
  proxy.injectNext('dropResponse')
  await assert.rejects(post(proxy.url, 'two'))
  assert.equal(target.requests.length, 1)
  proxy.injectNext('duplicate', /POST/)
  assert.match(await (await post(proxy.url, 'three')).text(), /^answer 3/)
  assert.deepEqual(target.requests, ['POST / two', 'POST / three', 'POST / three'])
  assert.deepEqual(
    proxy.faults.map(({ fault }) => fault),
    ['dropRequest', 'dropResponse', 'duplicate'],
  )
})

test('a truncated answer breaks off, and a half-open one never comes', async () => {
  await using target = await openCounter()
  await using proxy = await openFaultProxy({ target: target.url, seed: 1 })
  proxy.injectNext('truncate')
  const broken = await post(proxy.url, 'one')
  await assert.rejects(broken.text())
  proxy.injectNext('halfOpen')
  await assert.rejects(post(proxy.url, 'two', 100), { name: 'TimeoutError' })
  assert.equal(target.requests.length, 2)
})

test('an injected fault waits for the request that matches', async () => {
  await using target = await openCounter()
  await using proxy = await openFaultProxy({ target: target.url, seed: 1 })
  proxy.injectNext('dropRequest', /\/second$/)
  assert.equal((await post(`${proxy.url}/first`, '')).status, 200)
  await assert.rejects(post(`${proxy.url}/second`, ''))
})

test('a seed gives the same faults again', async () => {
  await using target = await openCounter()
  const run = async (seed: number): Promise<string> => {
    await using proxy = await openFaultProxy({ target: target.url, seed, rates: { dropRequest: 0.3, duplicate: 0.2 } })
    for (let count = 0; count < 30; count++) await post(`${proxy.url}/${count}`, '').catch(() => {})
    return proxy.faults.map(({ fault, subject }) => `${fault} ${subject}`).join()
  }
  const first = await run(7)
  assert.equal(await run(7), first)
  assert.notEqual(await run(8), first)
  assert.match(first, /dropRequest.*duplicate|duplicate.*dropRequest/)
})

test('a proxy that is down refuses, and comes up on the same port', async () => {
  await using target = await openCounter()
  await using proxy = await openFaultProxy({ target: target.url, seed: 1 })
  await (await post(proxy.url, '')).text()
  proxy.goDown()
  await assert.rejects(post(proxy.url, ''))
  await proxy.comeUp()
  assert.equal((await post(proxy.url, '')).status, 200)
})

test('bytes pass through TCP both ways, and stand still while it is frozen', async () => {
  await using target = await openEcho()
  await using proxy = await openFaultProxy({ target: target.url, seed: 1 })
  const socket = connect(proxy.port, proxy.host)
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
  socket.write('one')
  await waitFor(() => received === 'one')
  proxy.freeze()
  socket.write('two')
  const quiet = connect(proxy.port, proxy.host)
  await once(quiet, 'connect')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(received, 'one')
  proxy.thaw()
  await waitFor(() => received === 'onetwo')
  quiet.destroy()
  const ended = once(socket, 'error')
  proxy.resetAll()
  const [error] = (await ended) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNRESET')
})

test('a half-open TCP connection swallows what comes back', async () => {
  await using target = await openEcho()
  await using proxy = await openFaultProxy({ target: target.url, seed: 1, rates: { halfOpen: 1 } })
  const socket = connect(proxy.port, proxy.host)
  socket.on('data', () => assert.fail('nothing may come back'))
  socket.write('one')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.ok(!socket.destroyed)
  socket.destroy()
})
