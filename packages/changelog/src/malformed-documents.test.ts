import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMemoryTree } from './file-tree.ts'
import { parseChangelog } from './parse-changelog.ts'

type Files = Readonly<Record<string, string | Uint8Array>>

function parse(files: Files): { readonly texts: readonly string[]; readonly problems: readonly string[] } {
  const { changelog, diagnostics } = parseChangelog(Object.keys(files)[0] ?? '', createMemoryTree(files))
  const changes = changelog?.changesets.flatMap((changeset) => changeset.changes) ?? []
  return {
    texts: changes.flatMap((change) => (change.type === 'modelled' ? [] : [change.text])),
    problems: diagnostics.map((one) => `${one.file}:${one.line}:${one.column} ${one.code}`),
  }
}

const utf16 = (text: string, order: 'le' | 'be', mark = true): Uint8Array => {
  const bytes = Buffer.from(mark ? `\uFEFF${text}` : text, 'utf16le')
  return order === 'le' ? bytes : bytes.swap16()
}

const sql = "insert into t values ('é')"
const xml = (encoding: string): string =>
  `<?xml version="1.0" encoding="${encoding}"?><databaseChangeLog><changeSet id="1" author="a"><sql>${sql}</sql></changeSet></databaseChangeLog>`
const yaml = (change: string): string => `databaseChangeLog: [{changeSet: {id: 1, author: a, changes: [{${change}}]}}]`

describe('the encoding of a file', () => {
  test('is what its byte order mark says, in every format', () => {
    for (const order of ['le', 'be'] as const) {
      const formatted = `--liquibase formatted sql\n--changeset a:1\n${sql};\n`
      assert.deepEqual(parse({ 'a.sql': utf16(formatted, order) }).texts, [`${sql};`])
      assert.deepEqual(parse({ 'raw.sql': utf16(sql, order) }).texts, [sql])
      assert.deepEqual(parse({ 'a.xml': utf16(xml('UTF-16'), order) }).texts, [sql])
      assert.deepEqual(parse({ 'a.yaml': utf16(yaml(`sql: {sql: "${sql}"}`), order) }).texts, [sql])
      assert.deepEqual(parse({ 'a.yaml': yaml('sqlFile: {path: b.sql}'), 'b.sql': utf16(sql, order) }).texts, [sql])
    }
  })
  test('is what the declaration of an XML file says', () => {
    assert.deepEqual(parse({ 'a.xml': Buffer.from(xml('ISO-8859-1'), 'latin1') }).texts, [sql])
    assert.deepEqual(parse({ 'a.xml': Buffer.from(xml('windows-1252'), 'latin1') }).texts, [sql])
    assert.deepEqual(parse({ 'a.xml': xml('UTF-8') }).texts, [sql])
    assert.deepEqual(parse({ 'a.xml': xml('utf-4') }).problems, ['a.xml:undefined:undefined CHANGELOG_ENCODING_UNKNOWN'])
  })
  test('is what a change says, by the name that Java has for it', () => {
    const read = (encoding: string, bytes: Uint8Array): readonly string[] =>
      parse({ 'a.yaml': yaml(`sqlFile: {path: b.sql, encoding: ${encoding}}`), 'b.sql': bytes }).texts
    assert.deepEqual(read('ISO-8859-15', Uint8Array.of(0xa4)), ['€'])
    assert.deepEqual(read('Cp1251', Uint8Array.of(0xe9)), ['й'])
    assert.deepEqual(read('Windows-1252', Uint8Array.of(0x80)), ['€'])
    assert.deepEqual(read('ISO-8859-1', Uint8Array.of(0x41, 0x80)), ['A\u0080'])
    assert.deepEqual(read('UTF-16', utf16('select 1', 'be', false)), ['select 1'])
  })
  test('other than those is an error, and so is a character of code 0', () => {
    assert.deepEqual(parse({ 'a.sql': Buffer.from(`select 1;\n${sql}`, 'latin1') }).problems, ['a.sql:2:1 CHANGELOG_ENCODING'])
    assert.deepEqual(parse({ 'a.sql': utf16('select 1', 'le', false) }).problems, ['a.sql:1:2 CHANGELOG_NUL'])
    assert.deepEqual(parse({ 'a.sql': "select 1;\r\nselect 'a\0b'" }).problems, ['a.sql:2:10 CHANGELOG_NUL'])
  })
})

describe('a text where parts should stand', () => {
  const places: Readonly<Record<string, string>> = {
    'preconditions of a changelog': 'databaseChangeLog: [{preConditions: yes please}]',
    'preconditions of a changeset': 'databaseChangeLog: [{changeSet: {id: 1, author: a, preConditions: text}}]',
    'a condition of several': 'databaseChangeLog: [{preConditions: [{or: text}]}]',
    'the changes of a changeset': 'databaseChangeLog: [{changeSet: {id: 1, author: a, changes: text}}]',
    'its modifySql': 'databaseChangeLog: [{changeSet: {id: 1, author: a, modifySql: text}}]',
    'the columns of a table': yaml('createTable: {tableName: t, columns: 7}'),
  }
  for (const [what, text] of Object.entries(places)) {
    test(`is an error: ${what}`, () => {
      assert.deepEqual(
        parse({ 'a.yaml': text }).problems.map((problem) => problem.replace(/^\S+ /, '')),
        ['CHANGELOG_NOT_A_VALUE'],
      )
    })
  }
})

test('what is nested too deeply is one error', () => {
  assert.deepEqual(parse({ 'a.yaml': '['.repeat(20_000) }).problems.map(codeOf), ['CHANGELOG_YAML_TOO_LARGE'])
  assert.deepEqual(parse({ 'a.json': '{"a":'.repeat(20_000) }).problems.map(codeOf), ['CHANGELOG_YAML_TOO_LARGE'])
  assert.deepEqual(parse({ 'a.xml': '<a>'.repeat(20_000) }).problems.map(codeOf), ['CHANGELOG_XML'])
})

test('an unknown element of a changeset is told with the change that it may mean', () => {
  const text = '<databaseChangeLog><changeSet id="1" author="a"><crateTable tableName="t"/></changeSet></databaseChangeLog>'
  const { diagnostics } = parseChangelog('a.xml', createMemoryTree({ 'a.xml': text }))
  assert.deepEqual(
    diagnostics.map((one) => one.hint),
    ['Did you mean "createTable"?'],
  )
})

function codeOf(problem: string): string {
  return problem.split(' ')[1] ?? ''
}
