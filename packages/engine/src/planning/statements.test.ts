import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SqlVisitor } from '@sluice/changelog'
import { postgresDialect } from '@sluice/databases'
import { changeset, sql } from '../testing/test-changelog.ts'
import { canShareTransaction, findNonTransactional, mayCommitWith, resolveStatements } from './statements.ts'

const context = { dialect: postgresDialect, defaultSchema: 'public', serverMajor: 17, selection: undefined }
const place = { file: 'db.sql', line: 1, column: 1 }

function visitor(
  name: SqlVisitor['name'],
  attributes: Readonly<Record<string, string>>,
  more: Partial<SqlVisitor> = {},
): SqlVisitor {
  return { name, attributes, dbms: undefined, context: undefined, labels: undefined, applyToRollback: false, place, ...more }
}

describe('resolving statements', () => {
  it('keeps the place of each in its file', () => {
    const one = changeset('1', [sql('select 1;\n\nselect 2', { line: 10 })])
    deepEqual(
      resolveStatements(one, one.changes, context).statements.map((statement) => [statement.sql, statement.place?.line]),
      [
        ['select 1', 10],
        ['select 2', 12],
      ],
    )
  })

  it('modifies them as the changelog says, where it is meant', () => {
    const one = changeset('1', 'create t', {
      modifySql: [
        visitor('append', { value: ' engine=x' }),
        visitor('append', { value: ' nowhere' }, { dbms: 'mysql' }),
        visitor('prepend', { value: '/* $& */ ' }),
        visitor('replace', { replace: 'create', with: "make $1'" }),
        visitor('regExpReplace', { replace: 'engine=(.)', with: 'e=$1$1' }),
        visitor('appendSqlIfNotPresent', { value: 'xx' }),
      ],
    })
    deepEqual(
      resolveStatements(one, one.changes, context).statements.map((statement) => statement.sql),
      ["/* $& */ make $1' t e=xx"],
    )
    equal(resolveStatements(one, one.changes, context, true).statements[0]?.sql, 'create t')
  })

  it('finds what cannot share a transaction, also inside of an unsplit text, but not inside of strings', () => {
    const reason = (text: string, splitStatements = true): boolean => {
      const one = changeset('1', [sql(text, { splitStatements })])
      return findNonTransactional(one, resolveStatements(one, one.changes, context).statements, context) !== undefined
    }
    equal(reason('create table a (id int); vacuum a'), true)
    equal(reason('create table a (id int); vacuum a', false), true)
    equal(reason('begin; select 1; commit'), true)
    equal(reason("select 'create index concurrently'"), false)
    equal(reason('create function f() returns int language plpgsql as $$ begin return 1; end $$'), false)
    equal(reason("alter type mood add value 'x'"), false)
  })

  it('sends the commit with what takes no time as a rule and cannot end its transaction, and with nothing else', () => {
    for (const sql of [
      'create table a (id bigint generated always as identity primary key)',
      ' CREATE UNLOGGED TABLE a (id int)',
      'alter table a add column b varchar(20)',
      "insert into a values (1, 'x')",
      "comment on table a is 'x'",
      'insert into a values (1);\n',
      "insert into a values ('commit')",
    ])
      equal(mayCommitWith(sql, postgresDialect), true, sql)
    for (const sql of [
      'create table a as select 1',
      'create table a as table b',
      'alter table a add column b int default f()',
      'alter table a add column b bigserial',
      'alter table a add constraint c check (b > 0)',
      'insert into a select 1',
      'insert into a values (1); commit',
      'insert into a values (1); insert into a values (2)',
      'create index i on a (b)',
      'update a set b = 1',
      'copy a from stdin',
      'do $$ begin end $$',
      `insert into a values ('${'x'.repeat(9000)}')`,
    ])
      equal(mayCommitWith(sql, postgresDialect), false, sql.slice(0, 80))
    equal(mayCommitWith('create table a (id int)', { name: 'mariadb', transactionalDdl: false }), false)
  })

  it('lets a note share the transaction of one plain statement only', () => {
    equal(canShareTransaction('insert into a values (1)', postgresDialect), true)
    equal(canShareTransaction('insert into a values (1); insert into a values (2)', postgresDialect), false)
    equal(canShareTransaction('call p()', postgresDialect), false)
    equal(canShareTransaction('do $$ begin commit; end $$', postgresDialect), false)
    equal(canShareTransaction('create index concurrently i on a (id)', postgresDialect), false)
  })

  it('reads patterns and replacements as Java does, and says which it cannot', () => {
    const modified = (replace: string, wanted: string): string | undefined => {
      const one = changeset('1', 'create table t (a int)', {
        modifySql: [visitor('regExpReplace', { replace, with: wanted })],
      })
      const resolved = resolveStatements(one, one.changes, context)
      return resolved.diagnostics[0]?.code ?? resolved.statements[0]?.sql
    }
    equal(modified('(?i)TABLE (\\w)', 'view $1$'), 'create view t$ (a int)')
    equal(modified('\\Q(a\\E', '\\$('), 'create table t $( int)')
    equal(modified('(?<n>int)', '${n}8 $10'), 'create table t (a int8 int0)')
    equal(modified('a*+', ''), 'MODIFY_SQL_PATTERN')
  })
})
