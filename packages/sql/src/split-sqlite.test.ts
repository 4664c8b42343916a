import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { splitStatements, type SplitOptions } from './split.ts'

const split = (text: string, options: Partial<SplitOptions> = {}) => splitStatements(text, { dialect: 'sqlite', ...options })
const texts = (text: string, options: Partial<SplitOptions> = {}) => split(text, options).statements.map((one) => one.text)

const whole = [
  "SELECT 'a\\', ';''b'",
  'SELECT "a;""b", `c;`, [d;e] FROM x',
  'SELECT 1 -- one; two\n, 2',
  'SELECT 1 /* ; */, 2',
  'CREATE TRIGGER t AFTER INSERT ON a WHEN new.x > 1 BEGIN UPDATE a SET x = CASE x WHEN 1 THEN 2 END; DELETE FROM b; END',
  'CREATE TEMP TRIGGER IF NOT EXISTS t AFTER UPDATE OF a, b ON c FOR EACH ROW BEGIN SELECT new."end"; SELECT 1; END',
  "SELECT x'00', ?1, $a, :b, @c",
]

for (const statement of whole) {
  test(`splitting for SQLite keeps together ${statement}`, () => {
    assert.deepEqual(texts(`${statement};\nSELECT 2;`), [statement, 'SELECT 2'])
  })
}

test('SQLite itself agrees where each statement ends', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE a (x, b, c); CREATE TABLE b (x); CREATE TABLE x ("a;""b", "c;", "d;e"); CREATE TABLE c (a, b)')
  for (const statement of whole) {
    const text = `${statement};\nSELECT 2;`
    assert.equal(database.prepare(text).sourceSQL, `${split(text).statements[0]?.text};`)
  }
  database.close()
})

test('a block comment may be left open', () => {
  assert.deepEqual(split('SELECT 1; /* the rest').diagnostics, [])
})

test('transactions are statements like others', () => {
  assert.deepEqual(texts('BEGIN; SELECT 1; END; BEGIN IMMEDIATE; COMMIT'), [
    'BEGIN',
    'SELECT 1',
    'END',
    'BEGIN IMMEDIATE',
    'COMMIT',
  ])
})

test('dot commands of the shell are refused with their place', () => {
  const { diagnostics, statements } = split('SELECT 1;\n.read other.sql\nSELECT 2;', { file: 'a.sql' })
  assert.deepEqual(
    diagnostics.map(({ code, line, column }) => [code, line, column]),
    [['SQL_SQLITE3_COMMAND', 2, 1]],
  )
  assert.equal(statements.length, 2)
})
