import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EngineEvent } from './events.ts'
import { changelog, changeset } from './testing/test-changelog.ts'
import { openTestTarget } from './testing/test-target.ts'

describe('a changelog that throws away what the server keeps prepared, or changes the tables of the history', () => {
  it('runs every changeset once, with its row in both tables and its events in order', async (t) => {
    const target = await openTestTarget(t)
    const texts = [
      'create table a (id int)',
      'insert into a values (1)',
      'deallocate all',
      'insert into a values (2)',
      'insert into a values (3); deallocate all',
      'create index a_id on a (id)',
      'discard plans; deallocate all; insert into a values (4)',
      `create function forget() returns trigger language plpgsql as $$ begin execute 'deallocate all'; return new; end $$`,
      'create trigger forget before insert on a for each row execute function forget()',
      'insert into a values (5)',
      'insert into a values (6)',
      'insert into a values (7); insert into a values (8)',
      'alter table databasechangelog add column notes text',
      'create table b (id int)',
      'alter table sluice_changeset_detail alter column id type text',
      'insert into a values (9)',
    ]
    const log = changelog(...texts.map((text, index) => changeset(String(index + 1), text)))
    const { report, events } = await target.update(log)
    deepEqual([report.firstError, report.state], [undefined, 'succeeded'])
    deepEqual((await target.rows('select id from a order by id')).flat(), [1, 2, 3, 4, 5, 6, 7, 8, 9])
    const ids = texts.map((_, index) => String(index + 1))
    deepEqual(
      (await target.history()).map((row) => [row.id, row.orderExecuted, row.execType]),
      ids.map((id, index) => [id, index + 1, 'EXECUTED']),
    )
    deepEqual(
      await target.rows('select id, state, statements = statements_done from sluice_changeset_detail order by id::int'),
      ids.map((id) => [id, 'done', true]),
    )
    const told = events.flatMap((event): string[] => {
      if (event.type === 'statementStarted' || event.type === 'statementFinished') return [`${event.type} ${nameOf(event)}`]
      return event.type === 'changesetStarted' || event.type === 'changesetFinished'
        ? [`${event.type} ${event.changeset.id}`]
        : []
    })
    deepEqual(
      told,
      report.entries.flatMap(({ changeset: { id }, statements }) => [
        `changesetStarted ${id}`,
        ...Array.from({ length: statements }, (_, index) => [
          `statementStarted ${id}.${String(index + 1)}`,
          `statementFinished ${id}.${String(index + 1)}`,
        ]).flat(),
        `changesetFinished ${id}`,
      ]),
    )
    equal((await target.update(log)).plan.isEmpty, true)
  })
})

function nameOf(event: Extract<EngineEvent, { type: 'statementStarted' | 'statementFinished' }>): string {
  return `${event.changeset.id}.${String(event.statement)}`
}
