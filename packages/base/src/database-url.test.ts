import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { describeDatabaseUrl, parseDatabaseUrl, readDatabaseUrl } from './database-url.ts'
import { formatDiagnostic } from './diagnostic.ts'

const hostsOf = (url: string): readonly string[] =>
  (parseDatabaseUrl(url).url?.hosts ?? []).map(({ host, port }) => `${host} ${port}`)

describe('parseDatabaseUrl', () => {
  it('decodes user, password and parameters, and describes the URL without them', () => {
    const { url, diagnostics } = parseDatabaseUrl(
      'postgresql://al%40ice:p%2Fw@h1:1,[fe80::1]:2/db?sslmode=verify-full&application_name=a+b',
    )
    deepEqual(url, {
      engine: 'postgresql',
      hosts: [
        { host: 'h1', port: 1 },
        { host: 'fe80::1', port: 2 },
      ],
      database: 'db',
      user: 'al@ice',
      password: 'p/w',
      parameters: { sslmode: 'verify-full', ApplicationName: 'a+b' },
    })
    deepEqual(diagnostics, [])
    equal(describeDatabaseUrl(url), 'postgresql://h1:1,[fe80::1]:2/db')
  })

  it('takes a Unix socket from the host parameter, from the authority and from localSocket', () => {
    deepEqual(hostsOf('postgresql:///db?host=/run/postgresql'), ['/run/postgresql 5432'])
    deepEqual(hostsOf('postgresql://alice@/db?host=/run/postgresql&port=5433'), ['/run/postgresql 5433'])
    deepEqual(hostsOf('postgresql://%2Frun%2Fpostgresql/db'), ['/run/postgresql 5432'])
    deepEqual(hostsOf('jdbc:mariadb://localhost/db?localSocket=/run/mysqld/mysqld.sock'), ['/run/mysqld/mysqld.sock 3306'])
  })

  it('reads every form in which MySQL and MariaDB write several hosts', () => {
    for (const url of [
      'jdbc:mysql://h1:3307,h2/db',
      'jdbc:mysql://[h1:3307,h2]/db',
      'jdbc:mysql:loadbalance://h1:3307,h2/db',
      'jdbc:mysql:replication://h1:3307,h2/db',
      'jdbc:mariadb:sequential://h1:3307,h2/db',
      'jdbc:mysql://address=(host=h1)(port=3307)(type=primary),address=(host=h2)/db',
      'jdbc:mysql://(host=h1,port=3307),(host=h2)/db',
      'mysql://root:pw@[h1:3307,h2:3306]/db',
    ]) {
      deepEqual(hostsOf(url), ['h1 3307', 'h2 3306'], url)
    }
    const { url } = parseDatabaseUrl('jdbc:mysql://address=(host=fe80::1)(user=bob)(password=s3cret)/db')
    deepEqual([url?.hosts, url?.user, url?.password], [[{ host: 'fe80::1', port: 3306 }], 'bob', 's3cret'])
  })

  it('reads SQLite files and memory', () => {
    const fileOf = (text: string): string | undefined => parseDatabaseUrl(text).url?.database
    equal(fileOf('jdbc:sqlite:shop.db'), 'shop.db')
    equal(fileOf('jdbc:sqlite:C:/data/shop.db'), 'C:/data/shop.db')
    equal(fileOf('sqlite:///data/sh%20op.db'), '/data/sh op.db')
    equal(fileOf('jdbc:sqlite:file:data/shop.db?mode=rwc'), 'data/shop.db')
    for (const memory of ['jdbc:sqlite::memory:', 'jdbc:sqlite:', 'sqlite:file:x?mode=memory'])
      equal(fileOf(memory), ':memory:', memory)
    for (const bad of ['jdbc:sqlite::resource:a.db', 'sqlite://host/a.db', 'sqlite:a%0.db', 'sqlite:/a.db?mode=ro'])
      equal(fileOf(bad), undefined, bad)
  })

  it('gives parameters the names that drivers here read', () => {
    const parametersOf = (text: string): unknown => parseDatabaseUrl(text).url?.parameters
    deepEqual(parametersOf('jdbc:mysql://h/d?usessl=true&SSL-MODE=REQUIRED&ssl-ca=/ca.pem'), {
      useSSL: 'true',
      sslMode: 'REQUIRED',
      serverSslCert: '/ca.pem',
    })
    deepEqual(parametersOf('postgres://h/d?connect_timeout=3&CURRENTSCHEMA=a,b&targetservertype=primary'), {
      connectTimeout: '3',
      currentSchema: 'a,b',
      targetServerType: 'primary',
    })
  })

  it('is silent about tuning of Java drivers', () => {
    for (const url of [
      'jdbc:postgresql://h/d?prepareThreshold=0&tcpKeepAlive=true&reWriteBatchedInserts=true&stringtype=unspecified',
      'jdbc:mysql://h/d?useUnicode=yes&characterEncoding=UTF-8&serverTimezone=UTC&rewriteBatchedStatements=true&zeroDateTimeBehavior=CONVERT_TO_NULL',
      'jdbc:mariadb://h/d?permitMysqlScheme&useServerPrepStmts=true',
      'jdbc:sqlite:/a.db?mmap_size=1000',
      'jdbc:mysql://h/d?allowLoadLocalInfile=false&createDatabaseIfNotExist=false&socketTimeout=0',
    ]) {
      const { url: parsed, diagnostics } = parseDatabaseUrl(url)
      deepEqual([diagnostics, parsed?.parameters], [[], {}], url)
    }
  })

  it('says what it leaves out, and refuses what would be unsafe to leave out', () => {
    const severities = (query: string, scheme = 'postgresql'): readonly string[] =>
      parseDatabaseUrl(`jdbc:${scheme}://h/d?${query}`).diagnostics.map(({ severity, code }) => `${severity} ${code}`)
    const warning = ['warning DATABASE_URL_PARAMETER']
    const error = ['error DATABASE_URL_PARAMETER']
    for (const query of ['socketTimeout=30', 'fetchSizze=3']) deepEqual(severities(query), warning, query)
    for (const query of [
      'sslfactory=com.example.Factory',
      'sslcrl=/x',
      'sslmodus=verify-full',
      'readOnly=true',
      'socketFactory=com.google.cloud.sql.postgres.SocketFactory',
      'channelBinding=require',
      'gssEncMode=require',
      'targetServerType=secondary',
      'connectTimeout=soon',
      'sslrootcert=/a&sslrootcert=/b',
    ]) {
      deepEqual(severities(query), error, query)
    }
    deepEqual(severities('sslmode=verify'), ['error DATABASE_URL_SSLMODE'])
    for (const query of [
      'trustCertificateKeyStoreUrl=file:/t.jks',
      'initSql=drop%20table%20a',
      'trustStorre=/x',
      'credentialType=AWS-IAM',
    ])
      deepEqual(severities(query, 'mysql'), error, query)
    for (const query of ['createDatabaseIfNotExist=true', 'allowLoadLocalInfile=true'])
      deepEqual(severities(query, 'mariadb'), warning, query)
  })

  it('offers the name that was meant', () => {
    const [problem] = parseDatabaseUrl('jdbc:postgresql://h/d?sslmodee=require').diagnostics
    ok(problem?.hint?.includes('"sslmode"'))
  })

  it('names the plain URL for wrappers around a driver', () => {
    ok(parseDatabaseUrl('jdbc:aws-wrapper:postgresql://h/d').diagnostics[0]?.hint?.includes('plain URL'))
    throws(() => readDatabaseUrl('jdbc:oracle:thin:@h'), { code: 'DATABASE_URL_ENGINE' })
  })

  it('never throws, and never repeats a password', () => {
    const secret = 'hunter2hunter2'
    const piece = fc.constantFrom(
      'jdbc:',
      'mysql',
      'postgresql',
      'sqlite',
      'mariadb',
      ':',
      '//',
      '/',
      '@',
      '?',
      '&',
      '=',
      ',',
      '[',
      ']',
      '(',
      ')',
      '%',
      '%41',
      'h',
      '1',
      'address=',
      'host=',
      'password=',
      'sslpassword=',
      'sslmode=',
      'loadbalance:',
      secret,
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }),
        fc.constantFrom('', 'jdbc:postgresql://', 'mysql://u:'),
        (pieces, start) => {
          const text = `${start}${pieces.join('')}`
          const { url, diagnostics } = parseDatabaseUrl(text)
          equal(
            url === undefined,
            diagnostics.some(({ severity }) => severity === 'error'),
          )
          equal(diagnostics.map(formatDiagnostic).join().includes(secret), false, text)
        },
      ),
      { numRuns: 3000 },
    )
  })
})
