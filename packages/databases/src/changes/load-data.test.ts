import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChangeNode, Dialect } from '@sluice/engine'
import { mariadbDialect } from '../mysql/dialect.ts'
import { postgresDialect } from '../postgres/dialect.ts'
import { sqliteDialect } from '../sqlite/dialect.ts'

const place = { file: 'db.yaml', line: 1, column: 1 }

function load(
  dialect: Dialect,
  csv: string,
  types: Readonly<Record<string, string>> | undefined,
  columns: readonly ChangeNode[] = [],
) {
  const node: ChangeNode = { name: 'loadData', attributes: { tableName: 't', file: 't.csv' }, children: columns, place }
  const change = { type: 'modelled' as const, name: 'loadData' as const, node, file: { path: 't.csv', text: csv }, place }
  const columnTypes = types === undefined ? undefined : new Map(Object.entries(types))
  return dialect.generate(change, { defaultSchema: undefined, objectQuotingStrategy: 'LEGACY', columnTypes })
}

describe('rows of a CSV file without types', () => {
  it('are texts, and ask for the types of their columns', () => {
    const generated = load(postgresDialect, 'a,b\ntrue,\n', undefined)
    deepEqual(generated.statements, ["INSERT INTO t (a, b) VALUES ('true', NULL)"])
    equal(generated.awaitsColumnTypes, true)
  })

  it('ask for nothing where the changelog says every type', () => {
    const column: ChangeNode = { name: 'column', attributes: { name: 'a', type: 'NUMERIC' }, children: [], place }
    equal(load(postgresDialect, 'a\n1\n', undefined, [column]).awaitsColumnTypes, false)
  })

  it('are written by the types of their columns', () => {
    const csv = 'on,n,at,t,e\nyes,1.5,2001-02-03T04:05:06,true,\n'
    const values = (dialect: Dialect, types: readonly string[]): string | undefined => {
      const [on = '', n = '', at = '', t = ''] = types
      return /VALUES (.*)/.exec(load(dialect, csv, { on, n, at, t, e: t }).statements[0] ?? '')?.[1]
    }
    const date = "'2001-02-03 04:05:06'"
    equal(
      values(postgresDialect, ['boolean', 'numeric', 'timestamp without time zone', 'text']),
      `(TRUE, 1.5, ${date}, 'true', '')`,
    )
    equal(values(mariadbDialect, ['tinyint(1)', 'decimal(10,2)', 'datetime', 'varchar(9)']), `(1, 1.5, ${date}, 'true', '')`)
    equal(values(sqliteDialect, ['BOOLEAN', 'DECIMAL(9, 2)', 'DATETIME', 'VARCHAR(9)']), `(1, 1.5, ${date}, 'true', '')`)
  })

  it('keep a list and a bit string as texts', () => {
    const { statements } = load(postgresDialect, 'a,b\n"{1,2}",101\n', { a: 'integer[]', b: 'bit' })
    deepEqual(statements, ["INSERT INTO t (a, b) VALUES ('{1,2}', '101')"])
  })

  it('are refused, with the line, where their columns cannot hold them', () => {
    const { statements, diagnostics } = load(sqliteDialect, 'n,on,at\n1,true,\n1+1,maybe,soon\n', {
      n: 'INTEGER',
      on: 'BOOLEAN',
      at: 'DATE',
    })
    deepEqual(statements, [])
    deepEqual(
      diagnostics.map(({ message }) => message),
      [
        'Line 3 of "t.csv": "1+1" is no number for "n".',
        'Line 3 of "t.csv": "maybe" is no boolean for "on".',
        'Line 3 of "t.csv": "soon" is no date or time for "at".',
      ],
    )
    match(diagnostics[0]?.hint ?? '', /COMPUTED/)
  })
})

describe('columns of a loadData change that its file does not have', () => {
  const column = (attributes: Readonly<Record<string, string>>, line: number): ChangeNode => ({
    name: 'column',
    attributes,
    children: [],
    place: { file: 'db.yaml', line, column: 5 },
  })
  it('are told with their places, and change nothing', () => {
    const columns = [
      column({ name: 'A', type: 'NUMERIC' }, 10),
      column({ name: 'nope', type: 'STRING', defaultValue: 'x' }, 11),
      column({ name: 'a', header: 'none', type: 'NUMERIC' }, 12),
      column({ name: 'c', index: '2', type: 'NUMERIC' }, 13),
      column({ name: 'd', index: 'two' }, 14),
      column({ name: 'gone', type: 'SKIP' }, 15),
      column({ name: 'b', index: '1', type: 'STRING' }, 16),
    ]
    const { statements, diagnostics } = load(postgresDialect, 'a,b\n1,x\n', undefined, columns)
    deepEqual(statements, ["INSERT INTO t (A, b) VALUES (1, 'x')"])
    deepEqual(
      diagnostics.map(({ severity, code, line, message }) => `${severity} ${code} ${line} ${message}`),
      [
        'warning CHANGE_CSV_COLUMN 11 The column "nope" of "loadData" is left out: the first line of "t.csv" does not name "nope".',
        'warning CHANGE_CSV_COLUMN 12 The column "a" of "loadData" is left out: the first line of "t.csv" does not name "none".',
        'warning CHANGE_CSV_COLUMN 13 The column "c" of "loadData" is left out: "t.csv" has 2 columns, and none of index 2.',
        'warning CHANGE_CSV_COLUMN 14 The column "d" of "loadData" is left out: "t.csv" has 2 columns, and none of index two.',
        'warning CHANGE_CSV_COLUMN 15 The column "gone" of "loadData" is left out: the first line of "t.csv" does not name "gone".',
      ],
    )
    match(diagnostics[0]?.hint ?? '', /defaultValue/)
  })
  it('are not those that it has and that are skipped', () => {
    const columns = [column({ name: 'A', type: 'SKIP' }, 10), column({ name: 'x', index: '1', type: 'SKIP' }, 11)]
    deepEqual(load(postgresDialect, 'a,b,c\n1,2,3\n', undefined, columns).diagnostics, [])
  })
})

describe('a CSV file that does not fit', () => {
  const problems = (csv: string): readonly string[] => {
    const { statements, diagnostics } = load(postgresDialect, csv, { a: 'integer', b: 'boolean' })
    return [...statements, ...diagnostics.map(({ message }) => message)]
  }
  it('is told with all its lines, and gives no statement', () => {
    deepEqual(problems('a,b\n1\nx,maybe\n2,true\n1,2,3\n'), [
      'Line 2 of "t.csv" has 1 values, and its header has 2.',
      'Line 3 of "t.csv": "x" is no number for "a".',
      'Line 3 of "t.csv": "maybe" is no boolean for "b".',
      'Line 5 of "t.csv" has 3 values, and its header has 2.',
    ])
    equal(problems(`a,b\n${'1\n'.repeat(1000)}`).length, 20)
  })
  it('does not lose the lines after a quote that is not closed', () => {
    deepEqual(problems('a,b\n1,true\n2,"true\n3,true\n'), ['A quote in line 3 of "t.csv" is not closed.'])
    deepEqual(problems('a,"b\n1,true\n'), ['A quote in the first line of "t.csv" is not closed.'])
  })
})
