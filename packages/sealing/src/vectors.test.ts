import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fingerprint, importKeyPair, keyIdOf, openSecret, openWithKey, parseSealedSecret } from './index.ts'
import { fromBase64Url } from './encoding.ts'
import type { SealedMessage } from './sealed-message.ts'
import { sealToKeyWith } from './sealed-message.ts'
import type { SealedSecret } from './sealed-secret.ts'
import { sealSecretWith } from './seal-secret.ts'
import { hpkeSeal } from './suite.ts'

interface Vectors {
  keys: { name: string; privateKey: string; publicKey: string; keyId: string; fingerprint: string }[]
  secrets: {
    name: string
    scope: { org?: string; project?: string }
    secretId: string
    version: number
    valueHex: string
    allowedTargets: string[]
    recipients: string[]
    dataKeyHex: string
    nonceHex: string
    ephemeralSeedsHex: string[]
    aadHex: string
    payloadHex: string
    record: SealedSecret
  }[]
  messages: {
    name: string
    recipient: string
    purpose: string
    aadHex: string
    messageHex: string
    ephemeralSeedHex: string
    sealed: SealedMessage
  }[]
}

const vectors = JSON.parse(readFileSync(new URL('../testdata/vectors.json', import.meta.url), 'utf8')) as Vectors
const keyNamed = (name: string): Vectors['keys'][number] => {
  const key = vectors.keys.find((candidate) => candidate.name === name)
  assert.ok(key)
  return key
}
const hex = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'hex'))
const decode = (text: string): Buffer => Buffer.from(text, 'base64url')

// A second implementation of RFC 9180 base mode on node:crypto alone, so that the vectors do not only agree with themselves.

const pkcs8Head = hex('302e020100300506032b656e04220420')
const spkiHead = hex('302a300506032b656e032100')

function hpkeOpenIndependently(
  aead: { id: number; keyBytes: 16 | 32 },
  privateKey: Uint8Array,
  enc: Uint8Array,
  info: Uint8Array,
): { key: Buffer; nonce: Buffer } {
  const secretKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, privateKey]), format: 'der', type: 'pkcs8' })
  const publicOf = createPublicKey(secretKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  const ephemeral = createPublicKey({ key: Buffer.concat([spkiHead, enc]), format: 'der', type: 'spki' })
  const dh = diffieHellman({ privateKey: secretKey, publicKey: ephemeral })
  const kemSuite = Buffer.concat([Buffer.from('KEM'), Buffer.from([0, 0x20])])
  const suite = Buffer.concat([Buffer.from('HPKE'), Buffer.from([0, 0x20, 0, 1, 0, aead.id])])
  const extract = (suiteId: Buffer, salt: Uint8Array, label: string, ikm: Uint8Array): Buffer =>
    createHmac('sha256', salt)
      .update(Buffer.concat([Buffer.from('HPKE-v1'), suiteId, Buffer.from(label), ikm]))
      .digest()
  const expand = (suiteId: Buffer, prk: Buffer, label: string, labelInfo: Uint8Array, length: number): Buffer => {
    const head = Buffer.from([length >> 8, length & 0xff])
    const full = Buffer.concat([head, Buffer.from('HPKE-v1'), suiteId, Buffer.from(label), labelInfo, Buffer.from([1])])
    return createHmac('sha256', prk).update(full).digest().subarray(0, length)
  }
  const none = new Uint8Array()
  const shared = expand(kemSuite, extract(kemSuite, none, 'eae_prk', dh), 'shared_secret', Buffer.concat([enc, publicOf]), 32)
  const context = Buffer.concat([
    Buffer.from([0]),
    extract(suite, none, 'psk_id_hash', none),
    extract(suite, none, 'info_hash', info),
  ])
  const secret = extract(suite, shared, 'secret', none)
  return { key: expand(suite, secret, 'key', context, aead.keyBytes), nonce: expand(suite, secret, 'base_nonce', context, 12) }
}

function gcmOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer {
  const decipher = createDecipheriv(key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, nonce)
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}

void test('the independent HPKE of this test opens the first vector of RFC 9180, appendix A.1.1', () => {
  const { key, nonce } = hpkeOpenIndependently(
    { id: 1, keyBytes: 16 },
    hex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'),
    hex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431'),
    hex('4f6465206f6e2061204772656369616e2055726e'),
  )
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  cipher.setAAD(hex('436f756e742d30'))
  const plaintext = hex('4265617574792069732074727574682c20747275746820626561757479')
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  assert.equal(
    sealed.toString('hex'),
    'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
  )
})

void test('a seed gives the ephemeral key of RFC 9180, appendix A.1.1', async () => {
  const recipient = hex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d')
  const seed = hex('7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234')
  const box = await hpkeSeal(recipient, new Uint8Array(), { info: '', aad: new Uint8Array() }, seed)
  assert.equal(Buffer.from(box.enc).toString('hex'), '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431')
})

void test('key ids and fingerprints are those of the vectors', async () => {
  for (const key of vectors.keys) {
    assert.equal(await keyIdOf(key.publicKey), key.keyId)
    assert.equal(await fingerprint(key.publicKey), key.fingerprint)
    assert.equal((await importKeyPair(key)).publicKey, key.publicKey)
  }
})

void test('sealing with the vectors’ randomness gives the vectors’ records', async () => {
  for (const vector of vectors.secrets) {
    const record = await sealSecretWith(
      {
        scope: vector.scope,
        secretId: vector.secretId,
        version: vector.version,
        value: hex(vector.valueHex),
        allowedTargets: vector.allowedTargets,
        recipients: vector.recipients.map(keyNamed),
      },
      { dataKey: hex(vector.dataKeyHex), nonce: hex(vector.nonceHex), ephemeralSeeds: vector.ephemeralSeedsHex.map(hex) },
    )
    assert.deepEqual(record, vector.record, vector.name)
  }
})

void test('every recipient opens every vector, with our code and with the independent one', async () => {
  for (const vector of vectors.secrets) {
    const { record } = parseSealedSecret(vector.record)
    assert.ok(record)
    for (const [index, name] of vector.recipients.entries()) {
      const key = keyNamed(name)
      const opened = await openSecret(record, await importKeyPair(key), vector)
      assert.deepEqual(Buffer.from(opened.value).toString('hex'), vector.valueHex)
      assert.deepEqual(opened.allowedTargets, vector.allowedTargets)

      const recipient = record.recipients[index]
      assert.ok(recipient)
      const info = Buffer.from('sluice/sealed-secret/v1/data-key')
      const hpke = hpkeOpenIndependently({ id: 2, keyBytes: 32 }, decode(key.privateKey), decode(recipient.enc), info)
      const dataKey = gcmOpen(hpke.key, hpke.nonce, decode(recipient.wrappedKey), hex(vector.aadHex))
      assert.equal(dataKey.toString('hex'), vector.dataKeyHex)
      const payload = gcmOpen(dataKey, decode(record.nonce), decode(record.ciphertext), hex(vector.aadHex))
      assert.equal(payload.toString('hex'), vector.payloadHex)
    }
  }
})

void test('the vectors’ sealed messages come out the same and open with both implementations', async () => {
  for (const vector of vectors.messages) {
    const key = keyNamed(vector.recipient)
    const context = { purpose: vector.purpose, aad: hex(vector.aadHex) }
    const sealed = await sealToKeyWith(key.publicKey, hex(vector.messageHex), context, hex(vector.ephemeralSeedHex))
    assert.deepEqual(sealed, vector.sealed)
    const opened = await openWithKey(vector.sealed, await importKeyPair(key), context)
    assert.equal(Buffer.from(opened).toString('hex'), vector.messageHex)
    const info = Buffer.from(`sluice/sealed-message/v1/${vector.purpose}`)
    const hpke = hpkeOpenIndependently({ id: 2, keyBytes: 32 }, decode(key.privateKey), decode(sealed.enc), info)
    const message = gcmOpen(hpke.key, hpke.nonce, decode(sealed.ciphertext), hex(vector.aadHex))
    assert.equal(message.toString('hex'), vector.messageHex)
  }
})

void test('base64url has one spelling per value', () => {
  assert.deepEqual(fromBase64Url('AA'), new Uint8Array([0]))
  for (const text of ['AB', 'AA==', 'A', 'A+', 'A/', 'AA\n', 'é']) assert.equal(fromBase64Url(text), undefined, text)
})
