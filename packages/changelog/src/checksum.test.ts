import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksumVersion, computeChecksum, computeExactDigest, isChecksumValid } from './checksum.ts'
import { createMemoryTree } from './file-tree.ts'
import type { Changeset } from './model.ts'
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

test('a changeset is unchanged by its stored version, a valid checksum or none at all', () => {
  const changeset = formatted('SELECT 1;\n')
  for (const version of [8, 9] as const) {
    assert.equal(isChecksumValid(changeset, computeChecksum(changeset, { version, dbms: 'postgresql' }), 'postgresql'), true)
  }
  assert.equal(isChecksumValid(changeset, null, 'postgresql'), true)
  assert.equal(isChecksumValid(changeset, '9:00000000000000000000000000000000', 'postgresql'), false)
  assert.equal(isChecksumValid(changeset, '7:00000000000000000000000000000000', 'postgresql'), false)
  for (const valid of ['any', 'ALL', '*', '7:00']) {
    assert.equal(isChecksumValid({ ...changeset, validCheckSums: [valid] }, '7:00', 'postgresql'), true, valid)
  }
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
