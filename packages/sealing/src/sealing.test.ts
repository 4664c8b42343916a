import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, limits } from '@sluice/base'
import fc from 'fast-check'
import {
  createKeyPair,
  exportKeyPair,
  exportKeyPairJwk,
  fingerprint,
  importKeyPair,
  keyIdOf,
  openSecret,
  openWithKey,
  parseSealedMessage,
  parseSealedSecret,
  rewrapSecret,
  sealSecret,
  sealToKey,
} from './index.ts'
import type { SealedSecret } from './index.ts'

const place = { scope: { org: 'default', project: 'shop' }, secretId: 'db_password', version: 3 }
const value = new TextEncoder().encode('hunter2-hunter2')
const allowedTargets = ['postgresql://db:5432/shop']
const keyA = await createKeyPair()
const keyB = await createKeyPair()
const seal = (): Promise<SealedSecret> => sealSecret({ ...place, value, allowedTargets, recipients: [keyA] })

async function rejectsWith(code: string, action: Promise<unknown>): Promise<AppError> {
  let caught: unknown
  await assert.rejects(action, (error) => {
    caught = error
    return error instanceof AppError && error.code === code
  })
  assert.ok(caught instanceof AppError)
  const everything = `${caught.message} ${caught.hint ?? ''} ${JSON.stringify(caught.details)}`
  assert.ok(!everything.includes('hunter2'), 'the value stays out of errors')
  return caught
}

/** The record with one bit of one of its base64url fields flipped. */
function flip(record: SealedSecret, field: 'nonce' | 'ciphertext' | 'enc' | 'wrappedKey', bit: number): SealedSecret {
  const flipText = (text: string): string => {
    const bytes = Buffer.from(text, 'base64url')
    const index = bit % (bytes.length * 8)
    bytes.writeUInt8(bytes.readUInt8(index >> 3) ^ (1 << (index & 7)), index >> 3)
    return bytes.toString('base64url')
  }
  if (field === 'nonce' || field === 'ciphertext') return { ...record, [field]: flipText(record[field]) }
  return { ...record, recipients: record.recipients.map((one) => ({ ...one, [field]: flipText(one[field]) })) }
}

void test('a sealed secret opens for its recipient and place', async () => {
  const opened = await openSecret(await seal(), keyA, place)
  assert.deepEqual(opened, { value, allowedTargets })
})

void test('any value, target list and scope survives sealing, JSON and opening', async () => {
  const name = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
  const scope = fc.oneof(fc.constant({}), fc.record({ org: name }), fc.record({ org: name, project: name }))
  const property = fc.asyncProperty(
    fc.uint8Array({ maxLength: 700 }),
    fc.array(name, { minLength: 1, maxLength: 5 }),
    fc.record({ scope, secretId: name, version: fc.integer({ min: 1 }) }),
    async (bytes, targets, where) => {
      const sealed = await sealSecret({ ...where, value: bytes, allowedTargets: targets, recipients: [keyA, keyB] })
      const { record, diagnostics } = parseSealedSecret(JSON.parse(JSON.stringify(sealed)))
      assert.deepEqual(diagnostics, [])
      assert.ok(record)
      assert.deepEqual(await openSecret(record, keyB, where), { value: bytes, allowedTargets: targets })
    },
  )
  await fc.assert(property, { numRuns: 60 })
})

void test('a record tells the value’s length only in steps of 256 bytes', async () => {
  const lengthFor = async (bytes: number): Promise<number> => {
    const record = await sealSecret({ ...place, value: new Uint8Array(bytes), allowedTargets: ['*'], recipients: [keyA] })
    return record.ciphertext.length
  }
  assert.equal(await lengthFor(0), await lengthFor(200))
  assert.notEqual(await lengthFor(0), await lengthFor(256))
})

void test('the same secret sealed twice shares no bytes', async () => {
  const [first, second] = [await seal(), await seal()]
  assert.notEqual(first.nonce, second.nonce)
  assert.notEqual(first.ciphertext.slice(0, 40), second.ciphertext.slice(0, 40))
  assert.notEqual(first.recipients[0]?.enc, second.recipients[0]?.enc)
})

void test('a record used in another scope, under another id or as another version is refused as moved', async () => {
  const record = await seal()
  const elsewhere = [
    { ...place, scope: { org: 'default', project: 'billing' } },
    { ...place, scope: { org: 'default' } },
    { ...place, scope: {} },
    { ...place, secretId: 'other' },
    { ...place, version: 4 },
  ]
  for (const other of elsewhere) {
    const error = await rejectsWith('SEALED_SECRET_MOVED', openSecret(record, keyA, other))
    assert.match(error.message, /secret "db_password" version 3 of project "default\/shop"/)
  }
})

void test('a record relabelled to fit another place does not open', async () => {
  const record = await seal()
  const other = { scope: { org: 'default', project: 'billing' }, secretId: 'db_password', version: 3 }
  await rejectsWith('SEALED_SECRET_TAMPERED', openSecret({ ...record, ...other }, keyA, other))
})

void test('places whose texts join to the same string stay apart', async () => {
  const left = { scope: { org: 'ab', project: 'c' }, secretId: 'd', version: 1 }
  const right = { scope: { org: 'a', project: 'bc' }, secretId: 'd', version: 1 }
  const record = await sealSecret({ ...left, value, allowedTargets, recipients: [keyA] })
  await rejectsWith('SEALED_SECRET_TAMPERED', openSecret({ ...record, ...right }, keyA, right))
})

void test('a key that is no recipient is told so, with both key ids', async () => {
  const error = await rejectsWith('SEALED_SECRET_WRONG_KEY', openSecret(await seal(), keyB, place))
  assert.equal(error.details['keyId'], keyB.keyId)
  assert.deepEqual(error.details['keyIds'], [keyA.keyId])
})

void test('a record whose recipient was renamed to another key does not open', async () => {
  const record = await seal()
  const renamed = { ...record, recipients: record.recipients.map((one) => ({ ...one, keyId: keyB.keyId })) }
  await rejectsWith('SEALED_SECRET_TAMPERED', openSecret(renamed, keyB, place))
})

void test('a flipped bit anywhere is found', async () => {
  const record = await seal()
  const property = fc.asyncProperty(
    fc.constantFrom('nonce' as const, 'ciphertext' as const, 'enc' as const, 'wrappedKey' as const),
    fc.nat({ max: 4000 }),
    async (field, bit) => {
      // X25519 ignores the top bit of a public key (RFC 7748, section 5), but HPKE binds the bytes that were sent.
      await rejectsWith('SEALED_SECRET_TAMPERED', openSecret(flip(record, field, bit), keyA, place))
    },
  )
  await fc.assert(property, { numRuns: 80 })
})

void test('the ciphertext of one record under the recipients of another does not open', async () => {
  const [first, second] = [await seal(), await seal()]
  await rejectsWith('SEALED_SECRET_TAMPERED', openSecret({ ...first, ciphertext: second.ciphertext }, keyA, place))
  await rejectsWith('SEALED_SECRET_TAMPERED', openSecret({ ...first, recipients: second.recipients }, keyA, place))
})

void test('rewrapping opens the same secret for a new recipient and drops the old', async () => {
  const record = await rewrapSecret(await seal(), keyA, place, [keyB])
  assert.deepEqual(await openSecret(record, keyB, place), { value, allowedTargets })
  await rejectsWith('SEALED_SECRET_WRONG_KEY', openSecret(record, keyA, place))
})

void test('rewrapping refuses a record that does not open', async () => {
  await rejectsWith('SEALED_SECRET_TAMPERED', rewrapSecret(flip(await seal(), 'ciphertext', 9), keyA, place, [keyB]))
})

void test('sealing refuses what no record can carry', async () => {
  const good = { ...place, value, allowedTargets, recipients: [keyA] }
  const cases = [
    { recipients: [] },
    { recipients: [keyA, keyA] },
    { allowedTargets: [] },
    { allowedTargets: [''] },
    { allowedTargets: ['x'.repeat(513)] },
    { allowedTargets: ['\ud800'] },
    { value: new Uint8Array(limits.secretBytesMax + 1) },
    { version: 0 },
    { version: 1.5 },
    { secretId: '' },
    { secretId: '\udc00' },
    { scope: { project: 'shop' } },
    { scope: { org: '' } },
  ]
  for (const wrong of cases) await rejectsWith('SEALING_ARGUMENT_INVALID', sealSecret({ ...good, ...wrong }))
})

void test('the largest value with the longest target list fits', async () => {
  const big = new Uint8Array(limits.secretBytesMax).fill(7)
  const targets = Array.from({ length: 100 }, () => 't'.repeat(512))
  const sealed = await sealSecret({ ...place, value: big, allowedTargets: targets, recipients: [keyA] })
  const { record } = parseSealedSecret(sealed)
  assert.ok(record)
  assert.deepEqual(await openSecret(record, keyA, place), { value: big, allowedTargets: targets })
})

void test('sealing to a key under another key’s id is refused', async () => {
  const swapped = { keyId: keyA.keyId, publicKey: keyB.publicKey }
  await rejectsWith('SEALING_KEY_INVALID', sealSecret({ ...place, value, allowedTargets, recipients: [swapped] }))
})

void test('a public key of small order is refused', async () => {
  for (const first of [0, 1]) {
    const bytes = Buffer.alloc(32)
    bytes.writeUInt8(first)
    await rejectsWith('SEALING_KEY_INVALID', sealToKey(bytes.toString('base64url'), value, { purpose: 'test' }))
  }
})

void test('a key pair survives export and import', async () => {
  const again = await importKeyPair(await exportKeyPair(keyA))
  assert.equal(again.keyId, keyA.keyId)
  assert.deepEqual(await openSecret(await seal(), again, place), { value, allowedTargets })
  const jwk = await exportKeyPairJwk(keyA)
  assert.deepEqual([jwk.kty, jwk.crv, jwk.x, jwk.kid], ['OKP', 'X25519', keyA.publicKey, keyA.keyId])
})

void test('a fingerprint is the key id in groups of four', async () => {
  assert.equal((await fingerprint(keyA.publicKey)).replaceAll('-', ''), keyA.keyId)
  assert.match(await fingerprint(keyA.publicKey), /^([0-9a-f]{4}-){7}[0-9a-f]{4}$/)
})

void test('broken keys are refused without quoting them', async () => {
  for (const text of ['', 'hunter2', keyA.publicKey.slice(1), `${keyA.publicKey}A`, `${keyA.publicKey.slice(0, 42)}=`]) {
    await rejectsWith('SEALING_KEY_INVALID', keyIdOf(text))
    await rejectsWith('SEALING_KEY_INVALID', importKeyPair({ privateKey: text }))
  }
  const { privateKey } = await exportKeyPair(keyA)
  const error = await rejectsWith('SEALING_KEY_INVALID', importKeyPair({ privateKey, publicKey: keyB.publicKey }))
  assert.ok(!error.message.includes(privateKey))
})

void test('a sealed message opens for its key, purpose and context only', async () => {
  const aad = new Uint8Array([1, 2])
  const message = await sealToKey(keyA.publicKey, value, { purpose: 'ticket', aad })
  assert.deepEqual(new Uint8Array(await openWithKey(message, keyA, { purpose: 'ticket', aad })), value)
  await rejectsWith('SEALED_MESSAGE_WRONG_KEY', openWithKey(message, keyB, { purpose: 'ticket', aad }))
  await rejectsWith('SEALED_MESSAGE_TAMPERED', openWithKey(message, keyA, { purpose: 'output', aad }))
  await rejectsWith('SEALED_MESSAGE_TAMPERED', openWithKey(message, keyA, { purpose: 'ticket' }))
  await rejectsWith('SEALED_MESSAGE_TAMPERED', openWithKey({ ...message, ciphertext: '*' }, keyA, { purpose: 'ticket', aad }))
})

void test('parsing a sealed message names every wrong field', () => {
  const { message, diagnostics } = parseSealedMessage({ v: 2, keyId: 'x', enc: 'AA', cipherText: 'AA' })
  assert.equal(message, undefined)
  const text = diagnostics.map((one) => `${one.message} ${one.hint ?? ''}`).join('\n')
  for (const part of ['"cipherText" is unknown', 'Did you mean "ciphertext"', '"v"', '"keyId"', '"enc"', '"ciphertext" must']) {
    assert.ok(text.includes(part), part)
  }
})
