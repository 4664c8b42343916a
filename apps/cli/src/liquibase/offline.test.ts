import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { parseOfflineUrl } from './offline.ts'
import { runLiquibase } from './run-liquibase.ts'

describe('an offline URL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-offline-'))
  after(() => rmSync(folder, { recursive: true }))
  writeFileSync(
    join(folder, 'a.yaml'),
    'databaseChangeLog: [{changeSet: {id: 1, author: a, changes: [{createTable: {tableName: t, columns: [{column: {name: b, type: boolean}}]}}]}}]',
  )
  const run = async (product: string, ...command: readonly string[]): Promise<{ code: number; out: string; err: string }> => {
    const found = { out: '', err: '' }
    const streams = { out: (text: string) => void (found.out += text), err: (text: string) => void (found.err += text) }
    const url = `--url=offline:${product}${product.includes('?') ? '&' : '?'}changeLogFile=${join(folder, 'history.csv')}`
    const argv = ['--show-banner=false', `--search-path=${folder}`, url, ...command, '--changelog-file=a.yaml']
    const code = await runLiquibase(argv, {}, streams, new AbortController().signal)
    return { code, ...found, out: found.out.replaceAll(/^--.*\n|^\n/gm, '') }
  }

  it('gives the SQL of the whole changelog for its product, and writes nothing', async () => {
    equal((await run('postgresql', 'update-sql')).out, 'CREATE TABLE t (b BOOLEAN);\n')
    equal((await run('MariaDB', 'updateSQL')).out, 'CREATE TABLE t (b TINYINT(1) NULL);\n')
    equal((await run('sqlite', 'future-rollback-sql')).out, 'DROP TABLE t;\n')
    match(
      (await run('mysql?outputLiquibaseSql=all', 'update-sql')).out,
      /CREATE TABLE DATABASECHANGELOG [^]*INSERT INTO DATABASECHANGELOG /,
    )
    deepEqual(readdirSync(folder), ['a.yaml'])
  })
  it('is refused where a database is needed, for a product without SQL here, and beside a history that would not be read', async () => {
    const refusals = [await run('postgresql', 'update'), await run('postgresql', 'rollback-count-sql', '--count=1')]
    for (const { code, err } of refusals) {
      equal(code, 1)
      match(err, /needs a database: an offline URL has neither tables nor history/)
    }
    match((await run('oracle', 'update-sql')).err, /There is no SQL for "oracle" here/)
    writeFileSync(join(folder, 'history.csv'), '')
    match((await run('postgresql', 'update-sql')).err, /history\.csv" is there/)
  })
  it('is read with its parameters, and refused with others', () => {
    deepEqual(parseOfflineUrl('offline:postgresql?version=9.4&outputLiquibaseSql=ALL&changeLogFile=x%2Fy.csv'), {
      product: 'postgresql',
      historyFile: 'x/y.csv',
      showsHistory: true,
    })
    deepEqual(parseOfflineUrl('offline:MySQL'), { product: 'mysql', historyFile: 'databasechangelog.csv', showsHistory: false })
    throws(() => parseOfflineUrl('offline:postgresql?snapshot=a.json'), /parameter "snapshot"/)
    throws(() => parseOfflineUrl('offline:postgresql?outputLiquibaseSql=data_only'), /"data_only"/)
  })
})
