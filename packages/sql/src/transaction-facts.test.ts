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
  assert.equal(readTransactionFacts(statement, { serverMajor: 11 }).transaction, 'forbidden')
  assert.equal(readTransactionFacts(statement, { serverMajor: 15 }).transaction, 'limited')
  assert.equal(isTransactional(statement, { serverMajor: 15 }), true)
})

test('the command of a plain statement is its first two words', () => {
  assert.equal(readTransactionFacts('create table t (a int)').command, 'CREATE TABLE')
})

test('MySQL commits for everything but what changes or reads data', () => {
  const of = (text: string): string => readTransactionFacts(text, { dialect: 'mysql' }).transaction
  for (const text of [
    'insert into a values (1)',
    '/*!40101 SET NAMES utf8 */',
    'set @a = 1',
    'with x as (select 1) select * from x',
    '(select 1)',
  ])
    assert.equal(of(text), 'allowed', text)
  for (const text of [
    'create table a (id int)',
    'alter table a add b int',
    'truncate a',
    'call p()',
    'execute s',
    'lock tables a write',
    'grant all on a to b',
  ])
    assert.equal(of(text), 'commits', text)
  for (const text of [
    'begin',
    'START TRANSACTION',
    'commit',
    'rollback to savepoint a',
    'savepoint a',
    'set autocommit=0',
    'SET @@session.autocommit = 1',
    'xa start "a"',
  ])
    assert.equal(of(text), 'control', text)
  assert.equal(of('create temporary table a (id int)'), 'limited')
  assert.equal(of('set session transaction isolation level serializable'), 'forbidden')
  assert.equal(of('begin not atomic select 1; end'), 'commits')
})

test('SQLite has nearly everything in a transaction', () => {
  const of = (text: string): string => readTransactionFacts(text, { dialect: 'sqlite' }).transaction
  for (const text of [
    'create table a (id int)',
    'alter table a add b int',
    'drop table a',
    'pragma table_info(a)',
    'reindex',
    'analyze',
  ])
    assert.equal(of(text), 'allowed', text)
  for (const text of ['vacuum', 'PRAGMA foreign_keys=off', 'pragma main.journal_mode = wal', "attach 'a' as b", 'detach b'])
    assert.equal(of(text), 'forbidden', text)
  for (const text of ['begin', 'end', 'savepoint a']) assert.equal(of(text), 'control', text)
})
