import { equal, throws } from 'node:assert/strict'
import { describe, it } from 'node:test'
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
    same(
      'mysql://h:3306/d',
      'jdbc:mysql://h/d',
      'jdbc:mariadb://h:3306/d',
      'mysql://root:x@H/d?ssl-mode=VERIFY_IDENTITY',
      'jdbc:mysql://address=(host=h)(port=3306)/d',
      'jdbc:mariadb:sequential://h/d',
    )
    same('mysql://a:3306,b:3307/d', 'jdbc:mysql:loadbalance://b:3307,a/d', 'jdbc:mysql:replication://a,b:3307/d')
    same(
      'sqlite:/data/a.db',
      'jdbc:sqlite:/data/a.db',
      'sqlite:///data/a.db',
      'jdbc:sqlite:file:/data/a.db?journal_mode=WAL',
      'sqlite:/data/./x/..//a.db',
      'sqlite3:/data/a%2Edb',
    )
    equal(canonicalTarget('jdbc:sqlite:../a.db'), 'sqlite:../a.db')
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
