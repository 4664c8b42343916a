import { deepEqual } from 'node:assert/strict'
import { it } from 'node:test'
import type { Changeset } from '@sluice/changelog'
import { mariadbDialect, postgresDialect, sqliteDialect } from '@sluice/databases'
import type { TableColumn } from '../database.ts'
import type { Dialect } from '../dialect.ts'
import { previewSql } from '../preview.ts'
import { changelog, changeset } from '../testing/test-changelog.ts'
import { validateChangelog } from '../validate.ts'
import { createNameCheck } from './name-limits.ts'

const long = 'x'.repeat(256)

function problems(
  more: Partial<Changeset>,
  dialect: Dialect = postgresDialect,
  columns?: readonly TableColumn[],
): readonly string[] {
  const one = changeset('1', 'select 1', more)
  const found = createNameCheck(dialect, columns)({ key: { id: one.id, author: one.author, path: one.path }, changeset: one })
  return found.map(({ severity, code, message, file, line }) => {
    const what = /^The (\w+) of .* would take (\d+) characters; the history table holds (\d+)\.$/
      .exec(message)
      ?.slice(1)
      .join(' ')
    return `${severity} ${code} ${file ?? ''}:${line ?? ''} ${what ?? message}`
  })
}
const problem = (text: string): string => `error CHANGESET_NAME_TOO_LONG db.sql:1 ${text}`

it('every text of a changeset that its history row has no room for is told, with its place', () => {
  const all = { id: long, author: long, path: long, tag: long, context: long, labels: ['a', long] }
  for (const dialect of [postgresDialect, mariadbDialect]) {
    deepEqual(problems(all, dialect), [
      problem('id 256 255'),
      problem('author 256 255'),
      problem('path 256 255'),
      problem('tag 256 255'),
      problem('contexts 256 255'),
      problem('labels 258 255'),
    ])
  }
})

it('contexts and labels count as they are written, with those of the includes', () => {
  const half = 'x'.repeat(128)
  deepEqual(problems({ context: half, inheritedContexts: [half] }), [problem('contexts 261 255')])
  deepEqual(problems({ labels: [half], inheritedLabels: [[half]] }), [problem('labels 257 255')])
  deepEqual(problems({ context: `${'x'.repeat(252)} y` }), [problem('contexts 256 255')])
})

it('characters count, not their units, and what is cut anyway may have any length', () => {
  deepEqual(problems({ context: '🦉'.repeat(255), labels: ['x'.repeat(255)], comment: 'x'.repeat(9000) }), [])
  deepEqual(problems({ context: '🦉'.repeat(256) }), [problem('contexts 256 255')])
})

it('the history counts as it is: people make its columns wider, and very old ones are narrower', () => {
  const columns = [
    { name: 'id', maxLength: undefined },
    { name: 'author', maxLength: 63 },
    { name: 'contexts', maxLength: undefined },
    { name: 'labels', maxLength: 1000 },
  ]
  const found = problems({ id: long, author: 'x'.repeat(64), context: long, labels: [long], tag: long }, postgresDialect, columns)
  deepEqual(found, [problem('id 256 255'), problem('author 64 63'), problem('tag 256 255')])
})

it('SQLite holds texts of any length', () => {
  deepEqual(problems({ id: long, author: long, context: long, labels: [long], tag: long }, sqliteDialect), [])
})

it('validation, previews and syncs tell it', async () => {
  const input = { dialect: postgresDialect, changelog: changelog(changeset('1', 'select 1', { labels: [long] })) }
  const found = [
    await validateChangelog(input),
    (await previewSql({ ...input, what: { kind: 'update' } })).diagnostics,
    (await previewSql({ ...input, what: { kind: 'sync' } })).diagnostics,
  ]
  deepEqual(
    found.map((diagnostics) => diagnostics.map(({ code }) => code)),
    [['CHANGESET_NAME_TOO_LONG'], ['CHANGESET_NAME_TOO_LONG'], ['CHANGESET_NAME_TOO_LONG']],
  )
})
