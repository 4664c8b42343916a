import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTransactional, readTransactionFacts } from './transaction-facts.ts'

const forbidden = [
  'CREATE INDEX CONCURRENTLY i ON t (a)',
  'create unique index /* now */ concurrently if not exists i on t (a)',
  '-- note\nDROP INDEX CONCURRENTLY i',
  'REINDEX INDEX CONCURRENTLY i',
  'REINDEX (VERBOSE) TABLE CONCURRENTLY t',
  'REINDEX (CONCURRENTLY, VERBOSE) TABLE t',
  'REINDEX DATABASE d',
  'ALTER TABLE t DETACH PARTITION p CONCURRENTLY',
  'VACUUM',
  'VACUUM (FULL) t;',
  'CLUSTER',
  'CREATE DATABASE d',
  'DROP DATABASE IF EXISTS d',
  'ALTER DATABASE "my db" SET TABLESPACE s',
  'ALTER SYSTEM SET work_mem = 1',
  "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
]

const allowed = [
  'CREATE INDEX i ON t (a)',
  'CREATE INDEX "concurrently" ON t (a)',
  "SELECT 'VACUUM'",
  'REINDEX TABLE t',
  'REINDEX (CONCURRENTLY FALSE) TABLE t',
  'CLUSTER t USING i',
  'REFRESH MATERIALIZED VIEW CONCURRENTLY v',
  'ALTER DATABASE d SET work_mem = 1',
  "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)",
  'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END',
  '',
]

test('commands that refuse a transaction block are known', () => {
  for (const statement of forbidden) assert.equal(readTransactionFacts(statement).transaction, 'forbidden', statement)
})

test('commands that look like them are allowed', () => {
  for (const statement of allowed) assert.equal(readTransactionFacts(statement).transaction, 'allowed', statement)
})

test('transaction control is told apart', () => {
  for (const statement of ['BEGIN', 'start transaction read only', 'COMMIT;', 'ROLLBACK TO SAVEPOINT a', 'END']) {
    assert.equal(readTransactionFacts(statement).transaction, 'control', statement)
    assert.equal(isTransactional(statement), false)
  }
})

test('ALTER TYPE ADD VALUE depends on the server version', () => {
  const statement = "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok'"
  assert.equal(readTransactionFacts(statement, 11).transaction, 'forbidden')
  assert.equal(readTransactionFacts(statement, 15).transaction, 'limited')
  assert.equal(isTransactional(statement, 15), true)
})

test('the command of a plain statement is its first two words', () => {
  assert.equal(readTransactionFacts('create table t (a int)').command, 'CREATE TABLE')
})
