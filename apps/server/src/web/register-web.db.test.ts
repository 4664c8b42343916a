import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { publicEndpoints } from '@sluice/contract'
import { openTestServer, type TestServer } from '../test-server.ts'

describe('the web UI', () => {
  let server: TestServer
  let webDir: string
  before(async () => {
    server = await openTestServer()
    webDir = server.app.context.config.webDir
  })
  after(() => server[Symbol.asyncDispose]())

  const get = (path: string) => server.call('GET', path, { key: null })

  it('says how to build it while it is not there, and the API works', async () => {
    const { status, body } = await get('/')
    assert.equal(status, 503)
    assert.match(body as string, /npm run build/)
    assert.equal((await server.call('GET', '/api/v1/whoami')).status, 200)
  })

  it('is served once built: assets for ever, the page for every address of its own', async () => {
    await mkdir(join(webDir, 'assets'), { recursive: true })
    await writeFile(join(webDir, 'index.html'), '<!doctype html><title>Sluice</title>')
    await writeFile(join(webDir, 'assets/app-1a2b.js'), 'let a')
    await writeFile(join(webDir, '..', 'admin-key.txt'), 'not yours')
    for (const path of ['/', '/login?code=abc', '/executions/exe_1', '/a/b/c']) {
      const page = await get(path)
      assert.equal(page.status, 200)
      assert.match(page.body as string, /Sluice/)
      assert.equal(page.headers['cache-control'], 'no-cache')
      assert.match(String(page.headers['content-security-policy']), /default-src 'self'/)
      assert.doesNotMatch(String(page.headers['content-security-policy']), /script-src[^;]*unsafe/)
    }
    const script = await get('/assets/app-1a2b.js')
    assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.match(String(script.headers['content-type']), /javascript/)
    const again = await server.call('GET', '/', {
      key: null,
      headers: { 'if-none-match': String((await get('/')).headers['etag']) },
    })
    assert.equal(again.status, 304)
  })

  for (const path of [
    '/assets/app-gone.js',
    '/favicon.ico',
    '/..%2fadmin-key.txt',
    '/%2e%2e/admin-key.txt',
    '/assets/..%2f..%2fadmin-key.txt',
    '/.env',
    '/a%00.js',
  ]) {
    it(`gives nothing for ${path}`, async () => {
      const response = await fetch(`${server.url}${path}`)
      const text = await response.text()
      assert.ok(response.status === 404 || response.status === 400 || response.status === 403, String(response.status))
      assert.doesNotMatch(text, /not yours/)
    })
  }

  it('does not answer for calls that do not exist', async () => {
    const { status, body } = await get('/api/v1/nothing')
    assert.equal(status, 404)
    assert.equal(body.error.code, 'NOT_FOUND')
  })
})

describe('the API documentation', () => {
  let server: TestServer
  before(async () => {
    server = await openTestServer()
  })
  after(() => server[Symbol.asyncDispose]())

  it('is there for programs', async () => {
    const { status, body } = await server.call('GET', '/api/v1/openapi.json', { key: null })
    assert.equal(status, 200)
    assert.equal(body.openapi, '3.1.0')
    assert.equal(Object.keys(body.paths).length, new Set(publicEndpoints.map(({ path }) => path)).size)
  })

  it('is there for people, from this server alone and without scripts', async () => {
    const { status, body, headers } = await server.call('GET', '/api/docs', { key: null })
    assert.equal(status, 200)
    const page = body as string
    assert.match(page, /id="executions\.run"/)
    assert.doesNotMatch(page, /<script|style="|https?:\/\//)
    assert.match(String(headers['content-security-policy']), /default-src 'none'/)
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(page.includes(`id="${target ?? ''}"`), target)
    assert.equal((await server.call('GET', '/api/docs/style.css', { key: null })).status, 200)
  })
})
