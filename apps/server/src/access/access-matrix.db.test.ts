import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { allEndpoints, type Endpoint, type EntityKind, publicEndpoints } from '@sluice/contract'
import type { Role } from '@sluice/store'
import { addressOf, createSamples, pathOf, samples } from '../entities/entity-samples.ts'
import { registered } from '../http/register-endpoint.ts'
import { openTestServer, type TestServer } from '../test-server.ts'

const roles: readonly Role[] = ['viewer', 'operator', 'editor', 'admin']
const isRole = (access: string): access is Role => roles.includes(access as Role)

/** The call with names that nothing has, so that an allowed one fails later, or not at all, and changes nothing. */
function addressFor(endpoint: Endpoint): string {
  return endpoint.path.replaceAll(/\{\w+\}/g, 'nothing')
}

describe('who may call what', () => {
  let server: TestServer
  const keys = new Map<Role, string>()
  before(async () => {
    server = await openTestServer()
    for (const role of roles) keys.set(role, await server.makeKey(role))
  })
  after(() => server[Symbol.asyncDispose]())

  /** Status of a call over a real socket; event streams are closed as soon as they begin. */
  const statusOf = async (endpoint: Endpoint, key: string | undefined): Promise<number> => {
    const abort = new AbortController()
    const response = await fetch(`${server.url}${addressFor(endpoint)}`, {
      method: endpoint.method,
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: abort.signal,
    })
    abort.abort()
    return response.status
  }

  it('every call of the contract is served, and no other', () => {
    assert.deepEqual([...registered(server.app)].toSorted(), allEndpoints.map((endpoint) => endpoint.id).toSorted())
  })

  for (const endpoint of publicEndpoints) {
    const { access, id } = endpoint
    if (!isRole(access)) continue
    it(`${id} takes ${access} and above, nobody else`, async () => {
      assert.equal(await statusOf(endpoint, undefined), 401)
      assert.equal(await statusOf(endpoint, 'slk_wrong'), 401)
      for (const role of roles) {
        const status = await statusOf(endpoint, keys.get(role))
        const allowed: boolean = roles.indexOf(role) >= roles.indexOf(access)
        assert.equal(status === 403, !allowed, `${role}: ${String(status)}`)
        assert.ok(status !== 401 && status < 500, `${role}: ${String(status)}`)
      }
    })
  }

  for (const endpoint of allEndpoints.filter(({ access }) => access === 'delegate' || access === 'attempt')) {
    it(`${endpoint.id} takes no API key, not even an administrator's`, async () => {
      assert.equal(await statusOf(endpoint, keys.get('admin')), 401)
      assert.equal(await statusOf(endpoint, undefined), 401)
    })
  }

  it('the module switch refuses what belongs to the module, and only that', async () => {
    const set = (value: boolean) => server.call('PATCH', '/api/v1/settings', { body: { DBOPS_ENABLED: value } })
    assert.equal((await set(false)).body.DBOPS_ENABLED, false)
    for (const endpoint of publicEndpoints) {
      if (endpoint.kind === 'stream' || endpoint.id === 'session.remove') continue
      const { body } = await server.call(endpoint.method, addressFor(endpoint))
      assert.equal(body?.error?.code === 'MODULE_DISABLED', endpoint.module, endpoint.id)
    }
    assert.equal((await set(true)).body.DBOPS_ENABLED, true)
    assert.equal((await server.call('GET', '/api/v1/db-schemas')).status, 200)
  })
})

describe('how far a key reaches', () => {
  let server: TestServer
  let inside: string
  let elsewhere: string
  let organization: string
  before(async () => {
    server = await openTestServer()
    await createSamples(server)
    inside = await server.makeKey('admin', { org: 'default', project: 'default' })
    elsewhere = await server.makeKey('admin', { org: 'acme', project: 'web' })
    organization = await server.makeKey('admin', { org: 'default' })
    await server.call('POST', pathOf('secret'), { body: { identifier: 'shared', spec: { provider: 'sealed' } } })
  })
  after(() => server[Symbol.asyncDispose]())

  const inDefault: EntityKind[] = ['secret', 'connector', 'dbSchema', 'dbInstance', 'pipeline']

  for (const kind of inDefault) {
    it(`a ${kind} of one project does not exist for the key of another`, async () => {
      assert.equal((await server.call('GET', addressOf(kind), { key: inside })).status, 200)
      assert.equal((await server.call('GET', addressOf(kind), { key: organization })).status, 200)
      assert.equal((await server.call('GET', addressOf(kind), { key: elsewhere })).status, 404)
      assert.equal((await server.call('DELETE', addressOf(kind), { key: elsewhere, ifMatch: 1 })).status, 404)
      assert.equal((await server.call('PUT', addressOf(kind), { key: elsewhere, ifMatch: 1, body: samples[kind] })).status, 404)
      const list = await server.call('GET', pathOf(kind), { key: elsewhere })
      assert.ok(
        !(list.body.items as { spec: { identifier: string } }[]).some(
          (item) => item.spec.identifier === samples[kind]['identifier'],
        ),
      )
    })

    it(`a ${kind} cannot be created in a project out of reach`, async () => {
      const { status, body } = await server.call('POST', pathOf(kind), {
        key: elsewhere,
        body: { ...samples[kind], identifier: 'stolen' },
      })
      assert.equal(status, 403)
      assert.equal(body.error.code, 'SCOPE_REFUSED')
    })
  }

  it('what belongs to the account can be read from a project and changed only by the account', async () => {
    assert.equal((await server.call('GET', '/api/v1/secrets/shared', { key: inside })).status, 200)
    const listed = await server.call('GET', '/api/v1/secrets', { key: inside })
    assert.deepEqual(
      (listed.body.items as { spec: { identifier: string } }[]).map((item) => item.spec.identifier),
      ['shared', 'pw'],
    )
    assert.equal((await server.call('DELETE', '/api/v1/secrets/shared', { key: inside, ifMatch: 1 })).status, 403)
    assert.equal((await server.call('DELETE', '/api/v1/secrets/shared', { key: organization, ifMatch: 1 })).status, 403)
  })

  it('organizations and projects out of reach do not exist', async () => {
    const organizations = await server.call('GET', '/api/v1/organizations', { key: inside })
    assert.deepEqual(
      (organizations.body.items as { spec: { identifier: string } }[]).map((item) => item.spec.identifier),
      ['default'],
    )
    assert.equal((await server.call('GET', '/api/v1/organizations/acme', { key: inside })).status, 404)
    assert.equal((await server.call('GET', '/api/v1/projects/web?orgIdentifier=acme', { key: inside })).status, 404)
    assert.equal(
      (await server.call('POST', '/api/v1/organizations', { key: organization, body: { identifier: 'own' } })).status,
      403,
    )
    assert.equal((await server.call('POST', '/api/v1/projects', { key: organization, body: { identifier: 'own' } })).status, 201)
  })

  it('a key makes keys and tokens within its own scope only, and cannot change the account', async () => {
    const wide = await server.call('POST', '/api/v1/api-keys', { key: inside, body: { name: 'x', role: 'viewer' } })
    assert.equal(wide.status, 403)
    const own = { orgIdentifier: 'default', projectIdentifier: 'default' }
    assert.equal(
      (await server.call('POST', '/api/v1/api-keys', { key: inside, body: { name: 'x', role: 'viewer', ...own } })).status,
      201,
    )
    assert.equal((await server.call('POST', '/api/v1/delegate-tokens', { key: inside, body: {} })).status, 403)
    assert.equal((await server.call('POST', '/api/v1/delegate-tokens', { key: inside, body: own })).status, 201)
    assert.equal((await server.call('PATCH', '/api/v1/settings', { key: inside, body: { DBOPS_ENABLED: false } })).status, 403)
    const tokens = await server.call('GET', '/api/v1/delegate-tokens', { key: elsewhere })
    assert.deepEqual(tokens.body.items, [])
    const keys = await server.call('GET', '/api/v1/api-keys', { key: elsewhere })
    assert.equal((keys.body.items as unknown[]).length, 1)
  })
})
