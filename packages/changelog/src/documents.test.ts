import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryTree } from './file-tree.ts'
import type { Changelog } from './model.ts'
import { parseChangelog, type ParseOptions } from './parse-changelog.ts'

type Files = Readonly<Record<string, string | Uint8Array>>

function parse(files: Files, options: ParseOptions = {}): Changelog {
  const { changelog, diagnostics } = parseChangelog(Object.keys(files)[0] ?? '', createMemoryTree(files), options)
  assert.deepEqual(
    diagnostics.filter((one) => one.severity === 'error'),
    [],
  )
  assert.ok(changelog)
  return changelog
}

function problems(files: Files, options: ParseOptions = {}): readonly string[] {
  const root = Object.keys(files)[0] ?? ''
  const { diagnostics } = parseChangelog(root, createMemoryTree(files), options)
  return diagnostics.map((one) => `${one.file}:${one.line}:${one.column} ${one.message}`)
}

const yaml = (body: string): string => `databaseChangeLog:\n${body}`

const everything = {
  'root.yaml': yaml(`
  - preConditions:
      - onFail: WARN
      - dbms: {type: postgresql}
      - or:
          - runningAs: {username: app}
          - not: [tableExists: {tableName: t}]
  - property: {name: t, value: person}
  - changeSet:
      id: 1
      author: ann
      runOrder: last
      runOnChange: true
      onValidationFail: MARK_RAN
      validCheckSum: ["9:a", any]
      preConditions:
        - onFail: MARK_RAN
        - sqlCheck: {expectedResult: 0, sql: "select count(*) from \${t}"}
      changes:
        - createTable:
            tableName: \${t}
            columns:
              - column: {name: id, type: int, constraints: {primaryKey: true}}
        - tagDatabase: {tag: v1}
      rollback:
        - dropTable: {tableName: "\${t}"}
      modifySql: {dbms: postgresql, append: {value: x}}
  - changeSet: {id: 2, author: ann, changes: [{sql: select 1}], rollback: "drop table x;"}
  - changeSet: {id: 3, author: ann, changes: [{empty: {}}], rollback: ""}
  - changeSet: {id: 4, author: ann, changes: [{empty: {}}], rollback: {changeSetId: 2, changeSetAuthor: ann}}
`),
}

test('a YAML changelog is read with everything that a changeset can have', () => {
  const { changesets, preconditions } = parse(everything)
  assert.deepEqual(
    changesets.map((one) => [one.id, one.rollback.kind]),
    [
      ['2', 'changes'],
      ['3', 'empty'],
      ['4', 'reference'],
      ['1', 'changes'],
    ],
  )
  const last = changesets.at(-1)
  assert.deepEqual(
    [last?.tag, last?.validCheckSums, last?.onValidationFail, last?.modifySql.map((one) => one.name), last?.place.line],
    ['v1', ['9:a', 'any'], 'MARK_RAN', ['append'], 10],
  )
  const condition = last?.preconditions?.conditions[0]
  assert.deepEqual(condition?.type === 'test' && condition.attributes, {
    expectedResult: '0',
    sql: 'select count(*) from person',
  })
  const [table] = last?.changes ?? []
  assert.ok(table?.type === 'modelled')
  assert.equal(table.node.attributes['tableName'], 'person')
  assert.equal(table.node.children[0]?.children[0]?.attributes['primaryKey'], 'true')
  assert.deepEqual(
    preconditions[0]?.conditions.map((one) => one.type),
    ['test', 'or'],
  )
})

test('JSON and XML give the same model as YAML', () => {
  const json = {
    'root.json': JSON.stringify({
      databaseChangeLog: [
        { changeSet: { id: '1', author: 'a', changes: [{ dropTable: { tableName: 't', cascadeConstraints: true } }] } },
      ],
    }),
  }
  const xml = {
    'root.xml':
      '<?xml version="1.0"?><databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog"><changeSet id="1" author="a">' +
      '<dropTable tableName="t" cascadeConstraints="true"/></changeSet></databaseChangeLog>',
  }
  for (const files of [json, xml] as readonly Files[]) {
    const [change] = parse(files).changesets[0]?.changes ?? []
    assert.ok(change?.type === 'modelled')
    assert.deepEqual([change.name, change.node.attributes], ['dropTable', { tableName: 't', cascadeConstraints: 'true' }])
  }
})

test('unknown names are errors with a place and the likely meaning', () => {
  const files = {
    'a.yaml': yaml(
      '  - changeset: {id: 1, author: a}\n' +
        '  - changeSet:\n      id: 1\n      author: a\n      runOnChnage: true\n      changes:\n' +
        '        - createTabel: {tableName: t}\n        - createTable: {tableNam: t, columns: [{colum: {name: a}}]}\n',
    ),
  }
  const { diagnostics } = parseChangelog('a.yaml', createMemoryTree(files))
  assert.deepEqual(diagnostics.map((one) => `${one.line}:${one.column} ${one.hint ?? one.message}`).toSorted(), [
    '2:5 Did you mean "changeSet"?',
    '6:7 Did you mean "runOnChange"?',
    '8:11 Did you mean "createTable"?',
    '9:11 "createTable" needs "tableName".',
    '9:25 Did you mean "tableName"?',
    '9:49 Did you mean "column"?',
  ])
})

test('what only other tools can do is refused by name, with the way out', () => {
  const body =
    '  - changeSet:\n      id: 1\n      author: a\n      runWith: psql\n      changes:\n        - customChange: {class: x.Y}\n' +
    '        - createTrigger: {triggerName: t}\n      preConditions:\n        - customPrecondition: {className: x}\n'
  assert.deepEqual(problems({ 'a.yaml': yaml(body) }), [
    'a.yaml:5:7 "runWith" is not supported.',
    'a.yaml:7:11 The change "customChange" is not supported.',
    'a.yaml:8:11 The change "createTrigger" is not supported.',
    'a.yaml:10:11 The precondition "customPrecondition" is not supported.',
  ])
})

test('a changelog that includes itself is an error that names the chain', () => {
  const files = {
    'a.yaml': yaml('  - include: {file: d/b.yaml}\n'),
    'd/b.yaml': yaml('  - include: {file: ../a.yaml, relativeToChangelogFile: true}\n'),
  }
  assert.deepEqual(problems(files), ['d/b.yaml:2:15 The changelog includes itself: a.yaml → d/b.yaml → a.yaml.'])
})

test('includeAll takes a folder in the plain order of its paths', () => {
  const sql = (id: string): string => `--liquibase formatted sql\n--changeset a:${id}\nSELECT 1;\n`
  const names = ['2_a.sql', '10_b.sql', 'B.sql', '_z.sql', 'a.sql', 'sub/1.sql']
  const files = {
    'r.yaml': yaml('  - includeAll: {path: d, endsWithFilter: .sql}\n'),
    ...Object.fromEntries(names.map((name) => [`d/${name}`, sql(name)])),
    'd/c_raw.sql': 'SELECT 1',
    'd/p.csv': 'a\n',
  }
  assert.deepEqual(
    parse(files).changesets.map((one) => one.path),
    ['d/10_b.sql', 'd/2_a.sql', 'd/B.sql', 'd/_z.sql', 'd/a.sql', 'd/c_raw.sql', 'd/sub/1.sql'],
  )
  const shallow = { ...files, 'r.yaml': yaml('  - includeAll: {path: d, minDepth: 2, maxDepth: 2}\n') }
  assert.deepEqual(
    parse(shallow).changesets.map((one) => one.path),
    ['d/sub/1.sql'],
  )
})

test('an empty folder, a missing file, a wrong extension and a path outside are errors at the include', () => {
  const body =
    '  - includeAll: {path: none}\n  - include: {file: x.sql}\n  - include: {file: a.txt}\n  - include: {file: ../x.sql}\n' +
    '  - include: {file: y.sql, errorIfMissing: false}\n  - includeAll: {path: none, errorIfMissingOrEmpty: false}\n'
  assert.deepEqual(problems({ 'a.yaml': yaml(body), 'a.txt': '' }), [
    'a.yaml:2:18 The folder "none" has no changelogs.',
    'a.yaml:3:15 The file "x.sql" does not exist.',
    'a.yaml:4:15 The file "a.txt" is no changelog.',
    'a.yaml:5:15 The path "../x.sql" leaves the changelog folder.',
    'a.yaml:6:15 The file "y.sql" does not exist and is left out.',
  ])
})

test('changesets for other databases are set aside and may share an identity', () => {
  const body = '  - changeSet: {id: 1, author: a, dbms: h2}\n  - changeSet: {id: 1, author: a, dbms: postgresql}\n'
  const { changesets, otherDatabases } = parse({ 'a.yaml': yaml(body) }, { dbms: 'postgresql' })
  assert.deepEqual([changesets[0]?.dbms, otherDatabases[0]?.dbms], ['postgresql', 'h2'])
  assert.deepEqual(problems({ 'a.yaml': yaml(body) }), [
    'a.yaml:3:5 The changeset "a.yaml::1::a" is there twice; the first one is at a.yaml:2.',
  ])
})

test('properties are in force for their context, label and database only', () => {
  const body =
    '  - property: {name: p, value: wrong, dbms: h2}\n  - property: {name: p, value: wrong, context: prod}\n' +
    '  - property: {name: p, value: right, context: dev}\n  - changeSet: {id: "${p}", author: a}\n'
  const { changesets } = parse({ 'a.yaml': yaml(body) }, { dbms: 'postgresql', contexts: ['dev'] })
  assert.equal(changesets[0]?.id, 'right')
})

test('files that are no text, too large or not there give an error and nothing else', () => {
  assert.deepEqual(problems({ 'a.sql': new Uint8Array([45, 45, 10, 0xc3, 0x28]) }), ['a.sql:2:1 The file is not valid UTF-8.'])
  const large = new Uint8Array(16 * 1024 * 1024 + 1)
  assert.deepEqual(problems({ 'a.yaml': large }), [
    'a.yaml:undefined:undefined The file "a.yaml" has 16385 KiB; at most 16384 KiB are read.',
  ])
  const { diagnostics } = parseChangelog('b.yaml', createMemoryTree({}))
  assert.equal(diagnostics[0]?.code, 'CHANGELOG_FILE_MISSING')
})

test('broken documents are reported where they break', () => {
  assert.deepEqual(problems({ 'a.yaml': 'databaseChangeLog:\n  - changeSet: {id: 1\n' }).length > 0, true)
  assert.deepEqual(problems({ 'a.yaml': 'other: 1\n' }), [
    'a.yaml:1:1 "other" is not known in a changelog file.',
    'a.yaml:1:1 The file has no "databaseChangeLog".',
  ])
  assert.deepEqual(problems({ 'a.yaml': '' }), ['a.yaml:1:1 The file has no "databaseChangeLog".'])
  assert.match(
    problems({ 'a.xml': '<databaseChangeLog>\n<a></b></databaseChangeLog>' })[0] ?? '',
    /^a\.xml:2:\d+ The XML is not well-formed/,
  )
  const bomb = '<!DOCTYPE x [<!ENTITY a "b">]><databaseChangeLog/>'
  assert.match(problems({ 'a.xml': bomb })[0] ?? '', /document type declaration/)
})

test('aliases that multiply each other stop at a bound', () => {
  const levels = Array.from(
    { length: 40 },
    (_, level) => `l${level}: &l${level} [${`*l${level - 1},`.repeat(level === 0 ? 0 : 9)} x]`,
  )
  const { diagnostics } = parseChangelog('a.yaml', createMemoryTree({ 'a.yaml': `${levels.join('\n')}\n` }))
  assert.ok(diagnostics.some((one) => one.code === 'CHANGELOG_YAML_TOO_LARGE'))
})

test('a file named by a change is read with the changelog, and its absence is an error', () => {
  const body =
    '  - changeSet: {id: 1, author: a, changes: [{sqlFile: {path: s/x.sql}}, {loadData: {tableName: t, file: p.csv}}]}\n'
  const { changesets, files } = parse(
    { 'a.yaml': yaml(body), 's/x.sql': 'SELECT ${p}', 'p.csv': 'a\n1\n' },
    { properties: { p: '1' } },
  )
  const [sqlFile, load] = changesets[0]?.changes ?? []
  assert.deepEqual(sqlFile?.type === 'sqlFile' && [sqlFile.text, sqlFile.rawText], ['SELECT 1', 'SELECT ${p}'])
  assert.deepEqual(load?.type === 'modelled' && load.file, { path: 'p.csv', text: 'a\n1\n' })
  assert.deepEqual(files, ['a.yaml', 'p.csv', 's/x.sql'])
  assert.deepEqual(problems({ 'a.yaml': yaml(body), 'p.csv': '' }), ['a.yaml:2:56 The file "s/x.sql" does not exist.'])
})

test('the order of an XML changeset is the schema’s, and a tag stands alone', () => {
  const codes = (inner: string): readonly (string | undefined)[] => {
    const text = `<databaseChangeLog><changeSet id="1" author="a">${inner}</changeSet></databaseChangeLog>`
    return parseChangelog('a.xml', createMemoryTree({ 'a.xml': text })).diagnostics.map((one) => one.code)
  }
  assert.deepEqual(
    codes(
      '<validCheckSum>any</validCheckSum><preConditions><dbms type="h2"/></preConditions><empty/><comment>c</comment><rollback/>',
    ),
    [],
  )
  assert.deepEqual(codes('<comment>c</comment><preConditions><dbms type="h2"/></preConditions><empty/>'), ['CHANGELOG_XML_ORDER'])
  assert.deepEqual(codes('<rollback/><empty/>'), ['CHANGELOG_XML_ORDER'])
  assert.deepEqual(codes('<empty/><tagDatabase tag="t"/>'), ['CHANGELOG_TAG_NOT_ALONE'])
  assert.deepEqual(codes('<tagDatabase tag="t"/>'), [])
})

test('what a change lacks is a warning where the changeset says onValidationFail: MARK_RAN, and an error elsewhere', () => {
  const text = (more: string): string => yaml(`  - changeSet: {id: 1, author: a, ${more}changes: [{dropTable: {}}]}\n`)
  const tree = createMemoryTree({ 'a.yaml': text('onValidationFail: MARK_RAN, ') })
  const { changelog, diagnostics } = parseChangelog('a.yaml', tree)
  assert.deepEqual(
    diagnostics.map(({ severity, message }) => `${severity}: ${message}`),
    ['warning: "dropTable" needs "tableName". As the changeset says, it is recorded and not run.'],
  )
  assert.equal(changelog?.changesets[0]?.isInvalid, true)
  assert.deepEqual(problems({ 'a.yaml': text('') }), ['a.yaml:2:46 "dropTable" needs "tableName".'])
})
