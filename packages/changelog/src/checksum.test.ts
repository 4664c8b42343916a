import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksumVersion, computeChecksum, computeExactDigest, isToleratedChecksum } from './checksum.ts'
import { createMemoryTree } from './file-tree.ts'
import type { Changeset } from './model.ts'
import { md5Hex } from './md5.ts'
import { parseChangelog } from './parse-changelog.ts'
import { changesetKey, normalizePath, recordedKeys } from './paths.ts'

function changesetOf(text: string, path = 'a.sql'): Changeset {
  const { changelog } = parseChangelog(path, createMemoryTree({ [path]: text }))
  const [changeset] = changelog?.changesets ?? []
  assert.ok(changeset)
  return changeset
}

const formatted = (body: string): Changeset => changesetOf(`--liquibase formatted sql\n--changeset a:1\n${body}`)

test('a stored checksum without a version is version 1, and none has none', () => {
  assert.deepEqual(['9:abc', '8:abc', 'abc', '', null, undefined].map(checksumVersion), [
    9,
    8,
    1,
    undefined,
    undefined,
    undefined,
  ])
})

test('checksums that other releases computed for the same changeset are tolerated', () => {
  const files = {
    'a.yaml': `databaseChangeLog:
- property: {name: p, value: t}
- changeSet: {id: 1, author: a, changes: [{sqlFile: {path: x.sql}}]}
- changeSet: {id: 2, author: a, changes: [{insert: {tableName: t, columns: [{column: {name: d, valueDate: "2001-02-03"}}]}}]}
`,
    'x.sql': 'DROP TABLE ${p};',
    'expanded.sql': '--liquibase formatted sql\n--changeset a:1\nDROP TABLE t;\n',
  }
  const [file, dates] = parseChangelog('a.yaml', createMemoryTree(files)).changelog?.changesets ?? []
  const [expanded] = parseChangelog('expanded.sql', createMemoryTree(files)).changelog?.changesets ?? []
  assert.ok(file !== undefined && dates !== undefined && expanded !== undefined)
  const checksum = computeChecksum(expanded, { version: 9, dbms: 'postgresql' })
  assert.notEqual(computeChecksum(file, { version: 9, dbms: 'postgresql' }), checksum)
  assert.equal(isToleratedChecksum(file, { checksum, toolVersion: '4.20.0' }, 'postgresql'), true)
  const insert =
    'insert:[\n    columns=[\n        [\n            name="d"\n            rawDateValue="2001-02-03"\n            valueDate="2001-02-03"\n        ]\n    ]\n    tableName="t"\n]'
  const raw = `9:${md5Hex(`9:${md5Hex(insert)}:`)}`
  assert.equal(isToleratedChecksum(dates, { checksum: raw, toolVersion: '4.33.0' }, 'postgresql'), true)
  assert.equal(isToleratedChecksum(dates, { checksum: raw, toolVersion: '4.32.0' }, 'postgresql'), false)
  assert.equal(isToleratedChecksum(dates, { checksum: '7:00', toolVersion: null }, 'postgresql'), false)
})

test('v9 does not see blanks, but the exact digest does', () => {
  const one = formatted("SELECT 'a b';\n")
  const two = formatted("SELECT  'ab';\n")
  assert.equal(computeChecksum(one, { version: 9, dbms: 'postgresql' }), computeChecksum(two, { version: 9, dbms: 'postgresql' }))
  assert.notEqual(computeExactDigest(one), computeExactDigest(two))
})

test('the exact digest does not depend on where the changeset stands in its file', () => {
  assert.equal(computeExactDigest(formatted('SELECT 1;\n')), computeExactDigest(formatted('\n\nSELECT 1;\n')))
})

test('rollbacks, comments and preconditions are not part of the checksum', () => {
  const plain = formatted('SELECT 1;\n')
  const rich = formatted(
    '--comment: x\n--preconditions onFail:WARN\n--precondition-sql-check 1 SELECT 1\nSELECT 1;\n--rollback SELECT 2;\n',
  )
  const options = { version: 9, dbms: 'postgresql' } as const
  assert.equal(computeChecksum(plain, options), computeChecksum(rich, options))
})

test('paths are compared without prefixes, drive letters, leading slashes and dots', () => {
  for (const path of ['classpath:db/a.sql', './db/a.sql', '/db/a.sql', 'C:\\db\\a.sql', 'db/x/../a.sql', 'db//a.sql']) {
    assert.equal(normalizePath(path), 'db/a.sql', path)
  }
  assert.equal(normalizePath('../a.sql'), '../a.sql')
  assert.equal(changesetKey({ id: '1', author: 'a', path: './b.sql' }), 'b.sql::1::a')
})

test('a raw SQL file is recorded under either of two ids', () => {
  assert.deepEqual(recordedKeys(changesetOf('SELECT 1', 'd/x.sql')), [
    'd/x.sql::raw::includeAll',
    'd/x.sql::raw_d_x.sql::includeAll',
  ])
})
