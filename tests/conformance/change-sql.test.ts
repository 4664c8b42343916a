import { deepEqual } from 'node:assert/strict'
import { appendFileSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createMemoryTree, parseChangelog } from '@sluice/changelog'
import type { Changeset } from '@sluice/changelog'
import { cockroachdbDialect, mariadbDialect, mysqlDialect, postgresDialect, sqliteDialect } from '@sluice/databases'
import { previewSql } from '@sluice/engine'
import type { Dialect, Preview } from '@sluice/engine'
import { requireOrSkip } from '@sluice/testkit'
import { matchesKey } from './framework/matches-key.ts'
import { caseGroups } from './generated-sql/all-cases.ts'
import { filesFolder, joinSql, readAnswers, sqlDatabases } from './generated-sql/answers.ts'
import type { SqlAnswer, SqlDatabase } from './generated-sql/answers.ts'
import { buildChangelog } from './generated-sql/build-changelog.ts'
import { generatedSqlDifferences } from './generated-sql/differences.ts'

const dialects: Readonly<Record<SqlDatabase, Dialect>> = {
  postgresql: postgresDialect,
  cockroachdb: cockroachdbDialect,
  mysql: mysqlDialect,
  mariadb: mariadbDialect,
  sqlite: sqliteDialect,
}

const files = Object.fromEntries(readdirSync(filesFolder).map((name) => [name, readFileSync(join(filesFolder, name))]))
/** A file that gets a line per comparison that fails, for looking at many at once. */
const reportPath = process.env['CONFORMANCE_REPORT']
const used = new Set<string>()
let complete = true

for (const [group, cases] of Object.entries(caseGroups)) {
  const answers = readAnswers(group)
  if (answers === undefined) complete = false
  const skip = requireOrSkip('Java, or the stored answers of Liquibase', answers !== undefined)
  describe(`the SQL of changes, ${group}`, { skip }, () => {
    for (const database of sqlDatabases) {
      it(`is Liquibase's on ${database}, or differs on purpose`, async () => {
        const text = buildChangelog(cases)
        const tree = createMemoryTree({ ...files, 'changelog.json': text })
        const { changelog, diagnostics } = parseChangelog('changelog.json', tree, { dbms: database })
        deepEqual(
          diagnostics.filter((one) => one.severity === 'error'),
          [],
        )
        const wrong: unknown[] = []
        for (const changeset of changelog?.changesets ?? []) {
          const expected = answers?.(changeset.id, database)
          const actual = await generate(changeset, dialects[database])
          if (expected === undefined || isSame(actual, expected)) continue
          const key = `generated-sql/${changeset.id}@${database}`
          const listed = generatedSqlDifferences.filter((one) => matchesKey(one.case, key))
          for (const one of listed) used.add(one.case)
          if (listed.length > 0) continue
          wrong.push({ key, expected, actual })
          if (reportPath !== undefined) appendFileSync(reportPath, `${JSON.stringify({ key, expected, actual })}\n`)
        }
        deepEqual(wrong, [])
      })
    }
  })
}

describe('the list of differences in generated SQL', () => {
  it('names only what differs', { skip: complete ? false : 'answers are missing' }, () => {
    deepEqual(
      generatedSqlDifferences.map((one) => one.case).filter((one) => !used.has(one)),
      [],
    )
  })
})

/** What is refused has no rollback to compare. */
function isSame(actual: SqlAnswer, expected: SqlAnswer): boolean {
  return actual.sql === expected.sql && (expected.sql === null || actual.rollback === expected.rollback)
}

/** The case by itself, offline, as `update-sql` and `future-rollback-sql` print it. Other databases' changes are compared too. */
async function generate(changeset: Changeset, dialect: Dialect): Promise<SqlAnswer> {
  const plain = { ...changeset, changes: changeset.changes.map((change) => withoutDbms(change)) }
  const changelog = {
    rootPath: 'changelog.json',
    changesets: [plain],
    otherDatabases: [],
    preconditions: [],
    files: [],
    properties: {},
  }
  const hasErrors = (preview: Preview): boolean => preview.diagnostics.some((one) => one.severity === 'error')
  const update = await previewSql({ dialect, changelog, what: { kind: 'update' } })
  const statements = update.plan?.kind === 'update' ? update.plan.changesets.flatMap((one) => one.statements) : []
  const undo = await previewSql({ dialect, changelog, what: { kind: 'futureRollback' } })
  const [, body = ''] = /^-- .*\n([\s\S]*)$/.exec(undo.sql) ?? []
  return {
    sql: hasErrors(update) ? null : joinSql(statements.map((one) => one.sql)),
    rollback: hasErrors(undo) ? null : joinSql(body.split(';\n\n')),
  }
}

/** Liquibase leaves changes of other databases out when it runs them, which its generators know nothing of. */
function withoutDbms(change: Changeset['changes'][number]): Changeset['changes'][number] {
  if (change.type !== 'modelled') return { ...change, dbms: undefined }
  const { dbms, ...attributes } = change.node.attributes
  return dbms === undefined ? change : { ...change, node: { ...change.node, attributes } }
}
