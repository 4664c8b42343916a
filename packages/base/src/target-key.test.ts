import { deepEqual, equal, throws } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeDatabaseUrl, parseDatabaseUrl } from './database-url.ts'
import { canonicalTarget } from './target-key.ts'

describe('canonicalTarget', () => {
  const same = (canonical: string, ...urls: string[]): void => {
    for (const url of urls) equal(canonicalTarget(url), canonical, url)
  }

  it('is one key for every spelling of one PostgreSQL database', () => {
    same(
      'postgresql://db.example.com:5432/shop',
      'jdbc:postgresql://db.example.com:5432/shop',
      'jdbc:postgresql://DB.Example.COM/shop?currentSchema=app&sslmode=require',
      'JDBC:PostgreSQL://db.example.com./shop',
      'postgres://alice:secret@db.example.com/shop',
      'postgresql://bob@db.example.com:5432/shop?application_name=x',
      ' postgresql://db.example.com/sh%6Fp ',
    )
  })

  it('makes the names of the loopback one host', () => {
    same(
      'postgresql://localhost:5432/a',
      'jdbc:postgresql:a',
      'postgres://127.0.0.1/a',
      'postgres://[::1]:5432/a',
      'jdbc:postgresql:///a',
    )
  })

  it('keeps the case of database names, and ports that are not the default', () => {
    equal(canonicalTarget('postgres://h:6432/Shop'), 'postgresql://h:6432/Shop')
  })

  it('sorts the hosts of a failover list', () => {
    same('postgresql://a:5432,b:5433/x', 'jdbc:postgresql://b:5433,a/x', 'postgres://u@A:5432,b:5433/x')
  })

  it('takes the user as database where none is named', () => {
    equal(canonicalTarget('postgres://alice@h'), 'postgresql://h:5432/alice')
    equal(canonicalTarget('jdbc:postgresql://h/?user=alice&password=x'), 'postgresql://h:5432/alice')
  })

  it('knows MySQL, MariaDB and SQLite', () => {
    same('mysql://h:3306/d', 'jdbc:mysql://h/d', 'jdbc:mariadb://h:3306/d')
    equal(canonicalTarget('jdbc:sqlite:/data/a.db'), 'sqlite:/data/a.db')
  })

  it('never repeats the URL in its errors', () => {
    for (const url of [
      'postgres://u:s3cret@h:99999/d',
      'oracle:thin:s3cret@h',
      's3cret',
      'postgres://u:s3%zzcret@h/d',
      'postgres://u:s3cret@h h/d',
    ]) {
      throws(
        () => canonicalTarget(url),
        (error: Error) => !error.message.includes('s3') && error.name === 'AppError',
        url,
      )
    }
  })
})

describe('parseDatabaseUrl', () => {
  it('decodes user, password and parameters, and describes the URL without them', () => {
    const { url } = parseDatabaseUrl('postgresql://al%40ice:p%2Fw@h1:1,[fe80::1]:2/db?sslmode=verify-full&x=a+b')
    deepEqual(url, {
      engine: 'postgresql',
      hosts: [
        { host: 'h1', port: 1 },
        { host: 'fe80::1', port: 2 },
      ],
      database: 'db',
      user: 'al@ice',
      password: 'p/w',
      parameters: { sslmode: 'verify-full', x: 'a+b' },
    })
    equal(describeDatabaseUrl(url), 'postgresql://h1:1,[fe80::1]:2/db')
  })

  it('takes a Unix socket from the host parameter', () => {
    deepEqual(parseDatabaseUrl('postgresql:///db?host=/run/postgresql').url?.hosts, [{ host: '/run/postgresql', port: 5432 }])
  })
})
