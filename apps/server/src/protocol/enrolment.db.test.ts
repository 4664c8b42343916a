import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { proofText, protocolEndpoints } from '@sluice/contract'
import { keyIdOf } from '@sluice/store'
import { openTestServer, type TestServer } from '../test-server.ts'
import { ask, tell } from './testing/protocol-client.ts'
import { enrolTestDelegate, makeAuthKeys, prove, type TestKeys } from './testing/test-delegate.ts'

let server: TestServer

async function makeToken(options: { approve?: boolean; uses?: number } = {}): Promise<string> {
  const { body } = await server.call('POST', '/api/v1/delegate-tokens', { body: options })
  return (body as { token: string }).token
}

async function enrolBody(token: string, keys: TestKeys, overrides: object = {}) {
  const { nonce } = await ask(server.url, protocolEndpoints.nonce)
  return {
    token,
    name: `d-${randomBytes(4).toString('hex')}`,
    tags: ['a'],
    instanceName: 'host',
    authPublicKey: keys.publicKey,
    sealPublicKey: randomBytes(32).toString('base64url'),
    nonce,
    proof: prove(keys, proofText('enroll', keys.publicKey, nonce)),
    version: '1',
    protocol: { min: 1, max: 1 },
    ...overrides,
  }
}

before(async () => {
  server = await openTestServer()
})
after(() => server[Symbol.asyncDispose]())

describe('enrolment', () => {
  it('gives an identity once for a token, and the same one again for the same key', async () => {
    const token = await makeToken({ approve: true })
    const keys = makeAuthKeys()
    const first = await ask(server.url, protocolEndpoints.enroll, { body: await enrolBody(token, keys) })
    const again = await ask(server.url, protocolEndpoints.enroll, { body: await enrolBody(token, keys) })
    equal(again.instanceId, first.instanceId)
    equal(again.approved, true)
    const other = await tell(server.url, protocolEndpoints.enroll, { body: await enrolBody(token, makeAuthKeys()) })
    deepEqual([other.status, other.code], [401, 'ENROLMENT_TOKEN_INVALID'])
  })

  it('refuses a proof of another key, an old nonce, and a nonce twice', async () => {
    const token = await makeToken()
    const keys = makeAuthKeys()
    const stolen = await enrolBody(token, keys, {})
    const wrong = { ...stolen, proof: prove(makeAuthKeys(), proofText('enroll', keys.publicKey, stolen.nonce)) }
    equal((await tell(server.url, protocolEndpoints.enroll, { body: wrong })).code, 'PROOF_INVALID')
    await ask(server.url, protocolEndpoints.enroll, { body: stolen })
    equal((await tell(server.url, protocolEndpoints.enroll, { body: stolen })).code, 'NONCE_INVALID')
  })

  it('says which side to upgrade when the versions do not meet', async () => {
    const keys = makeAuthKeys()
    const tooNew = await tell(server.url, protocolEndpoints.enroll, {
      body: await enrolBody('x', keys, { protocol: { min: 7, max: 9 } }),
    })
    deepEqual([tooNew.status, tooNew.code, tooNew.details['upgrade']], [426, 'PROTOCOL_TOO_OLD', 'server'])
    const tooOld = await tell(server.url, protocolEndpoints.enroll, {
      body: await enrolBody('x', keys, { protocol: { min: 0, max: 0 } }),
    })
    equal(tooOld.details['upgrade'], 'delegate')
  })

  it('does not use a token up for a name that is taken', async () => {
    const token = await makeToken({ uses: 2 })
    const body = await enrolBody(token, makeAuthKeys(), { name: 'taken' })
    await ask(server.url, protocolEndpoints.enroll, { body })
    const refused = await tell(server.url, protocolEndpoints.enroll, {
      body: await enrolBody(token, makeAuthKeys(), { name: 'taken' }),
    })
    deepEqual([refused.status, refused.code], [409, 'DELEGATE_NAME_TAKEN'])
    const replica = await enrolBody(token, makeAuthKeys(), { name: 'taken', sealPublicKey: body.sealPublicKey })
    equal((await tell(server.url, protocolEndpoints.enroll, { body: replica })).status, 200)
  })

  it('survives the same enrolment from two connections at once', async () => {
    const token = await makeToken()
    const keys = makeAuthKeys()
    const bodies = await Promise.all(
      Array.from({ length: 8 }, () => enrolBody(token, keys, { name: 'twin', sealPublicKey: 'A'.repeat(43) })),
    )
    const answers = await Promise.all(bodies.map((body) => tell(server.url, protocolEndpoints.enroll, { body })))
    const ids = new Set(answers.filter((answer) => answer.status === 200).map((answer) => answer.body.instanceId))
    equal(ids.size, 1)
  })

  it('names sealing keys as the sealing package does', () => {
    equal(keyIdOf('A'.repeat(43)), '66687aadf862bd776c8fc18b8e9f8e20')
  })
})

describe('access tokens', () => {
  it('open nothing once the delegate is revoked, at once', async () => {
    const delegate = await enrolTestDelegate(server.url, { token: await makeToken() })
    await delegate.heartbeat()
    await server.call('PATCH', `/api/v1/delegates/${delegate.delegateId}`, { body: { revoked: true } })
    const answer = await tell(server.url, protocolEndpoints.poll, {
      token: delegate.accessToken,
      body: { bootId: delegate.bootId, free: 1, draining: false },
    })
    deepEqual([answer.status, answer.code], [401, 'DELEGATE_REVOKED'])
    await delegate.renewToken().then(
      () => ok(false, 'a revoked delegate got a token'),
      (error: Error) => ok(error.message.includes('DELEGATE_REVOKED')),
    )
  })

  it('are refused when they were changed, are of another kind, or missing', async () => {
    const delegate = await enrolTestDelegate(server.url, { token: await makeToken() })
    const body = { bootId: delegate.bootId, free: 0, draining: false }
    const [kind, kid, subject, expires] = delegate.accessToken.split('.')
    const forged = [
      `${kind}.${kid}.${subject}.${expires}.${'A'.repeat(43)}`,
      'x',
      'slk_something',
      `sat.${kid}.${subject}.0.${'A'.repeat(43)}`,
    ]
    for (const token of forged) equal((await tell(server.url, protocolEndpoints.poll, { token, body })).status, 401, token)
    equal((await tell(server.url, protocolEndpoints.poll, { body })).status, 401)
    equal((await tell(server.url, protocolEndpoints.poll, { token: server.adminKey, body })).status, 401)
  })
})
