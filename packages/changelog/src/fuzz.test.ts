import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastCpuMs } from '@sluice/testkit'
import fc from 'fast-check'
import { computeChecksum } from './checksum.ts'
import { createMemoryTree } from './file-tree.ts'
import { historyTexts } from './history-columns.ts'
import { parseChangelog, type ParseResult } from './parse-changelog.ts'

/** Either a changelog whose changesets can be worked with, or an error with a file. Nothing else. */
function checkResult({ changelog, diagnostics }: ParseResult): void {
  const errors = diagnostics.filter((one) => one.severity === 'error')
  assert.equal(changelog === undefined, errors.length > 0)
  for (const one of diagnostics) {
    assert.ok(one.file !== undefined && one.file !== '')
    assert.ok(one.line === undefined || one.line >= 1)
    assert.ok(one.column === undefined || one.column >= 1)
    assert.match(one.message, /[.!?]$/)
  }
  for (const changeset of changelog?.changesets ?? []) {
    assert.match(computeChecksum(changeset, { version: 9, dbms: 'postgresql' }), /^9:[0-9a-f]{32}$/)
    assert.match(computeChecksum(changeset, { version: 8, dbms: 'postgresql' }), /^8:[0-9a-f]{32}$/)
    assert.ok(historyTexts(changeset).description.length <= 250)
  }
}

const sqlLine = fc.oneof(
  fc.constantFrom(
    ...['--changeset a:1', '--changeset a:2 context:"x or y" labels:z', '--changeset', '-- changeset "a b":"c d" foo:bar'],
    ...[
      '--rollback DROP TABLE t;',
      '--rollback empty',
      '--rollback changesetId:1 changesetAuthor:a',
      '/* liquibase rollback',
      '*/',
    ],
    ...[
      '--preconditions onFail:MARK_RAN',
      '--precondition-sql-check expectedResult:"0" SELECT 1',
      '--precondition-table-exists table:t',
    ],
    ...[
      '--comment: x',
      '--validCheckSum: any',
      '--ignoreLines:2',
      '--ignoreLines:start',
      '--ignoreLines:end',
      '--property name:p value:${p}',
    ],
    ...['SELECT ${p};', 'SELECT 1;', '/', '', '  ', "SELECT 'it''s';", '-rollback x', '--liquibase formatted sql', '\uFEFF'],
  ),
  fc.string({ maxLength: 20 }),
)

test('any formatted SQL file is a changelog or an error with a place', () => {
  fc.assert(
    fc.property(fc.array(sqlLine, { maxLength: 25 }), fc.constantFrom('\n', '\r\n', '\r'), (lines, lineEnd) => {
      const text = ['--liquibase formatted sql', ...lines].join(lineEnd)
      checkResult(parseChangelog('a.sql', createMemoryTree({ 'a.sql': text }), { dbms: 'postgresql' }))
    }),
    { numRuns: 400 },
  )
})

const names = [
  ...[
    'databaseChangeLog',
    'changeSet',
    'changes',
    'id',
    'author',
    'createTable',
    'tableName',
    'columns',
    'column',
    'name',
    'type',
  ],
  ...[
    'constraints',
    'rollback',
    'preConditions',
    'onFail',
    'sqlCheck',
    'and',
    'not',
    'sql',
    'sqlFile',
    'path',
    'include',
    'file',
  ],
  ...[
    'includeAll',
    'property',
    'value',
    'modifySql',
    'append',
    'tagDatabase',
    'tag',
    'insert',
    'valueNumeric',
    'valueDate',
    'comment',
  ],
]
const scalar = fc.oneof(
  fc.constantFrom('a', '1', 'true', '${p}', '2020-01-02', 'HALT', 'a.yaml', 'x and y', '', '007', null, 1.5, false),
  fc.string({ maxLength: 8 }),
)
const { tree: anyTree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 4 }),
  ),
}))

test('any tree as JSON is a changelog or an error with a place', () => {
  fc.assert(
    fc.property(anyTree, (tree) => {
      const files = { 'a.json': JSON.stringify({ databaseChangeLog: tree }) }
      checkResult(parseChangelog('a.json', createMemoryTree(files), { dbms: 'postgresql' }))
    }),
    { numRuns: 400 },
  )
})

const fragment = fc.oneof(
  fc.constantFrom(
    'databaseChangeLog:',
    '\n',
    '  - ',
    'changeSet: ',
    '{',
    '}',
    '[',
    ']',
    ': ',
    ', ',
    '&a ',
    '*a',
    '<<: ',
    '"',
    "'",
    '|\n',
    '#',
    '\t',
  ),
  fc.constantFrom(...names),
  fc.constantFrom('<', '>', '</', '/>', '="', '<![CDATA[', ']]>', '<!--', '&amp;', '&x;', '<?xml version="1.0"?>'),
)

test('any text as YAML or XML is a changelog or an error with a place', () => {
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 30 }), fc.constantFrom('a.yaml', 'a.xml', 'a.json'), (parts, path) => {
      checkResult(parseChangelog(path, createMemoryTree({ [path]: parts.join('') })))
    }),
    { numRuns: 400 },
  )
})

test('any bytes are a changelog or an error with a place', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('a.sql', 'a.yaml', 'a.xml'), (bytes, path) => {
      checkResult(parseChangelog(path, createMemoryTree({ [path]: bytes })))
    }),
  )
})

function formattedFile(changesets: number): string {
  const one = (index: number): string =>
    `--changeset bob:${index} labels:a context:"x and !y"\n--comment: c\nCREATE TABLE t${index} (id int);\n--rollback DROP TABLE t${index};\n`
  return `--liquibase formatted sql\n${Array.from({ length: changesets }, (_, index) => one(index)).join('\n')}`
}

test('twenty thousand changesets take time in proportion to their number', () => {
  const elapsed = (count: number): number => {
    const tree = createMemoryTree({ 'a.sql': formattedFile(count) })
    return leastCpuMs(() => assert.equal(parseChangelog('a.sql', tree).changelog?.changesets.length, count))
  }
  elapsed(1_000)
  const small = Math.max(elapsed(2_000), 10)
  // Ten times as many: quadratic work would take a hundred times as long.
  assert.ok(elapsed(20_000) < small * 40)
})

test('one very long line of each kind takes time in proportion to its length', () => {
  const shapes = [
    '--changeset ',
    '--changeset a:1 x:',
    '--changeset a:1 "',
    '- ',
    '/* ',
    '--rollback ',
    '${',
    '--property name:',
    ' ',
    '--precondition-sql-check "',
  ]
  for (const shape of shapes) {
    for (const filler of [' ', 'a', ':', '"', '-', '/']) {
      const elapsed = (length: number): number => {
        const text = `--liquibase formatted sql\n--changeset a:1\nSELECT 1;\n${shape}${filler.repeat(length)}\nSELECT 2;`
        return leastCpuMs(() => parseChangelog('a.sql', createMemoryTree({ 'a.sql': text })))
      }
      const small = Math.max(elapsed(3_000), 2)
      assert.ok(elapsed(60_000) < small * 150, `${shape} and ${JSON.stringify(filler)}`)
    }
  }
})
