import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { AppError } from '@sluice/base'
import type { Database } from '@sluice/engine'
import { openTestDatabase } from '@sluice/testkit'
import { openPostgres } from './open.ts'
import type { OpenOptions } from './options.ts'
import { certificates, openTlsFront } from './testing/tls-front.ts'
import { readSslMode } from './tls.ts'

interface Front {
  readonly clients: readonly string[]
  /** `connected`, or the code of the failure. */
  attempt(host: string, query: string, more?: Partial<OpenOptions>): Promise<string>
}

async function openFront(t: TestContext, options: Parameters<typeof openTlsFront>[1]): Promise<Front> {
  const target = await openTestDatabase(t)
  const front = await openTlsFront(target, options)
  t.after(() => front.close())
  return {
    clients: front.clients,
    attempt: async (host, query, more = {}) => {
      try {
        const session = await openPostgres({
          url: `jdbc:postgresql://${host}:${front.port}/${target.name}?${query}`,
          user: target.user,
          password: target.password,
          ...more,
        })
        await session.query('select 1')
        await session.close()
        return 'connected'
      } catch (error) {
        ok(error instanceof AppError)
        return error.code
      }
    },
  }
}

const ca = `sslrootcert=${encodeURIComponent(certificates['ca.pem'] ?? '')}`
const otherCa = `sslrootcert=${encodeURIComponent(certificates['other-ca.pem'] ?? '')}`

describe('TLS to PostgreSQL', () => {
  it('verifies what its mode asks it to verify', async (t) => {
    const front = await openFront(t, { certificate: 'server' })
    const cases: readonly (readonly [string, string, string])[] = [
      ['localhost', `sslmode=verify-full&${ca}`, 'connected'],
      ['127.0.0.1', `sslmode=verify-full&${ca}`, 'DATABASE_TLS'],
      ['127.0.0.1', `sslmode=verify-ca&${ca}`, 'connected'],
      ['localhost', `sslmode=verify-ca&${otherCa}`, 'DATABASE_TLS'],
      ['localhost', 'sslmode=verify-full', 'DATABASE_TLS'],
      ['localhost', `ssl=true&${otherCa}`, 'DATABASE_TLS'],
      ['localhost', `ssl=true&${ca}`, 'connected'],
      ['127.0.0.1', 'sslmode=require', 'connected'],
      ['127.0.0.1', 'sslmode=prefer', 'connected'],
      ['127.0.0.1', '', 'connected'],
      ['localhost', 'sslmode=verify-full&sslrootcert=/nowhere/ca.pem', 'DATABASE_URL_TLS_FILE'],
    ]
    for (const [host, query, expected] of cases) equal(await front.attempt(host, query), expected, `${host} ${query}`)
  })

  it('stays on its first connection where the server has no TLS and none is required', async (t) => {
    const target = await openTestDatabase(t)
    let connections = 0
    const front = createServer((socket) => {
      connections += 1
      const behind = connect(target.port, target.host)
      socket.on('error', () => behind.destroy()).pipe(behind)
      behind.on('error', () => socket.destroy()).pipe(socket)
    })
    t.after(() => front.close())
    await once(front.listen(0, '127.0.0.1'), 'listening')
    const { port } = front.address() as AddressInfo
    const { name, user, password } = target
    const open = (mode: string): Promise<Database> =>
      openPostgres({ url: `jdbc:postgresql://127.0.0.1:${port}/${name}?sslmode=${mode}`, user, password })
    const session = await open('prefer')
    deepEqual((await session.query('select 42')).rows, [[42]])
    equal(connections, 1)
    await session.close()
    await rejects(open('require'), { code: 'DATABASE_TLS' })
  })

  it('refuses an expired certificate', async (t) => {
    const front = await openFront(t, { certificate: 'expired' })
    equal(await front.attempt('localhost', `sslmode=verify-full&${ca}`), 'DATABASE_TLS')
    equal(await front.attempt('localhost', 'sslmode=require'), 'connected')
  })

  it('shows its client certificate, from files or by value', async (t) => {
    const front = await openFront(t, { certificate: 'server', requireClient: true })
    const files = `sslcert=${encodeURIComponent(certificates['client.pem'] ?? '')}&sslkey=${encodeURIComponent(certificates['client.key'] ?? '')}`
    equal(await front.attempt('localhost', `sslmode=verify-full&${ca}&${files}`), 'connected')
    const read = (name: string): string => readFileSync(certificates[name] ?? '', 'utf8')
    const tls = { ca: read('ca.pem'), certificate: read('client.pem'), key: read('client.key') }
    equal(await front.attempt('localhost', 'sslmode=verify-full', { tls }), 'connected')
    ok((await front.attempt('localhost', `sslmode=verify-full&${ca}`)) !== 'connected')
    deepEqual(front.clients, ['shop', 'shop'])
  })

  it('reads modes as libpq and pgjdbc do', () => {
    equal(readSslMode({}), 'prefer')
    equal(readSslMode({ ssl: 'true' }), 'verify-full')
    equal(readSslMode({ ssl: '' }), 'verify-full')
    equal(readSslMode({ ssl: 'false' }), 'disable')
    equal(readSslMode({ sslmode: 'VERIFY-CA', ssl: 'false' }), 'verify-ca')
  })
})
