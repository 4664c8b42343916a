import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openTestServer, sortedStatuses, type TestServer } from '../test-server.ts'
import { addressOf, createSamples, sampleSealedValue as sealed, sampleValueAddress as address } from './entity-samples.ts'

describe('sealed values', () => {
  let server: TestServer
  before(async () => {
    server = await openTestServer()
    await createSamples(server)
  })
  after(() => server[Symbol.asyncDispose]())

  const put = (body: unknown) => server.call('PUT', address, { body })

  it('are stored one version after the other, and only their recipients are shown', async () => {
    const first = await put(sealed(1))
    assert.equal(first.status, 200, JSON.stringify(first.body))
    assert.deepEqual(first.body.facts, { valueVersion: 1, recipients: ['0123456789abcdef0123456789abcdef'] })
    assert.equal((await put(sealed(2))).body.facts.valueVersion, 2)
    const { body } = await server.call('GET', addressOf('secret'))
    assert.doesNotMatch(JSON.stringify(body), /ciphertext|wrappedKey/)
  })

  it('of two writers with the same version one is refused, and told the next', async () => {
    const { body } = await server.call('GET', addressOf('secret'))
    const next = (body.facts.valueVersion as number) + 1
    const answers = await Promise.all([put(sealed(next)), put(sealed(next))])
    assert.deepEqual(sortedStatuses(answers), [200, 409])
    const refused = answers.find(({ status }) => status === 409)
    assert.equal(refused?.body.error.code, 'SECRET_VERSION')
    assert.equal(refused?.body.error.details.nextVersion, next + 1)
  })

  for (const [what, body] of [
    ['plaintext beside the record', { ...sealed(9), value: 'hunter2' }],
    ['plaintext inside the record', sealed(9, { value: 'hunter2' })],
    ['plaintext in place of the record', { version: 9, record: { value: 'hunter2' } }],
    ['plaintext as ciphertext', sealed(9, { ciphertext: 'hunter2 is not sealed' })],
    ['a short ciphertext', sealed(9, { ciphertext: 'aHVudGVyMg' })],
    ['no recipient', sealed(9, { recipients: [] })],
    ['a record of another format version', sealed(9, { v: 2 })],
    ['a record for another secret', sealed(9, { secretId: 'other' })],
    ['a record for another project', sealed(9, { scope: { org: 'default', project: 'other' } })],
    ['a record for another version', { ...sealed(9), version: 10 }],
  ] as const) {
    it(`${what} is refused and changes nothing`, async () => {
      const before_ = await server.call('GET', addressOf('secret'))
      const { status, body: answer } = await put(body)
      assert.equal(status, 400)
      assert.ok((answer.error.details.issues as unknown[]).length > 0)
      assert.doesNotMatch(JSON.stringify(answer), /hunter2/)
      assert.deepEqual((await server.call('GET', addressOf('secret'))).body, before_.body)
    })
  }

  it('belong to sealed secrets only', async () => {
    const body = { identifier: 'fromEnv', spec: { provider: 'env', variable: 'DB_PASSWORD' } }
    await server.call('POST', '/api/v1/secrets', { body })
    const answer = await server.call('PUT', '/api/v1/secrets/fromEnv/value', { body: sealed(1) })
    assert.equal(answer.status, 412)
    assert.equal(answer.body.error.code, 'SECRET_NOT_SEALED')
  })

  it('go to approved delegates that serve the place', async () => {
    const { db } = server.app.context.store
    const delegate = (name: string, place: object, more: object = {}) => ({
      id: `dlg_${name}`,
      name,
      ...place,
      approved: true,
      seal_public_key: 'key'.padEnd(43, 'A'),
      key_id: '0123456789abcdef0123456789abcdef',
      ...more,
    })
    await db
      .insertInto('delegates')
      .values([
        delegate('account', {}),
        delegate('org', { org: 'default' }),
        delegate('project', { org: 'default', project: 'default' }),
        delegate('other', { org: 'acme', project: 'web' }),
        delegate('unapproved', {}, { approved: false }),
        delegate('revoked', {}, { revoked: true }),
      ])
      .execute()
    const names = async (query: string) =>
      (
        (await server.call('GET', `/api/v1/secret-recipients?${query}`)).body.items as {
          delegateName: string
          fingerprint: string
        }[]
      )
        .map((one) => one.delegateName)
        .toSorted()
    assert.deepEqual(await names('projectIdentifier=default'), ['account', 'org', 'project'])
    assert.deepEqual(await names('orgIdentifier=acme&projectIdentifier=web'), ['account', 'other'])
    assert.deepEqual(await names('orgIdentifier=default'), ['account', 'org', 'project'])
  })
})
