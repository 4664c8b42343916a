import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createKeyPair, parseSealedSecret, sealSecret } from './index.ts'

const keyPair = await createKeyPair()
const good = await sealSecret({
  scope: { org: 'default', project: 'shop' },
  secretId: 'db_password',
  version: 1,
  value: new TextEncoder().encode('hunter2-hunter2'),
  allowedTargets: ['*'],
  recipients: [keyPair],
})
const messagesFor = (input: unknown): string[] => parseSealedSecret(input).diagnostics.map((one) => one.message)

void test('a record from JSON parses to itself', () => {
  assert.deepEqual(parseSealedSecret(JSON.parse(JSON.stringify(good))), { record: good, diagnostics: [] })
})

void test('every wrong field is named, all at once, without its value', () => {
  const messages = messagesFor({
    v: 1,
    scope: { organisation: 'default' },
    secretId: 42,
    version: 'hunter2',
    recipients: [{ keyId: 'hunter2', enc: 'hunter2', wrappedKey: null }, 'hunter2'],
    nonce: 'hunter2hunter2!!',
    ciphertext: '',
    value: 'hunter2',
  })
  const text = messages.join('\n')
  for (const path of [
    '"value" is unknown',
    '"scope.organisation" is unknown',
    '"secretId"',
    '"version"',
    '"recipients[0].keyId"',
    '"recipients[0].enc"',
    '"recipients[0].wrappedKey"',
    '"recipients[1]"',
    '"nonce"',
    '"ciphertext"',
  ]) {
    assert.ok(text.includes(path), path)
  }
  assert.ok(!text.includes('hunter2'))
})

void test('things that are no object at all are refused', () => {
  for (const input of [undefined, null, 7, 'text', [], [good]]) {
    assert.deepEqual(messagesFor(input), ['The sealed secret must be an object.'])
  }
})

void test('a newer format version says to upgrade and nothing else', () => {
  const { record, diagnostics } = parseSealedSecret({ v: 2, other: true })
  assert.equal(record, undefined)
  assert.deepEqual(
    diagnostics.map((one) => one.code),
    ['SEALED_SECRET_VERSION'],
  )
})

void test('impossible places are refused', () => {
  for (const place of [
    { scope: { project: 'shop' } },
    { version: 0 },
    { version: 1.5 },
    { version: Number.NaN },
    { secretId: '\ud800' },
  ]) {
    assert.equal(messagesFor({ ...good, ...place }).length, 1, JSON.stringify(place))
  }
})

void test('duplicate, missing and too many recipients are refused', () => {
  const [recipient] = good.recipients
  assert.ok(recipient)
  assert.match(messagesFor({ ...good, recipients: [recipient, recipient] }).join(), /second time/)
  assert.match(messagesFor({ ...good, recipients: [] }).join(), /1 to 100/)
  assert.match(messagesFor({ ...good, recipients: Array.from({ length: 101 }, () => recipient) }).join(), /1 to 100/)
})

void test('oversized fields are refused before they are decoded', () => {
  assert.match(messagesFor({ ...good, ciphertext: 'A'.repeat(1_000_000) }).join(), /"ciphertext" must be base64url/)
})

void test('a flood of problems is cut off', () => {
  const flood = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field${index}`, 1]))
  assert.ok(messagesFor({ ...good, ...flood }).length <= 50)
})

void test('parsing never throws, and accepts nothing without a record', () => {
  fc.assert(
    fc.property(fc.anything(), fc.constantFrom(...Object.keys(good)), (anything, field) => {
      for (const input of [anything, { ...good, [field]: anything }]) {
        const { record, diagnostics } = parseSealedSecret(input)
        assert.equal(record === undefined, diagnostics.length > 0)
      }
    }),
    { numRuns: 500 },
  )
})
