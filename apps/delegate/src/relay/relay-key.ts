import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { writeFileAtomic } from '@sluice/executor'

/** What the relay proves itself with to pods. */
export interface RelayKey {
  /** PEM. */
  readonly key: string
  /** PEM, self-signed: its name says nothing, pods know it by `pin`. */
  readonly certificate: string
  /** Base64 SHA-256 of the public key's SubjectPublicKeyInfo, as RFC 7469 writes pins. */
  readonly pin: string
}

/** The key in `path`, made there on the first call: pods outlive a delegate's process, and know its successor by the same key. */
export async function openRelayKey(path: string): Promise<RelayKey> {
  const stored = await readFile(path, 'utf8').catch(() => undefined)
  const pem = stored ?? createRelayKeyPem()
  if (stored === undefined) await writeFileAtomic(path, pem)
  return relayKeyOf(pem)
}

/** A new private key on P-256, PEM. */
export function createRelayKeyPem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export function relayKeyOf(pem: string): RelayKey {
  const privateKey = createPrivateKey(pem)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return {
    key: pem,
    certificate: selfSigned(privateKey, spki),
    pin: createHash('sha256').update(spki).digest('base64'),
  }
}

/**
 * An X.509 certificate (RFC 5280) that says nothing but the key: TLS wants one. Node can read certificates and not make them, and these few
 * fields are less than a library for all the others.
 */
function selfSigned(privateKey: KeyObject, spki: Buffer): string {
  const ecdsaWithSha256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'))
  const commonName = set(sequence(Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('sluice-relay'))))
  const name = sequence(commonName)
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)])
  // Pods do not look at it. The last is what RFC 5280 writes for "no end".
  const validity = sequence(der(0x17, Buffer.from('200101000000Z')), der(0x18, Buffer.from('99991231235959Z')))
  const body = sequence(der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, serial), ecdsaWithSha256, name, validity, name, spki)
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(body, ecdsaWithSha256, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

/** One element of DER (X.690): tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function set(...parts: Buffer[]): Buffer {
  return der(0x31, Buffer.concat(parts))
}
