import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { errorBody } from '@sluice/contract'
import { openTestServer, type TestServer } from '../test-server.ts'

describe('what a stranger can send', () => {
  let server: TestServer
  before(async () => {
    server = await openTestServer()
  })
  after(() => server[Symbol.asyncDispose]())

  /** Sends a body of that many bytes in chunks, all of it whatever the server says, and gives the answer. */
  const sendLarge = (bytes: number, headers: Record<string, string>): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const chunk = Buffer.alloc(1024 * 1024, 0x20)
      let sent = 0
      const call = request(`${server.url}/api/v1/connectors`, { method: 'POST', headers }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }))
      })
      call.on('error', reject)
      const pump = (): void => {
        while (sent < bytes) {
          sent += chunk.length
          if (!call.write(chunk)) return void call.once('drain', pump)
        }
        call.end()
      }
      pump()
    })

  for (const [how, extra] of [
    ['with its length', { 'content-length': String(100 * 1024 * 1024) }],
    ['in chunks', {}],
  ] as const) {
    it(`a body of 100 MiB, sent ${how}, gets a clear answer and costs no memory`, async () => {
      const before_ = process.memoryUsage()
      const { status, body } = await sendLarge(100 * 1024 * 1024, {
        'content-type': 'application/json',
        authorization: `Bearer ${server.adminKey}`,
        ...extra,
      })
      const grown = process.memoryUsage().arrayBuffers - before_.arrayBuffers
      assert.equal(status, 413)
      const { error } = errorBody.parse(JSON.parse(body))
      assert.equal(error.code, 'BODY_TOO_LARGE')
      assert.match(error.message, /4 MiB/)
      assert.ok(grown < 40 * 1024 * 1024, `${String(grown)} bytes`)
      assert.equal((await server.call('GET', '/api/v1/whoami')).status, 200)
    })
  }

  it('a body of somebody who may not call is not even read', async () => {
    const { status } = await sendLarge(8 * 1024 * 1024, { 'content-type': 'application/json' })
    assert.equal(status, 401)
  })

  for (const [what, path, options, status] of [
    ['an unknown address', '/api/v1/nothing', {}, 404],
    ['a wrong method', '/api/v1/whoami', { method: 'PUT' }, 404],
    ['an address that cannot be decoded', '/api/v1/connectors/%E0%A4%A', {}, 400],
    ['XML', '/api/v1/connectors', { method: 'POST', body: '<a/>', headers: { 'content-type': 'application/xml' } }, 415],
    ['plain text', '/api/v1/connectors', { method: 'POST', body: 'a', headers: { 'content-type': 'text/plain' } }, 415],
    ['no JSON', '/api/v1/connectors', { method: 'POST', body: '{"a":', headers: { 'content-type': 'application/json' } }, 400],
    ['an empty body', '/api/v1/connectors', { method: 'POST', body: '', headers: { 'content-type': 'application/json' } }, 400],
    [
      'an attack on prototypes',
      '/api/v1/connectors',
      { method: 'POST', body: '{"__proto__":{"a":1}}', headers: { 'content-type': 'application/json' } },
      400,
    ],
    ['a repeated query', '/api/v1/connectors?limit=1&limit=2', {}, 400],
    ['a NUL in the address', '/api/v1/connectors/a%00b', {}, 400],
    ['a broken Authorization header', '/api/v1/whoami', { headers: { authorization: 'Basic abc' } }, 401],
  ] as const) {
    it(`${what} gets the one error shape`, async () => {
      const { headers = {}, ...init } = options as { method?: string; body?: string; headers?: Record<string, string> }
      const response = await fetch(`${server.url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${server.adminKey}`, ...headers },
      })
      assert.equal(response.status, status)
      const { error } = errorBody.parse(await response.json())
      assert.match(error.requestId, /^req_/)
      assert.match(error.message, /[.)]$/)
    })
  }

  it('a failure of ours says nothing but the request id', async () => {
    const { store } = server.app.context
    await store.pool.query('alter table audit_events rename column actor to gone')
    const { status, body } = await server.call('POST', '/api/v1/login-codes')
    await store.pool.query('alter table audit_events rename column gone to actor')
    assert.equal(status, 500)
    assert.deepEqual(Object.keys(body.error).toSorted(), ['code', 'hint', 'kind', 'message', 'requestId'])
    assert.equal(body.error.message, 'Internal error.')
  })

  it('answers carry headers that keep browsers from guessing and caching', async () => {
    const { headers } = await server.call('GET', '/api/v1/whoami')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['cache-control'], 'no-store')
  })
})
