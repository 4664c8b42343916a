import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sha256Hex } from '@sluice/changelog'
import type { Changeset } from '@sluice/changelog'
import type { EngineEvent } from './events.ts'
import { changelog, changeset, undoneBy } from './testing/test-changelog.ts'
import { group, precondition } from './testing/test-preconditions.ts'
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

  it('numbers its rows without gaps, whatever a changeset turns out to be while the next is put together', async (t) => {
    const target = await openTestTarget(t)
    const failing = { failOnError: false }
    const asks = (onFail: 'CONTINUE' | 'MARK_RAN'): Partial<Changeset> => ({
      preconditions: group([precondition('tableExists', { tableName: 'nowhere' })], { onFail }),
    })
    const log = changelog(
      changeset('1', 'create table a (id int)', undoneBy('drop table a')),
      changeset('2', 'insert into nowhere values (1)', failing),
      changeset('3', 'insert into a values (3)', undoneBy('delete from a where id = 3')),
      changeset('4', 'insert into a values (4)', asks('CONTINUE')),
      changeset('5', 'insert into a values (5)', { ...asks('MARK_RAN'), ...undoneBy('delete from a where id = 5') }),
      changeset('6', 'insert into a values (6)', { runAlways: true }),
      changeset('7', 'vacuum a', { runInTransaction: false }),
      changeset('8', 'create index a_id on a (id)', undoneBy('drop index a_id')),
    )
    const { report } = await target.update(log)
    deepEqual(
      report.entries.map((entry) => entry.result),
      ['executed', 'failedIgnored', 'executed', 'skipped', 'markedRan', 'executed', 'executed', 'executed'],
    )
    deepEqual(
      (await target.history()).map((row) => [row.id, row.orderExecuted, row.execType]),
      [
        ['1', 1, 'EXECUTED'],
        ['3', 2, 'EXECUTED'],
        ['5', 3, 'MARK_RAN'],
        ['6', 4, 'EXECUTED'],
        ['7', 5, 'EXECUTED'],
        ['8', 6, 'EXECUTED'],
      ],
    )
    const hash = (text: string): string => sha256Hex(`${String(text.length)}:${text}`)
    deepEqual(await target.rows('select id, sha256, rollback_json, statements from sluice_changeset_detail order by id'), [
      ['1', hash('create table a (id int)'), '["drop table a"]', 1],
      ['3', hash('insert into a values (3)'), '["delete from a where id = 3"]', 1],
      ['5', sha256Hex(''), null, 0],
      ['6', hash('insert into a values (6)'), null, 1],
      ['7', hash('vacuum a'), null, 1],
      ['8', hash('create index a_id on a (id)'), '["drop index a_id"]', 1],
    ])
    const again = await target.update(log)
    deepEqual(
      again.report.entries.map((entry) => [entry.changeset.id, entry.result]),
      [
        ['2', 'failedIgnored'],
        ['4', 'skipped'],
        ['6', 'reran'],
      ],
    )
    equal((await target.history()).find((row) => row.id === '6')?.orderExecuted, 7)
  })
})

function nameOf(event: Extract<EngineEvent, { type: 'statementStarted' | 'statementFinished' }>): string {
  return `${event.changeset.id}.${String(event.statement)}`
}
