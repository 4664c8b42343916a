import { deepEqual, equal, throws } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readDatabaseUrl } from '@sluice/base'
import { mayFetchPublicKey, readConnectTimeoutMs as readMysqlTimeoutMs, sessionVariablesStatement } from './mysql/url-settings.ts'
import { nameSocket, readMysqlSslMode } from './mysql/tls.ts'
import { readConnectTimeoutMs, readServerOptions, readServerType } from './postgres/url-settings.ts'

const postgres = (query: string): ReturnType<typeof readDatabaseUrl> => readDatabaseUrl(`jdbc:postgresql://h/d?${query}`)
const mysql = (query: string, scheme = 'mysql'): ReturnType<typeof readDatabaseUrl> =>
  readDatabaseUrl(`jdbc:${scheme}://h/d?${query}`)

describe('settings of a PostgreSQL URL', () => {
  it('has its times in seconds', () => {
    equal(readConnectTimeoutMs(postgres('connectTimeout=3&loginTimeout=9')), 3000)
    equal(readConnectTimeoutMs(postgres('loginTimeout=9')), 9000)
    equal(readConnectTimeoutMs(postgres('connectTimeout=0')), undefined)
  })

  it('names the kind of host that is wanted', () => {
    equal(readServerType(postgres('')), 'preferPrimary')
    equal(readServerType(postgres('targetServerType=any')), 'any')
    equal(readServerType(postgres('targetServerType=MASTER')), 'primary')
    equal(readServerType(postgres('target_session_attrs=read-write')), 'primary')
  })

  it('carries server settings in its options', () => {
    deepEqual(
      readServerOptions(postgres('options=-c%20statement_timeout%3D90000%20-csearch_path%3Da\\%20b%20--lock-timeout%3D5s')),
      [
        ['statement_timeout', '90000'],
        ['search_path', 'a b'],
        ['lock_timeout', '5s'],
      ],
    )
    for (const options of ['-c', '-d 5', 'x', '-c a'])
      throws(
        () => readServerOptions(postgres(`options=${encodeURIComponent(options)}`)),
        { code: 'DATABASE_URL_OPTIONS' },
        options,
      )
  })
})

describe('settings of a MySQL URL', () => {
  it('has its time in milliseconds', () => equal(readMysqlTimeoutMs(mysql('connectTimeout=2500')), 2500))

  it('reads TLS modes of both Java drivers and of the tools', () => {
    const modes: readonly (readonly [string, string, string?])[] = [
      ['', 'prefer'],
      ['sslMode=VERIFY_IDENTITY', 'verify-full'],
      ['ssl-mode=REQUIRED', 'require'],
      ['sslMode=trust', 'require', 'mariadb'],
      ['sslMode=DISABLED&useSSL=true', 'disable'],
      ['useSSL=false', 'disable'],
      ['useSSL=true', 'require'],
      ['useSSL=true&verifyServerCertificate=true', 'verify-ca'],
      ['useSSL=true&requireSSL=true&verifyServerCertificate=false', 'require'],
      ['useSsl=true', 'verify-full', 'mariadb'],
      ['useSsl=true&trustServerCertificate=true', 'require', 'mariadb'],
      ['useSsl=true&disableSslHostnameVerification=true', 'verify-ca', 'mariadb'],
    ]
    for (const [query, mode, scheme] of modes) equal(readMysqlSslMode(mysql(query, scheme)), mode, query)
  })

  it('asks for a public key only if told to', () => {
    equal(mayFetchPublicKey(mysql('')), false)
    equal(mayFetchPublicKey(mysql('allowPublicKeyRetrieval=true')), true)
  })

  it('sets session variables, and nothing else', () => {
    const statement = (text: string): string | undefined =>
      sessionVariablesStatement(mysql(`sessionVariables=${encodeURIComponent(text)}`))
    equal(statement(''), undefined)
    equal(
      statement("sql_mode='ANSI,TRADITIONAL',foreign_key_checks=0"),
      "SET SESSION sql_mode='ANSI,TRADITIONAL', SESSION foreign_key_checks=0",
    )
    equal(statement("@mine=concat('a', 'b');@@session.wait_timeout=5"), "SET @mine=concat('a', 'b'), @@session.wait_timeout=5")
    for (const bad of [
      'autocommit=0',
      '@@autocommit=0',
      'global max_connections=1',
      '@@global.x=1',
      "a='",
      'a=1 -- x',
      'a=(1',
      'drop table t',
      'a=1 /* */',
    ])
      throws(() => statement(bad), { code: 'DATABASE_URL_SESSION_VARIABLES' }, bad)
  })

  it('writes an address into its socket, so that the certificate is compared with it', () => {
    deepEqual(nameSocket({}, '10.0.0.1'), { _host: '10.0.0.1' })
    deepEqual(nameSocket({}, 'db.example.com'), {})
  })
})
