import { equal, match, rejects } from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { openIdentity } from './identity.ts'

describe('the identity', () => {
  let dir: string
  let path: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-identity-'))
    path = join(dir, 'identity.json')
  })
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true })
  })

  it('is made once and stays', async () => {
    const first = await openIdentity(path)
    const bytes = readFileSync(path)
    const second = await openIdentity(path)
    equal(second.authPublicKey, first.authPublicKey)
    equal(second.sealKeyPair.publicKey, first.sealKeyPair.publicKey)
    equal(readFileSync(path).equals(bytes), true)
    equal(statSync(path).mode & 0o777, 0o600)
  })

  it('signs so that its public key verifies', async () => {
    const identity = await openIdentity(path)
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: identity.authPublicKey }, format: 'jwk' })
    equal(verify(null, Buffer.from('text'), key, Buffer.from(identity.sign('text'), 'base64url')), true)
    equal(verify(null, Buffer.from('other'), key, Buffer.from(identity.sign('text'), 'base64url')), false)
  })

  it('keeps its enrolment', async () => {
    const identity = await openIdentity(path)
    equal(identity.enrolment, undefined)
    const enrolment = { delegateId: 'del_1', instanceId: 'ins_1', serverUrl: 'https://s' }
    equal((await identity.enrolled(enrolment)).enrolment?.instanceId, 'ins_1')
    const again = await openIdentity(path)
    equal(again.enrolment?.delegateId, 'del_1')
    equal(again.authPublicKey, identity.authPublicKey)
  })

  it('is refused when others may read it, or when it is broken, without being quoted', async () => {
    await openIdentity(path)
    chmodSync(path, 0o640)
    await rejects(openIdentity(path), (error: { code?: string; hint?: string }) => {
      match(error.hint ?? '', /chmod 600/)
      return error.code === 'IDENTITY_FILE_OPEN'
    })
    const { auth, seal } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, object>
    for (const text of [
      '',
      '{"version":1,"auth":{"privateKey":"hush',
      '{"version":9}',
      JSON.stringify({ version: 1, auth, seal: { ...seal, privateKey: 'hush' } }),
    ]) {
      writeFileSync(path, text)
      chmodSync(path, 0o600)
      await rejects(openIdentity(path), (error: { code?: string; message: string; cause?: { message?: string } }) => {
        equal(error.message.includes('hush') || error.cause?.message?.includes('hush') === true, false)
        return error.code === 'IDENTITY_FILE_BROKEN'
      })
    }
  })
})
