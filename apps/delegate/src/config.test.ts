import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readConfig } from './config.ts'

const read = (environment: Record<string, string>) =>
  readConfig({ SLUICE_SERVER_URL: 'https://sluice.example.com', ...environment }, { cwd: '/srv', runnerEntry: '/opt/runner.js' })
const wrong = (environment: Record<string, string>): string[] => {
  const { config, diagnostics } = read(environment)
  equal(config, undefined)
  return diagnostics.map(({ file }) => file ?? '')
}

describe('readConfig', () => {
  let dir: string
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-config-'))
  })
  after(() => {
    rmSync(dir, { recursive: true, force: true })
  })

  it('needs no more than the address of the control plane', () => {
    const { config, diagnostics } = read({})
    deepEqual(diagnostics, [])
    ok(config)
    equal(config.serverUrl, 'https://sluice.example.com')
    equal(config.dir, '/srv/.sluice/delegate')
    equal(config.relaySocket, '/srv/.sluice/delegate/relay.sock')
    equal(config.runnerEntry, '/opt/runner.js')
    equal(config.capacity, 10)
    equal(config.enrolmentToken, undefined)
    deepEqual(config.runnerEnvironment, {})
  })

  it('reports every problem at once, by variable', () => {
    deepEqual(
      wrong({
        SLUICE_SERVER_URL: 'ftp://x',
        SLUICE_DELEGATE_NAME: '-x',
        SLUICE_DELEGATE_TAGS: 'good, b@d',
        SLUICE_DELEGATE_CAPACITY: '0',
        SLUICE_DELEGATE_METRICS: '0.0.0.0:9464',
        SLUICE_LOG_LEVEL: 'loud',
        SLUICE_SERVER_CA: '/no/such/file',
        SLUICE_DELEGATE_SOCKET: `/${'x'.repeat(200)}`,
      }).toSorted(),
      [
        'SLUICE_DELEGATE_CAPACITY',
        'SLUICE_DELEGATE_METRICS',
        'SLUICE_DELEGATE_NAME',
        'SLUICE_DELEGATE_SOCKET',
        'SLUICE_DELEGATE_TAGS',
        'SLUICE_LOG_LEVEL',
        'SLUICE_SERVER_CA',
        'SLUICE_SERVER_URL',
      ],
    )
  })

  it('speaks plain HTTP to this machine alone', () => {
    for (const url of ['http://127.0.0.1:8400', 'http://localhost:8400/', 'http://[::1]:8400'])
      ok(read({ SLUICE_SERVER_URL: url }).config, url)
    for (const url of ['http://sluice.example.com', 'http://10.0.0.1', 'http://127.0.0.1.example.com', 'https://user:pass@h']) {
      deepEqual(wrong({ SLUICE_SERVER_URL: url }), ['SLUICE_SERVER_URL'], url)
    }
  })

  it('takes the token from a file, whose absence is no error yet', () => {
    const file = join(dir, 'token')
    writeFileSync(file, ' tok \n')
    equal(read({ SLUICE_DELEGATE_TOKEN_FILE: file }).config?.enrolmentToken, 'tok')
    equal(read({ SLUICE_DELEGATE_TOKEN_FILE: join(dir, 'none') }).config?.enrolmentToken, undefined)
    deepEqual(wrong({ SLUICE_DELEGATE_TOKEN_FILE: file, SLUICE_DELEGATE_TOKEN: 'x' }), ['SLUICE_DELEGATE_TOKEN_FILE'])
  })

  it('gives runners what they need to get out, and no passwords', () => {
    const { config, diagnostics } = read({
      PATH: '/bin',
      HTTPS_PROXY: 'http://user:hush@proxy:3128',
      NO_PROXY: 'localhost',
      SLUICE_TIME_SCALE: '20',
      AWS_SECRET_ACCESS_KEY: 'hush',
    })
    deepEqual(config?.runnerEnvironment, { PATH: '/bin', NO_PROXY: 'localhost', SLUICE_TIME_SCALE: '20' })
    equal(config?.proxy.https, 'http://user:hush@proxy:3128')
    deepEqual(
      diagnostics.map(({ severity, file }) => [severity, file]),
      [['warning', 'HTTPS_PROXY']],
    )
    equal(JSON.stringify(diagnostics).includes('hush'), false)
  })

  it('notes variables that mean nothing', () => {
    const { config, diagnostics } = read({ SLUICE_DELEGATE_TAG: 'x' })
    ok(config)
    match(diagnostics[0]?.hint ?? '', /SLUICE_DELEGATE_TAGS/)
  })
})
