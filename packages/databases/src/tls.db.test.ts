import { ok } from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AppError, createToken, silentLogger } from '@sluice/base'
import { isProcessRunning, openEmbeddedPostgres } from '@sluice/embedded-postgres'
import type { EmbeddedPostgres } from '@sluice/embedded-postgres'
import { skipWithoutMariadb, startMariadb, waitFor } from '@sluice/testkit'
import type { MariadbServer } from '@sluice/testkit'
import { openDatabase } from './open-database.ts'
import { certificates } from './postgres/testing/tls-front.ts'

const file = (name: string): string => encodeURIComponent(certificates[name] ?? '')

/** Connects, and gives `connected tls`, `connected plain`, or what the failure says. */
async function attempt(url: string, login: { user: string; password: string }, probe: string): Promise<string> {
  try {
    const database = await openDatabase({ url, ...login })
    try {
      const { rows } = await database.query(probe)
      return `connected ${rows[0]?.[0] === true || (typeof rows[0]?.[0] === 'string' && rows[0][0] !== '') ? 'tls' : 'plain'}`
    } finally {
      await database.close()
    }
  } catch (error) {
    ok(error instanceof AppError, String(error))
    ok(!error.message.includes(login.password), 'no password in messages')
    return `${error.code}: ${error.message} ${error.hint ?? ''}`
  }
}

type Case = readonly [name: string, host: string, query: string, expected: RegExp]

describe('TLS to a real PostgreSQL', () => {
  let server: EmbeddedPostgres
  let dataDir = ''
  const dir = mkdtempSync(join(tmpdir(), 'sluice-tls-pg-'))
  const login = { user: 'owner', password: createToken() }
  const probe = 'SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()'
  const run = async (...statements: string[]): Promise<void> => {
    const database = await openDatabase({ url: `${server.url}?sslmode=prefer` })
    for (const statement of statements) await database.execute(statement)
    await database.close()
  }
  /** PostgreSQL wants its key readable by its own user only; as root it runs as another one. */
  const install = (name: string): string => {
    const path = join(dir, 'certificates', name)
    copyFileSync(certificates[name] ?? '', path)
    chmodSync(path, 0o600)
    const owner = statSync(join(dataDir, 'PG_VERSION'))
    chownSync(path, owner.uid, owner.gid)
    return path
  }
  const start = (settings: Record<string, string>): Promise<EmbeddedPostgres> =>
    openEmbeddedPostgres({
      dataDir: join(dir, 'data'),
      ...login,
      settings,
      logger: silentLogger,
      durability: 'off',
      lifetime: 'child',
    })
  before(async () => {
    chmodSync(dir, 0o755)
    mkdirSync(join(dir, 'certificates'), { mode: 0o755 })
    server = await start({})
    const database = await openDatabase({ url: server.url })
    dataDir = String((await database.query('SHOW data_directory')).rows[0]?.[0])
    await database.close()
  })
  after(async () => {
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  const use = async (name: string): Promise<void> => {
    await server.stop()
    server = await start({
      ssl: 'on',
      ssl_cert_file: install(`${name}.pem`),
      ssl_key_file: install(`${name}.key`),
      ssl_ca_file: install('ca.pem'),
    })
  }
  const check = async (cases: readonly Case[]): Promise<void> => {
    for (const [name, host, query, expected] of cases) {
      const url = `jdbc:postgresql://${host}:${String(server.port)}/postgres?${query}`
      const answer = await attempt(url, login, probe)
      ok(expected.test(answer), `${name}: ${answer}`)
    }
  }
  const ca = `sslrootcert=${file('ca.pem')}`

  it('says so where the server has no TLS, unless plain is allowed', () =>
    check([
      ['disable', 'localhost', 'sslmode=disable', /^connected plain$/],
      ['prefer', 'localhost', 'sslmode=prefer', /^connected plain$/],
      ['require', 'localhost', 'sslmode=require', /^DATABASE_TLS: .*switched off/],
      ['verify-full', 'localhost', `sslmode=verify-full&${ca}`, /^DATABASE_TLS: .*switched off.*sslmode=disable/],
    ]))

  it('verifies what each mode asks for', async () => {
    await use('server')
    await check([
      ['disable', 'localhost', 'sslmode=disable', /^connected plain$/],
      ['prefer', 'localhost', '', /^connected tls$/],
      ['require', '127.0.0.1', 'sslmode=require', /^connected tls$/],
      ['verify-ca', '127.0.0.1', `sslmode=verify-ca&${ca}`, /^connected tls$/],
      ['verify-full', 'localhost', `sslmode=verify-full&${ca}`, /^connected tls$/],
      ['TLS 1.3 only', 'localhost', `sslmode=verify-full&${ca}&ssl_min_protocol_version=TLSv1.3`, /^connected tls$/],
      ['direct negotiation', 'localhost', `sslmode=verify-full&${ca}&sslNegotiation=direct`, /^connected tls$/],
      ['wrong host', '127.0.0.1', `sslmode=verify-full&${ca}`, /^DATABASE_TLS: .*127\.0\.0\.1.*verify-ca/s],
      [
        'unknown CA',
        'localhost',
        `sslmode=verify-full&sslrootcert=${file('other-ca.pem')}`,
        /^DATABASE_TLS: .*not trusted here.*sslrootcert/,
      ],
      ['no CA named', 'localhost', 'sslmode=verify-ca', /^DATABASE_TLS: .*not trusted here/],
      ['no such file', 'localhost', 'sslmode=verify-ca&sslrootcert=/nowhere/ca.pem', /^DATABASE_URL_TLS_FILE/],
    ])
  })

  it('wants a client certificate that the server’s CA has signed', async () => {
    await use('server')
    await run('CREATE ROLE shop LOGIN SUPERUSER')
    const hba = join(dataDir, 'pg_hba.conf')
    const before = readFileSync(hba, 'utf8')
    writeFileSync(hba, `hostssl all shop all cert\n${before}`)
    await run('SELECT pg_reload_conf()')
    const client = (certificate: string, key: string, more = ''): string =>
      `sslmode=verify-full&${ca}&sslcert=${file(certificate)}&sslkey=${file(key)}${more}`
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['client certificate', client('client.pem', 'client.key'), /^connected tls$/],
      ['locked key', client('client.pem', 'client-encrypted.key', '&sslpassword=quince'), /^connected tls$/],
      [
        'wrong passphrase',
        client('client.pem', 'client-encrypted.key', '&sslpassword=pear'),
        /^DATABASE_TLS: .*key cannot be opened.*sslpassword/,
      ],
      ['none', `sslmode=verify-full&${ca}`, /^DATABASE_TLS: .*wants a client certificate.*sslcert/],
      ['of another CA', client('stranger.pem', 'stranger.key'), /^DATABASE_TLS: .*does not accept the client certificate/],
      ['key of another', client('client.pem', 'stranger.key'), /^DATABASE_TLS: .*do not belong together/],
      ['no PEM', client('client.pem', 'server.pem'), /^DATABASE_TLS: .*cannot be read/],
    ]
    for (const [name, query, expected] of cases) {
      const url = `jdbc:postgresql://localhost:${String(server.port)}/postgres?${query}`
      const answer = await attempt(url, { user: 'shop', password: 'unused-password' }, probe)
      ok(expected.test(answer), `${name}: ${answer}`)
    }
    writeFileSync(hba, before)
  })

  it('refuses an expired certificate where it verifies', async () => {
    await use('expired')
    await check([
      ['verify-full', 'localhost', `sslmode=verify-full&${ca}`, /^DATABASE_TLS: .*has expired.*Renew/],
      ['verify-ca', 'localhost', `sslmode=verify-ca&${ca}`, /^DATABASE_TLS: .*has expired/],
      ['require', 'localhost', 'sslmode=require', /^connected tls$/],
    ])
  })
})

describe('TLS to a real MariaDB', { skip: skipWithoutMariadb() }, () => {
  let server: MariadbServer
  const dir = mkdtempSync(join(tmpdir(), 'sluice-tls-mariadb-'))
  const probe = "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'SSL_CIPHER'"
  const pem = (name: string): string => join(dir, name)
  const use = (name: 'server' | 'expired'): void => {
    copyFileSync(certificates[`${name}.pem`] ?? '', pem('cert.pem'))
    copyFileSync(certificates[`${name}.key`] ?? '', pem('cert.key'))
  }
  before(async () => {
    use('server')
    copyFileSync(certificates['ca.pem'] ?? '', pem('ca.pem'))
    server = await startMariadb({
      dir: join(dir, 'server'),
      password: createToken(),
      args: [`--ssl-ca=${pem('ca.pem')}`, `--ssl-cert=${pem('cert.pem')}`, `--ssl-key=${pem('cert.key')}`],
    })
  })
  after(async () => {
    process.kill(server.pid, 'SIGTERM')
    await waitFor(() => !isProcessRunning(server.pid))
    rmSync(dir, { recursive: true, force: true })
  })
  const urlOf = (host: string, query: string): string => `jdbc:mariadb://${host}:${String(server.port)}/mysql?${query}`
  const check = async (cases: readonly Case[], login: { user: string; password: string } = server): Promise<void> => {
    for (const [name, host, query, expected] of cases) {
      const answer = await attempt(urlOf(host, query), { user: login.user, password: login.password }, probe)
      ok(expected.test(answer), `${name}: ${answer}`)
    }
  }
  const run = async (statement: string): Promise<void> => {
    const database = await openDatabase({ url: urlOf('127.0.0.1', ''), user: server.user, password: server.password })
    await database.execute(statement)
    await database.close()
  }
  const ca = `serverSslCert=${file('ca.pem')}`

  it('verifies what each mode asks for', () =>
    check([
      ['disable', 'localhost', 'sslMode=DISABLED', /^connected plain$/],
      ['useSSL=false', 'localhost', 'useSSL=false', /^connected plain$/],
      ['preferred', 'localhost', '', /^connected tls$/],
      ['require', '127.0.0.1', 'sslMode=REQUIRED', /^connected tls$/],
      ['trust', '127.0.0.1', 'sslMode=trust', /^connected tls$/],
      ['verify-ca', '127.0.0.1', `sslMode=VERIFY_CA&${ca}`, /^connected tls$/],
      ['verify-full', 'localhost', `sslMode=VERIFY_IDENTITY&${ca}`, /^connected tls$/],
      [
        'inline CA',
        'localhost',
        `sslMode=verify-full&serverSslCert=${encodeURIComponent(readFileSync(certificates['ca.pem'] ?? '', 'utf8'))}`,
        /^connected tls$/,
      ],
      ['TLS 1.3 only', 'localhost', `sslMode=verify-full&${ca}&enabledSslProtocolSuites=TLSv1.3`, /^connected tls$/],
      ['useSsl of MariaDB', 'localhost', `useSsl=true&${ca}`, /^connected tls$/],
      // Node would compare the certificate with "localhost" here.
      ['wrong host', '127.0.0.1', `sslMode=VERIFY_IDENTITY&${ca}`, /^DATABASE_TLS: .*127\.0\.0\.1.*VERIFY_CA/s],
      [
        'unknown CA',
        'localhost',
        `sslMode=VERIFY_CA&serverSslCert=${file('other-ca.pem')}`,
        /^DATABASE_TLS: .*not trusted here.*serverSslCert/,
      ],
      ['Java key store', 'localhost', 'sslMode=VERIFY_CA&trustStore=/x.jks', /^DATABASE_URL_PARAMETER: .*PEM/],
    ]))

  it('wants a client certificate that the server’s CA has signed', async () => {
    await run("CREATE OR REPLACE USER shop IDENTIFIED BY 'orange-marmalade' REQUIRE X509")
    await run('GRANT ALL ON *.* TO shop')
    const client = (certificate: string, key: string): string =>
      `sslMode=VERIFY_CA&${ca}&sslCert=${file(certificate)}&sslKey=${file(key)}`
    await check(
      [
        ['client certificate', 'localhost', client('client.pem', 'client.key'), /^connected tls$/],
        ['locked key', 'localhost', `${client('client.pem', 'client-encrypted.key')}&sslPassword=quince`, /^connected tls$/],
        [
          'wrong passphrase',
          'localhost',
          `${client('client.pem', 'client-encrypted.key')}&sslPassword=pear`,
          /^DATABASE_TLS: .*key cannot be opened/,
        ],
        // To this server a missing certificate is a wrong password.
        ['none', 'localhost', `sslMode=VERIFY_CA&${ca}`, /^DATABASE_LOGIN_REFUSED/],
        [
          'of another CA',
          'localhost',
          client('stranger.pem', 'stranger.key'),
          /^DATABASE_(?:TLS: .*does not accept the client certificate|LOGIN_REFUSED)/,
        ],
        ['key of another', 'localhost', client('client.pem', 'stranger.key'), /^DATABASE_TLS: .*do not belong together/],
      ],
      { user: 'shop', password: 'orange-marmalade' },
    )
  })

  it('refuses an expired certificate where it verifies', async () => {
    use('expired')
    await run('FLUSH SSL')
    await check([
      ['verify-full', 'localhost', `sslMode=VERIFY_IDENTITY&${ca}`, /^DATABASE_TLS: .*has expired/],
      ['require', 'localhost', 'sslMode=REQUIRED', /^connected tls$/],
    ])
  })
})
