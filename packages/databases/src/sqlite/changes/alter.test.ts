import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import type { ChangeNode, ModelledChangeName } from '@sluice/engine'
import { sqliteDialect } from '../dialect.ts'

const place = { file: 'db.yaml', line: 1, column: 1 }

function node(name: string, attributes: Readonly<Record<string, string>>, children: readonly ChangeNode[] = []): ChangeNode {
  return { name, attributes, children, place }
}

function column(attributes: Readonly<Record<string, string>>, constraints?: Readonly<Record<string, string>>): ChangeNode {
  return node('column', attributes, constraints === undefined ? [] : [node('constraints', constraints)])
}

const setup = [
  'CREATE TABLE "person" (id INTEGER NOT NULL, name VARCHAR(50) DEFAULT \'x, (y)\', -- who\n age INT CHECK (age > 0), boss INT, CONSTRAINT pk PRIMARY KEY (id), CONSTRAINT fk FOREIGN KEY (boss) REFERENCES person(id))',
  'CREATE INDEX ix_name ON person(name)',
  'CREATE INDEX ix_age ON person(age)',
  "CREATE TRIGGER tr AFTER INSERT ON person BEGIN UPDATE person SET name = 'set' WHERE name IS NULL; END",
  'CREATE VIEW grown AS SELECT id, name FROM person WHERE age > 17',
  "INSERT INTO person (id, name, age) VALUES (1, 'Ann', 33), (2, 'Bob', 44)",
]

/** Generates a change against a database, and runs its statements. */
function run(name: ModelledChangeName, attributes: Readonly<Record<string, string>>, children: readonly ChangeNode[] = []) {
  const database = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false })
  for (const sql of setup) database.exec(sql)
  const texts = database.prepare(sqliteDialect.catalogueTexts ?? '').all()
  const facts = sqliteDialect.openFacts?.(texts.map((row) => String(row['sql'])))
  const change = { type: 'modelled' as const, name, node: node(name, attributes, children), file: undefined, place }
  const generated = sqliteDialect.generate(change, { defaultSchema: undefined, objectQuotingStrategy: 'LEGACY', facts })
  for (const sql of generated.statements) database.exec(sql)
  const sqlOf = (object: string): string =>
    String(database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(object)?.['sql'] ?? '')
  const rows = (sql: string): unknown[] =>
    database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row))
  return { ...generated, sqlOf, rows }
}

describe('changing a table of SQLite', () => {
  it('keeps rows, indexes, triggers and views of a table that is made anew', () => {
    const { diagnostics, sqlOf, rows } = run('addDefaultValue', {
      tableName: 'person',
      columnName: 'age',
      defaultValueNumeric: '5',
    })
    deepEqual(diagnostics, [])
    match(sqlOf('person'), /age INT DEFAULT 5 CHECK \(age > 0\)/)
    match(sqlOf('person'), /DEFAULT 'x, \(y\)'/)
    ok(sqlOf('ix_name') !== '' && sqlOf('tr') !== '')
    deepEqual(rows('SELECT name FROM grown ORDER BY id'), [['Ann'], ['Bob']])
    deepEqual(rows('INSERT INTO person (id, name) VALUES (3, NULL) RETURNING age'), [[5]])
    deepEqual(rows('SELECT name FROM person WHERE id = 3'), [['set']])
  })

  it('drops a column with what refers to it, and leaves the rest', () => {
    const { sqlOf, rows } = run('dropColumn', { tableName: 'person', columnName: 'boss' })
    ok(!/boss/i.test(sqlOf('person')))
    deepEqual(rows('SELECT * FROM person'), [
      [1, 'Ann', 33],
      [2, 'Bob', 44],
    ])
    const indexed = run('dropColumn', { tableName: 'person', columnName: 'age' })
    deepEqual([indexed.sqlOf('ix_age'), indexed.diagnostics.length], ['', 0])
  })

  it('adds plain columns by themselves, and others by making the table anew', () => {
    const plain = run('addColumn', { tableName: 'person' }, [
      column({ name: 'city', type: 'varchar(20)', defaultValue: 'Rome', value: 'Oslo' }, { unique: 'false' }),
    ])
    deepEqual(plain.statements, ["ALTER TABLE person ADD city VARCHAR(20) DEFAULT 'Rome'", "UPDATE person SET city = 'Oslo'"])
    const filled = run('addColumn', { tableName: 'person' }, [
      column({ name: 'at', type: 'timestamp', defaultValueComputed: 'CURRENT_TIMESTAMP' }, { nullable: 'false' }),
      column({ name: 'twice', type: 'int', valueComputed: 'age * 2' }, { nullable: 'false' }),
    ])
    deepEqual(filled.rows('SELECT twice FROM person ORDER BY id'), [[66], [88]])
  })

  it('lets the key count, and drops it', () => {
    const counting = run('addAutoIncrement', { tableName: 'person', columnName: 'id' })
    match(counting.sqlOf('person'), /id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL/)
    deepEqual(counting.rows("INSERT INTO person (name, age) VALUES ('new', 1) RETURNING id"), [[3]])
    equal(/PRIMARY/.test(run('dropPrimaryKey', { tableName: 'person' }).sqlOf('person')), false)
    equal(run('addAutoIncrement', { tableName: 'person', columnName: 'age' }).diagnostics[0]?.code, 'CHANGE_UNSUPPORTED')
  })

  it('says what it needs where the table is not known', () => {
    const { diagnostics, statements } = run('dropPrimaryKey', { tableName: 'nobody' })
    deepEqual([statements, diagnostics.map((one) => one.code)], [[], ['CHANGE_NEEDS_DATABASE']])
  })
})
