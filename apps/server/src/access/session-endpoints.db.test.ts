import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openTestServer, type TestServer } from '../test-server.ts'

describe('sessions', () => {
  let server: TestServer
  before(async () => {
    server = await openTestServer()
  })
  after(() => server[Symbol.asyncDispose]())

  const login = (body: unknown, headers: Record<string, string> = {}) =>
    server.call('POST', '/api/v1/session', { key: null, body, headers })
  const cookieOf = (answer: { headers: Readonly<Record<string, unknown>> }): string =>
    String([answer.headers['set-cookie']].flat()[0]).split(';')[0] ?? ''

  it('a key opens a session whose cookie no script can read', async () => {
    const answer = await login({ apiKey: server.adminKey })
    assert.equal(answer.status, 200)
    const cookie = String(answer.headers['set-cookie'])
    assert.match(cookie, /HttpOnly/)
    assert.match(cookie, /SameSite=Strict/)
    assert.doesNotMatch(cookie, new RegExp(server.adminKey))
    const who = await server.call('GET', '/api/v1/whoami', { key: null, headers: { cookie: cookieOf(answer) } })
    assert.equal(who.body.role, 'admin')
  })

  it('a change with a cookie needs the Origin of this server', async () => {
    const cookie = cookieOf(await login({ apiKey: server.adminKey }))
    const change = (headers: Record<string, string>) =>
      server.call('POST', '/api/v1/login-codes', { key: null, headers: { cookie, host: 'sluice.test', ...headers } })
    assert.equal((await change({ origin: 'http://sluice.test' })).status, 201)
    assert.equal((await change({})).status, 403)
    assert.equal((await change({ origin: 'https://evil.test' })).status, 403)
    assert.equal((await change({ origin: 'null' })).status, 403)
    assert.equal((await change({ origin: 'http://sluice.test:81' })).body.error.code, 'ORIGIN_REFUSED')
  })

  it('a login code opens one session and no second', async () => {
    const { body } = await server.call('POST', '/api/v1/login-codes', { key: await server.makeKey('viewer') })
    const first = await login({ code: body.code })
    assert.equal(first.status, 200)
    assert.equal(first.body.role, 'viewer')
    assert.equal((await login({ code: body.code })).status, 401)
  })

  it('logging out ends the session', async () => {
    const cookie = cookieOf(await login({ apiKey: server.adminKey }))
    await server.call('DELETE', '/api/v1/session', { key: null, headers: { cookie, host: 'a.test', origin: 'http://a.test' } })
    assert.equal((await server.call('GET', '/api/v1/whoami', { key: null, headers: { cookie } })).status, 401)
  })

  it('a revoked key ends its sessions', async () => {
    const made = await server.call('POST', '/api/v1/api-keys', { body: { name: 'short', role: 'viewer' } })
    const cookie = cookieOf(await login({ apiKey: made.body.key }))
    assert.equal((await server.call('GET', '/api/v1/whoami', { key: null, headers: { cookie } })).status, 200)
    assert.equal((await server.call('DELETE', `/api/v1/api-keys/${String(made.body.id)}`)).status, 200)
    assert.equal((await server.call('GET', '/api/v1/whoami', { key: null, headers: { cookie } })).status, 401)
    assert.equal((await server.call('GET', '/api/v1/whoami', { key: made.body.key as string })).status, 401)
  })

  it('an expired key opens nothing', async () => {
    const { db } = server.app.context.store
    const made = await server.call('POST', '/api/v1/api-keys', { body: { name: 'old', role: 'viewer', expiresInDays: 1 } })
    await db
      .updateTable('api_keys')
      .set({ expires_at: new Date(Date.now() - 1000) })
      .where('id', '=', made.body.id as string)
      .execute()
    assert.equal((await server.call('GET', '/api/v1/whoami', { key: made.body.key as string })).status, 401)
    assert.equal((await login({ apiKey: made.body.key })).status, 401)
  })

  it('no token, key or code is stored as it is', async () => {
    const key = await server.call('POST', '/api/v1/api-keys', { body: { name: 'hidden', role: 'viewer' } })
    const token = await server.call('POST', '/api/v1/delegate-tokens', { body: {} })
    const code = await server.call('POST', '/api/v1/login-codes')
    const session = cookieOf(await login({ apiKey: server.adminKey })).split('=')[1] ?? ''
    const { rows } = await server.app.context.store.pool.query<{ dump: string }>(
      `select string_agg(t::text, ' ') as dump from (
         select row_to_json(a)::text as t from api_keys a union all select row_to_json(b)::text from enrolment_tokens b
         union all select row_to_json(c)::text from login_codes c union all select row_to_json(d)::text from sessions d
         union all select row_to_json(e)::text from audit_events e) as all_rows`,
    )
    for (const secret of [key.body.key, token.body.token, code.body.code, session] as string[]) {
      assert.ok(secret.length >= 43)
      assert.ok(!rows[0]?.dump.includes(secret))
    }
  })

  it('the last key that administers the account cannot be revoked', async () => {
    const { items } = (await server.call('GET', '/api/v1/api-keys')).body as { items: { id: string; role: string }[] }
    const admins = items.filter((item) => item.role === 'admin')
    const answers = []
    for (const { id } of admins) answers.push(await server.call('DELETE', `/api/v1/api-keys/${id}`))
    const last = answers.at(-1)
    assert.equal(last?.status, 412)
    assert.equal(last.body.error.code, 'LAST_ADMIN_KEY')
  })
})

it('guessing logins is slowed down, per address, and a right key is refused too while it lasts', async (t) => {
  const server = await openTestServer(t)
  const login = (apiKey: string) => server.call('POST', '/api/v1/session', { key: null, body: { apiKey } })
  for (let index = 0; index < 10; index++) assert.equal((await login('slk_wrong')).status, 401)
  const refused = await login(server.adminKey)
  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.equal((await server.call('GET', '/api/v1/whoami')).status, 200)
})
