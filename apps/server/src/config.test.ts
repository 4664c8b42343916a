import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isLoopback, readConfig } from './config.ts'

const defaults = { webDir: '/srv/web', cwd: '/srv' }
const codes = (env: Record<string, string>): (string | undefined)[] =>
  readConfig(env, defaults).diagnostics.map(({ file }) => file)

describe('the configuration', () => {
  it('needs nothing: an embedded database, on loopback', () => {
    const { config, diagnostics } = readConfig({}, defaults)
    assert.deepEqual(diagnostics, [])
    assert.equal(config?.databaseUrl, undefined)
    assert.equal(config?.host, '127.0.0.1')
    assert.equal(config?.port, 8400)
    assert.equal(config?.dataDir, '/srv/.sluice')
    assert.equal(config?.adminKeyFile, '/srv/.sluice/admin-key')
  })

  it('tells all of its problems at once, by variable', () => {
    assert.deepEqual(
      codes({
        SLUICE_PORT: '99999',
        SLUICE_TLS_CERT: 'cert.pem',
        SLUICE_LOG_LEVEL: 'loud',
        SLUICE_DATABASE_URL: 'mysql://db',
        SLUICE_PUBLIC_URL: 'sluice',
      }),
      ['SLUICE_DATABASE_URL', 'SLUICE_PORT', 'SLUICE_TLS_CERT', 'SLUICE_PUBLIC_URL', 'SLUICE_LOG_LEVEL'],
    )
  })

  it('serves plain HTTP on loopback only', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'sluice.example.com'])
      assert.deepEqual(codes({ SLUICE_HOST: host }), ['SLUICE_HOST'])
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) assert.deepEqual(codes({ SLUICE_HOST: host }), [])
    assert.deepEqual(codes({ SLUICE_HOST: '0.0.0.0', SLUICE_TLS_CERT: 'c', SLUICE_TLS_KEY: 'k' }), [])
    assert.equal(isLoopback('127.0.0.1.evil.test'), false)
  })

  it('never repeats a database URL, which holds a password', () => {
    const { diagnostics } = readConfig({ SLUICE_DATABASE_URL: 'htp://u:hunter2@db' }, defaults)
    assert.equal(diagnostics.length, 1)
    assert.doesNotMatch(JSON.stringify(diagnostics), /hunter2/)
  })

  it('a file that cannot be read is one of the problems', () => {
    assert.deepEqual(codes({ SLUICE_DATABASE_URL_FILE: '/nowhere/url' }), ['SLUICE_DATABASE_URL_FILE'])
  })
})
