import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryTree } from './file-tree.ts'
import type { Changeset } from './model.ts'
import { parseChangelog } from './parse-changelog.ts'

const header = '--liquibase formatted sql\n'

function parse(body: string): readonly Changeset[] {
  const { changelog, diagnostics } = parseChangelog('a.sql', createMemoryTree({ 'a.sql': header + body }))
  assert.deepEqual(diagnostics, [])
  return changelog?.changesets ?? []
}

/** `line:column code message` of every problem. */
function problems(body: string): readonly string[] {
  const { diagnostics } = parseChangelog('a.sql', createMemoryTree({ 'a.sql': header + body }))
  return diagnostics.map((one) => `${one.line}:${one.column} ${one.code} ${one.message}`)
}

function only(body: string): Changeset {
  const [first, ...rest] = parse(body)
  assert.ok(first)
  assert.deepEqual(rest, [])
  return first
}

function sqlOf(changeset: Changeset): string | undefined {
  const [change] = changeset.changes
  return change?.type === 'sql' ? change.text : undefined
}

test('a changeset line gives identity and attributes', () => {
  const changeset = only(
    '--changeset "Ann Bee":"x:1" runOnChange:true RUNALWAYS:TRUE failOnError:false runInTransaction:false ignore:true ' +
      'context:"a and b" labels:"V1, v2" dbms:postgresql,!h2 logicalFilePath:l.sql endDelimiter:/ splitStatements:false\nSELECT 1;\n',
  )
  const { author, id, path, runOnChange, runAlways, failOnError, runInTransaction, ignore, context, labels, dbms } = changeset
  assert.deepEqual(
    { author, id, path, runOnChange, runAlways, failOnError, runInTransaction, ignore, context, labels, dbms },
    {
      author: 'Ann Bee',
      id: 'x:1',
      path: 'l.sql',
      runOnChange: true,
      runAlways: true,
      failOnError: false,
      runInTransaction: false,
      ignore: true,
      context: 'a and b',
      labels: ['v1', 'v2'],
      dbms: 'postgresql,!h2',
    },
  )
  const [change] = changeset.changes
  assert.ok(change?.type === 'sql')
  assert.deepEqual([change.splitStatements, change.stripComments, change.endDelimiter, change.place.line], [false, true, '/', 3])
})

test('rollback lines are joined by line ends, also those of a block', () => {
  const lines = only('--changeset a:1\nSELECT 1;\n--rollback DELETE FROM t\n--rollback WHERE id = 1;\n').rollback
  assert.ok(lines.kind === 'changes')
  assert.equal(lines.changes[0]?.type === 'sql' && lines.changes[0].text, 'DELETE FROM t\nWHERE id = 1;')
  const block = only('--changeset a:1\nSELECT 1;\n/* liquibase rollback\nDELETE FROM t\nWHERE id = 1;\n*/\n')
  assert.ok(block.rollback.kind === 'changes')
  assert.equal(block.rollback.changes[0]?.type === 'sql' && block.rollback.changes[0].text, 'DELETE FROM t\nWHERE id = 1;')
  assert.equal(sqlOf(block), 'SELECT 1;')
})

test('a rollback can be nothing on purpose, or another changeset', () => {
  assert.equal(only('--changeset a:1\nSELECT 1;\n--rollback not required\n').rollback.kind, 'empty')
  assert.equal(only('--changeset a:1\nSELECT 1;\n--rollback empty\n').rollback.kind, 'empty')
  assert.equal(only('--changeset a:1\nSELECT 1;\n').rollback.kind, 'none')
  const [first, second] = parse(
    '--changeset a:1\nSELECT 1;\n--changeset a:2\nSELECT 2;\n--rollback changesetId:1 changesetAuthor:a\n',
  )
  assert.ok(second?.rollback.kind === 'reference')
  assert.deepEqual(second.rollback.changes, first?.changes)
})

test('preconditions are read with their three tests', () => {
  const { preconditions } = only(
    '--changeset a:1\n--preconditions onFail:MARK_RAN onError:warn onUpdateSQL:TEST\n' +
      "--precondition-sql-check expectedResult:'a b' SELECT x FROM t\n--precondition-table-exists table:t schema:s\n" +
      '--precondition-view-exists view:v\nSELECT 1;\n',
  )
  assert.ok(preconditions)
  assert.deepEqual([preconditions.onFail, preconditions.onError, preconditions.onSqlOutput], ['MARK_RAN', 'WARN', 'TEST'])
  assert.deepEqual(
    preconditions.conditions.map((one) => (one.type === 'test' ? [one.name, one.attributes] : one.type)),
    [
      ['sqlCheck', { expectedResult: 'a b', sql: 'SELECT x FROM t' }],
      ['tableExists', { tableName: 't', schemaName: 's' }],
      ['viewExists', { viewName: 'v' }],
    ],
  )
})

test('comments in the SQL stay, directives and ignored lines go', () => {
  const changeset = only(
    '--changeset a:1\n--comment: first\n--comment why\n-- a note\nSELECT 1;\n--ignoreLines:1\n!!\n--ignoreLines:start\n!!\n--ignoreLines:end\n' +
      '--validCheckSum: 9:abc\n--validCheckSum any\nSELECT 2;\n',
  )
  assert.equal(sqlOf(changeset), '-- a note\nSELECT 1;\nSELECT 2;')
  assert.equal(changeset.comment, 'why')
  assert.deepEqual(changeset.validCheckSums, ['9:abc', 'any'])
})

test('the last changeset of a file may end with a slash line of its own', () => {
  const [first, second] = parse('--changeset a:1\nSELECT 1\n/\n--changeset a:2\nSELECT 2\n/\n')
  assert.equal(first?.changes[0]?.type === 'sql' && first.changes[0].endDelimiter, undefined)
  assert.equal(second?.changes[0]?.type === 'sql' && second.changes[0].endDelimiter, '\\n/$')
})

test('properties are expanded in identity, attributes and SQL, but not in comments', () => {
  const changeset = only('--property name:p value:v\n--changeset ${p}:${p} context:${p}\n--comment ${p}\nSELECT ${p};\n')
  assert.deepEqual([changeset.author, changeset.id, changeset.context, changeset.comment], ['v', 'v', 'v', '${p}'])
  assert.equal(sqlOf(changeset), 'SELECT v;')
})

test('BOM and line ends make no difference to what is read', () => {
  const plain = '--liquibase formatted sql\n\n--changeset a:1\nSELECT 1;\nSELECT 2;\n'
  const texts = [plain, `\uFEFF${plain}`, plain.replaceAll('\n', '\r\n'), plain.replaceAll('\n', '\r')]
  for (const text of texts) {
    const { changelog } = parseChangelog('a.sql', createMemoryTree({ 'a.sql': text }))
    assert.equal(changelog?.changesets[0] && sqlOf(changelog.changesets[0]), 'SELECT 1;\nSELECT 2;')
    assert.equal(changelog?.changesets[0]?.place.line, 3)
  }
})

test('all mistakes are reported at once, each with its place', () => {
  assert.deepEqual(
    problems(
      '--comment lost\n--changeset nobody\n-changeset a:1\n--changeset a:2 runOnChnage:true runOrder:last runWith:psql stray\nSELECT 1;\n--comments no\n' +
        '-rollback x\n--precondition-sql-check 1 SELECT 1\n--preconditions onFail:PANIC\n--precondition-row-count x\n--liquibase formatted sql\n',
    ),
    [
      '2:1 CHANGELOG_BAD_DIRECTIVE "--comment" stands outside of a changeset.',
      '3:1 CHANGELOG_BAD_CHANGESET_LINE The changeset line has no author and id.',
      '4:1 CHANGELOG_BAD_DIRECTIVE "-changeset" starts with one dash.',
      '7:1 CHANGELOG_BAD_DIRECTIVE "--comments" is not known.',
      '8:1 CHANGELOG_BAD_DIRECTIVE "-rollback" starts with one dash.',
      '9:1 CHANGELOG_BAD_DIRECTIVE This precondition has no "--preconditions" line above it.',
      '10:1 CHANGELOG_BAD_VALUE "PANIC" is not a value of "onFail".',
      '11:1 CHANGELOG_UNSUPPORTED_PRECONDITION The precondition "row-count" is not known in formatted SQL.',
      '12:1 CHANGELOG_SECOND_HEADER A file has one header line; this is another one, and counts as a comment.',
      '5:17 CHANGELOG_UNKNOWN_FIELD "runOnChnage" is not known on a changeset line.',
      '5:34 CHANGELOG_UNKNOWN_FIELD "runOrder" is not known on a changeset line.',
      '5:48 CHANGELOG_UNSUPPORTED_RUN_WITH "runWith" is not supported.',
      '5:61 CHANGELOG_STRAY_TEXT "stray" on the changeset line means nothing.',
    ],
  )
})

test('a changeset without SQL, a block without end and a broken context are errors', () => {
  assert.deepEqual(
    problems('--changeset a:1\n--changeset a:2 context:"a and"\nSELECT 1;\n/* liquibase rollback\nx\n').map(
      (one) => one.split(' ')[1],
    ),
    ['CHANGELOG_NO_SQL', 'CHANGELOG_BAD_CONTEXT', 'CHANGELOG_OPEN_BLOCK'],
  )
})
