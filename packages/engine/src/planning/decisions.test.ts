import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { computeChecksum } from '@sluice/changelog'
import type { Changeset } from '@sluice/changelog'
import { postgresDialect } from '@sluice/databases'
import type { HistoryRow } from '../history-row.ts'
import { changelog, changeset } from '../testing/test-changelog.ts'
import { decideChangesets } from './decisions.ts'

function rowOf(one: Changeset, more: Partial<HistoryRow> = {}): HistoryRow {
  return {
    id: one.id,
    author: one.author,
    path: one.path,
    dateExecuted: '2020-01-01 00:00:00',
    orderExecuted: 1,
    execType: 'EXECUTED',
    checksum: computeChecksum(one, { version: 9, dbms: 'postgresql' }),
    description: 'sql',
    comments: '',
    tag: null,
    toolVersion: '4.28.0',
    contexts: null,
    labels: null,
    deploymentId: '0000000001',
    ...more,
  }
}

const one = changeset('1', 'create table a (id int)')
const decide = (history: readonly HistoryRow[], changesets: readonly Changeset[] = [one]) =>
  decideChangesets(changelog(...changesets), history, postgresDialect, undefined)

describe('deciding what runs', () => {
  it('takes a checksum of version 8 for what it is, and brings it up to date', () => {
    const v8 = computeChecksum(one, { version: 8, dbms: 'postgresql' })
    const decisions = decide([rowOf(one, { checksum: v8 })])
    deepEqual([decisions.run.length, decisions.diagnostics.length, decisions.checksumUpgrades.length], [0, 0, 1])
    const wrong = decide([rowOf(one, { checksum: '8:00000000000000000000000000000000' })])
    deepEqual(
      wrong.diagnostics.map((diagnostic) => diagnostic.code),
      ['CHANGELOG_CHECKSUM_MISMATCH'],
    )
  })

  it('refuses checksums of versions that it cannot compute, unless they are declared valid', () => {
    for (const checksum of ['10:abc', '7:abc', 'abc']) {
      const decisions = decide([rowOf(one, { checksum })])
      deepEqual(
        decisions.diagnostics.map((diagnostic) => diagnostic.code),
        ['CHANGELOG_CHECKSUM_VERSION'],
      )
      for (const valid of ['ANY', checksum, '1:any']) {
        equal(decide([rowOf(one, { checksum })], [{ ...one, validCheckSums: [valid] }]).diagnostics.length, 0)
      }
    }
  })

  it('recognises rows whose path or case was written by an older Liquibase', () => {
    for (const path of ['classpath:db.sql', './db.sql', '/db.sql', 'DB.SQL', 'x\\..\\db.sql']) {
      deepEqual([decide([rowOf(one, { path })]).run, decide([rowOf(one, { path })]).unexpected], [[], []], path)
    }
    const raw = changeset('raw', 'select 1', { author: 'includeAll', path: 'a/b.sql', format: 'rawSql' })
    equal(decide([rowOf(raw, { id: 'raw_a_b.sql' })], [raw]).run.length, 0)
  })

  it('tells rows that the changelog does not have, but for Liquibase’s own', () => {
    const decisions = decide([rowOf(one), rowOf(one, { id: '9' }), rowOf(one, { id: '7', path: 'liquibase-internal' })])
    deepEqual(decisions.unexpected, [{ id: '9', author: 'dev', path: 'db.sql' }])
  })

  it('reports two changesets of one identity, whatever their case', () => {
    const twin = changeset('1', 'select 2', { author: 'DEV' })
    deepEqual(
      decide([], [one, twin]).diagnostics.map((diagnostic) => diagnostic.code),
      ['CHANGELOG_DUPLICATE_CHANGESET'],
    )
  })

  it('leaves out what is ignored or filtered, and checks nothing of it', () => {
    const edited = { ...one, context: 'prod' }
    const stale = rowOf(one, { checksum: '9:00000000000000000000000000000000' })
    const decisions = decideChangesets(changelog(edited), [stale], postgresDialect, { contexts: ['test'] })
    deepEqual([decisions.diagnostics, decisions.skipped.map((skipped) => skipped.reason)], [[], ['context']])
    deepEqual(
      decide([], [{ ...one, ignore: true }]).skipped.map((skipped) => skipped.reason),
      ['ignored'],
    )
  })
})
