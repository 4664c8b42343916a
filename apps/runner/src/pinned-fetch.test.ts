import { equal, rejects } from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { createPinnedFetch } from './pinned-fetch.ts'

const cert = readFileSync(new URL('../testdata/relay-certificate.pem', import.meta.url))
const key = readFileSync(new URL('../testdata/relay-key.pem', import.meta.url))
const pin = createHash('sha256')
  .update(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }))
  .digest('base64')

async function openRelay(scope: { after(work: () => Promise<void>): void }): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const server = createServer({ cert, key }, (request, response) => {
    seen.push(String(request.headers.authorization))
    request.resume().on('end', () => response.end(JSON.stringify({ ok: true })))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.after(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return { url: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}/x`, seen }
}

describe('a relay over TLS', () => {
  it('is known by its key, whatever its certificate says', async (t) => {
    const { url, seen } = await openRelay(t)
    const fetch = createPinnedFetch(pin)
    for (let call = 0; call < 2; call++) {
      const response = await fetch(url, { method: 'POST', headers: { authorization: 'Bearer t' }, body: '{}' })
      equal(response.status, 200)
    }
    equal(seen.length, 2)
  })

  it('gets nothing, the token included, when its key is another one', async (t) => {
    const { url, seen } = await openRelay(t)
    const other = createHash('sha256').update('another key').digest('base64')
    for (const wrong of [other, '', 'AA==']) {
      const fetch = createPinnedFetch(wrong)
      await rejects(fetch(url, { method: 'GET', headers: { authorization: 'Bearer t' } }), { code: 'RELAY_KEY_WRONG' })
    }
    equal(seen.length, 0)
  })

  it('says when a request has left, which is before its answer, and when one never will', async (t) => {
    const { url } = await openRelay(t)
    const told: string[] = []
    const answer = createPinnedFetch(pin, () => told.push('sent'))(url, { method: 'POST', headers: {}, body: '{}' })
    equal(told.length, 0)
    await answer.then(() => told.push('answered'))
    equal(told.slice(0, 2).join(), 'sent,answered')
    const lost = Promise.withResolvers<void>()
    await rejects(createPinnedFetch('AA==', lost.resolve)(url, { method: 'GET', headers: {} }))
    await lost.promise
  })
})
