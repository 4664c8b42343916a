import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openTempDir } from '@sluice/testkit'
import { runCli } from '../support/run-cli.ts'
import type { CliRun } from '../support/run-cli.ts'

test('a schema is written as a changelog, compared, brought along and dropped from the command line', async () => {
  await using folder = await openTempDir()
  const path = (name: string): string => join(folder.path, name)
  const sluice = { url: 'http://127.0.0.1:9', adminKey: 'none', dir: folder.path }
  const db = (...args: readonly string[]): Promise<CliRun> => runCli(sluice, ['db', ...args])
  const make = (name: string, sql: string): string => {
    const file = new DatabaseSync(path(name))
    file.exec(sql)
    file.close()
    return `sqlite:${path(name)}`
  }
  const wanted = make(
    'wanted.db',
    'CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT); CREATE VIEW names AS SELECT name FROM items',
  )
  const target = make('target.db', 'CREATE TABLE items (id INTEGER PRIMARY KEY); CREATE TABLE old (x)')

  assert.equal((await db('snapshot', '--url', wanted, '--output', path('wanted.json'))).exitCode, 0)
  const refused = await db('snapshot', '--url', wanted, '--output', path('wanted.json'))
  assert.equal(refused.exitCode, 1)
  assert.match(refused.stderr, /FILE_EXISTS/)

  const diff = await db('diff', '--url', target, '--reference', path('wanted.json'), '--json')
  assert.equal(diff.exitCode, 3)
  const { missing, unexpected } = diff.json<{ missing: { fullName: string }[]; unexpected: { fullName: string }[] }>()
  assert.deepEqual(
    missing.map(({ fullName }) => fullName),
    ['items.name', 'names'],
  )
  assert.deepEqual(
    unexpected.map(({ fullName }) => fullName),
    ['old'],
  )

  const changes = await db('diff-changelog', '--url', target, '--reference', wanted, '--output', path('changes.sql'))
  assert.equal(changes.exitCode, 0, changes.output)
  assert.match(changes.output, /old is dropped with its data/)
  assert.match(readFileSync(path('changes.sql'), 'utf8'), /--comment: WARNING: table old is dropped/)
  const applied = await db('apply', '--url', target, '--search-path', folder.path, '--changelog', 'changes.sql')
  assert.equal(applied.exitCode, 0, applied.output)
  assert.equal((await db('diff', '--url', target, '--reference', path('wanted.json'))).exitCode, 0)

  const asking = await db('drop-all', '--url', target)
  assert.equal(asking.exitCode, 2)
  assert.match(asking.stderr, /--yes/)
  assert.equal((await db('drop-all', '--url', target, '--yes')).exitCode, 0)
  const generated = await db('generate-changelog', '--url', target, '--output', path('none.yaml'))
  assert.equal(generated.exitCode, 0, generated.output)
  assert.equal(readFileSync(path('none.yaml'), 'utf8'), 'databaseChangeLog: []\n')
})
