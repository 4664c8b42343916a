import { deepEqual, equal } from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { describe, it } from 'node:test'
import { createRelayKeyPem, openRelayKey, relayKeyOf } from './relay-key.ts'

describe('the relay’s key', () => {
  it('makes a certificate that proves the key and has its pin', () => {
    const { certificate, pin } = relayKeyOf(createRelayKeyPem())
    const parsed = new X509Certificate(certificate)
    equal(parsed.verify(parsed.publicKey), true)
    equal(parsed.subject, 'CN=sluice-relay')
    equal(
      createHash('sha256')
        .update(parsed.publicKey.export({ type: 'spki', format: 'der' }))
        .digest('base64'),
      pin,
    )
  })

  it('serves TLS 1.3', async () => {
    const { key, certificate } = relayKeyOf(createRelayKeyPem())
    const server = createServer({ key, cert: certificate, minVersion: 'TLSv1.3' }, (socket) => socket.end('hello'))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    try {
      const { port } = server.address() as { port: number }
      const text = await new Promise<string>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
        socket.once('data', (data) => resolve(data.toString()))
        socket.once('error', reject)
      })
      equal(text, 'hello')
    } finally {
      server.close()
    }
  })

  it('is the same after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-key-'))
    try {
      const first = await openRelayKey(join(folder, 'relay-key.pem'))
      const second = await openRelayKey(join(folder, 'relay-key.pem'))
      deepEqual([second.key, second.pin], [first.key, first.pin])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
