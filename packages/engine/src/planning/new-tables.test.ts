import { equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { postgresDialect } from '@sluice/databases'
import { NewTables } from './new-tables.ts'

const index = 'create index a_b on a (b)'

function after(...statements: readonly string[]): NewTables {
  const tables = new NewTables()
  for (const sql of statements) tables.note([{ sql }], postgresDialect)
  return tables
}

describe('tables that a run has created', () => {
  it('let an index on them be committed with its statement', () => {
    const tables = after(
      'CREATE TABLE public.a (b int)',
      'create unlogged table "C"(d int)',
      'alter table public.a add c int',
      'insert into public.a values (1)',
    )
    for (const sql of [
      'create index a_b on public.a (b)',
      'CREATE UNIQUE INDEX a_b ON public.A(b);',
      'create index on public.a using btree (b)',
      'create index c_d on only "C" (d) where d > 1',
      'insert into anything values (1)',
    ])
      equal(tables.mayCommitWith(sql, postgresDialect), true, sql)
    for (const sql of [
      'create index o on other (b)',
      'create index concurrently a_b on public.a (b)',
      'create index concurrently on public.a (b)',
      'create index if not exists a_b on public.a (b)',
      'create index a_b on public.a (b); drop table c',
      `create index a_b on public.a (b) where b <> '${'x'.repeat(9000)}'`,
      'select 1',
    ])
      equal(tables.mayCommitWith(sql, postgresDialect), false, sql.slice(0, 80))
  })

  it('count no longer once anything may have filled them, or when they may have been there before', () => {
    equal(after().mayCommitWith(index, postgresDialect), false)
    equal(after('create table a (b int)', index).mayCommitWith(index, postgresDialect), true)
    equal(after('create table if not exists a (b int)').mayCommitWith(index, postgresDialect), false)
    for (const sql of [
      'insert into a select 1',
      'copy a from stdin',
      'select fill()',
      'do $$ begin end $$',
      'alter table x rename to a',
    ])
      equal(after('create table a (b int)', sql).mayCommitWith(index, postgresDialect), false, sql)
    const insert = `insert into a values ('${'x'.repeat(8000)}')`
    const large = after('create table a (b text)', ...Array.from({ length: 150 }, () => insert))
    equal(large.mayCommitWith(index, postgresDialect), false)
  })
})
