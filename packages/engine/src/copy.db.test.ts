import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryTree, parseChangelog } from '@sluice/changelog'
import type { Changelog, SqlVisitor } from '@sluice/changelog'
import { executeSql, planExecuteSql } from './execute-sql.ts'
import { previewSql } from './preview.ts'
import { changelog, changeset, sql, undoneBy } from './testing/test-changelog.ts'
import { openTestTarget } from './testing/test-target.ts'

function parse(body: string): Changelog {
  const { changelog: parsed, diagnostics } = parseChangelog(
    'db.sql',
    createMemoryTree({ 'db.sql': `--liquibase formatted sql\n${body}` }),
  )
  deepEqual(diagnostics, [])
  ok(parsed)
  return parsed
}

/** As pg_dump writes it. */
const dump = `--changeset dev:1
CREATE TABLE people (id integer NOT NULL, name text, note text);

--
-- Data for Name: people; Type: TABLE DATA
--

COPY people (id, name, note) FROM stdin;
1\tit's; Zoë\t\\N
2\ta\\tb\\\\c $$\t
3\t😀\t--no comment
\\.

ALTER TABLE people ADD PRIMARY KEY (id);
`

describe('COPY FROM STDIN in a changelog', () => {
  it('loads its rows in the transaction of the changeset and counts them', async (t) => {
    const target = await openTestTarget(t)
    const { report, events } = await target.update(parse(dump))
    equal(report.state, 'succeeded')
    deepEqual(
      report.entries.map(({ statements, rows, transactional }) => [statements, rows, transactional]),
      [[3, 3, true]],
    )
    deepEqual(await target.rows('select id, name, note from people order by id'), [
      [1, "it's; Zoë", null],
      [2, 'a\tb\\c $$', ''],
      [3, '😀', '--no comment'],
    ])
    const started = events.filter((event) => event.type === 'statementStarted').map((event) => event.sql)
    ok(started.every((text) => !text.includes('Zoë')))
    match(started[1] ?? '', /^COPY people \(id, name, note\) FROM stdin$/m)
  })

  it('may be the first statement, hold no rows, read CSV, and undo something', async (t) => {
    const target = await openTestTarget(t)
    await target.database.execute('create table t (a integer, b text)')
    const log = changelog(
      changeset(
        '1',
        'COPY t FROM STDIN;\n\\.\nCOPY t FROM STDIN WITH (FORMAT csv, HEADER);\na,b\n1,"x\ny; z"\n\\.\n',
        undoneBy('COPY t FROM STDIN;\n7\tback\n\\.\nDELETE FROM t WHERE a = 1;'),
      ),
    )
    equal((await target.update(log)).report.entries[0]?.rows, 1)
    deepEqual(await target.rows('select a, b from t'), [[1, 'x\ny; z']])
    equal((await target.rollback(log, { count: 1 })).state, 'succeeded')
    deepEqual(await target.rows('select a, b from t'), [[7, 'back']])
  })

  it('names the line of the file that the server refuses, and undoes the whole changeset', async (t) => {
    const target = await openTestTarget(t)
    const bad = parse(dump.replace('3\t😀', 'three\t😀'))
    const { report } = await target.update(bad)
    equal(report.state, 'failed')
    const failure = report.entries[0]?.error
    deepEqual([failure?.code, failure?.file, failure?.line, failure?.databaseCode], ['STATEMENT_FAILED', 'db.sql', 12, '22P02'])
    match(failure?.message ?? '', /Statement 2 .* invalid input syntax for type integer: "three"/)
    ok(!(failure?.sql ?? '').includes('Zoë'))
    equal(target.database.transactionState, 'idle')
    deepEqual(await target.rows("select to_regclass('people')::text"), [[null]])
    const unknown = await target.update(
      changelog(changeset('2', [sql('select 1;\nCOPY\n  missing FROM STDIN;\n1\n\\.\n', { line: 20 })])),
    )
    deepEqual([unknown.report.entries[0]?.error?.databaseCode, unknown.report.entries[0]?.error?.line], ['42P01', 21])
    equal((await target.update(parse(dump))).report.state, 'succeeded')
  })

  it('stays as psql reads it in a script, and that script gives the same rows', async (t) => {
    const target = await openTestTarget(t)
    const { sql: script } = await previewSql({ database: target.database, changelog: parse(dump), what: { kind: 'update' } })
    ok(script.includes("FROM stdin;\n1\tit's; Zoë\t\\N\n2\ta\\tb\\\\c $$\t\n3\t😀\t--no comment\n\\.\n\nALTER TABLE"))
    const plan = await planExecuteSql(target.database, { sql: script })
    deepEqual(plan.diagnostics, [])
    const report = await executeSql({ database: target.database, plan })
    equal(report.state, 'succeeded')
    deepEqual(
      report.statements.map(({ command, rows }) => [command, rows]),
      [
        ['CREATE', undefined],
        ['COPY', 3],
        ['ALTER', undefined],
      ],
    )
    deepEqual(await target.rows('select count(*)::int from people'), [[3]])
  })

  it('keeps the lines of data apart from modifySql', async (t) => {
    const target = await openTestTarget(t)
    await target.database.execute('create table final (a text)')
    const visitor: SqlVisitor = {
      name: 'replace',
      attributes: { replace: 'draft', with: 'final' },
      dbms: undefined,
      context: undefined,
      labels: undefined,
      applyToRollback: false,
      place: { file: 'db.sql', line: 1, column: 1 },
    }
    const log = changelog(changeset('1', 'COPY draft FROM STDIN;\ndraft\n\\.\n', { modifySql: [visitor] }))
    await target.update(log)
    deepEqual(await target.rows('select a from final'), [['draft']])
  })

  it('loads many rows, and can be canceled while it does', async (t) => {
    const target = await openTestTarget(t)
    await target.database.execute('create table big (a integer, b text)')
    const rows = 100_000
    const data = Array.from({ length: rows }, (_, index) => `${String(index)}\t${'x'.repeat(50)}\n`).join('')
    const text = `COPY big FROM STDIN;\n${data}\\.`
    equal((await target.database.execute(text)).rows, rows)
    const controller = new AbortController()
    const { report } = await target.update(
      changelog(changeset('1', text)),
      {},
      { signal: controller.signal, onEvent: (event) => event.type === 'statementStarted' && controller.abort() },
    )
    equal(report.entries[0]?.state, 'failed')
    deepEqual(await target.rows('select count(*)::int from big'), [[rows]])
  })
})
