import { deepEqual, ok } from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { createMemoryTree, parseChangelog } from '@sluice/changelog'
import { openDatabase } from '@sluice/databases'
import { DatabaseError, previewSql } from '@sluice/engine'
import type { Database } from '@sluice/engine'
import { openTestDatabase, openTestMariadbDatabase, skipWithoutMariadb } from '@sluice/testkit'
import { matchesKey } from './framework/matches-key.ts'
import { caseGroups } from './generated-sql/all-cases.ts'
import { filesFolder } from './generated-sql/answers.ts'
import { buildChangelog } from './generated-sql/build-changelog.ts'
import { unparsable } from './generated-sql/unparsable.ts'

/** What the cases work on, so that many of them do something. */
const tables: Readonly<Record<string, string>> = {
  person: 'id INT PRIMARY KEY, name VARCHAR(50), age INT, a VARCHAR(20), b VARCHAR(20)',
  t: 'id INT NOT NULL, a VARCHAR(40), b VARCHAR(40)',
  b: 'id INT PRIMARY KEY',
  other: 'id INT PRIMARY KEY',
  a: 'x INT',
}

const createTables = Object.entries(tables).map(([name, columns]) => `CREATE TABLE ${name} (${columns})`)
const createView = 'CREATE VIEW v1 AS SELECT id FROM other'

/** What stands before each case, in its transaction where that is taken back: a createTable must not find what it makes. */
function setupOf(change: string, database: string): readonly string[] {
  if (database !== 'mariadb') return change === 'createTable' ? ['DROP TABLE person', 'DROP TABLE t'] : []
  return [
    'SET FOREIGN_KEY_CHECKS = 0',
    `DROP TABLE IF EXISTS ${Object.keys(tables).join(', ')}, names`,
    'DROP VIEW IF EXISTS v1, v2',
    ...(change === 'createTable' ? [`CREATE TABLE other (${tables['other'] ?? ''})`] : createTables),
    ...(/^(drop|rename)View$/.test(change) ? [createView] : []),
  ]
}

const databases: Readonly<Record<string, { readonly skip: false | string; open(t: TestContext): Promise<Database> }>> = {
  postgresql: { skip: false, open: async (t) => openDatabase({ url: (await openTestDatabase(t)).url }) },
  mariadb: { skip: skipWithoutMariadb(), open: async (t) => openDatabase({ url: (await openTestMariadbDatabase(t)).url }) },
  sqlite: { skip: false, open: () => openDatabase({ url: 'sqlite::memory:' }) },
}

const files = Object.fromEntries(readdirSync(filesFolder).map((name) => [name, readFileSync(join(filesFolder, name))]))

for (const [name, { skip, ...target }] of Object.entries(databases)) {
  describe(`generated SQL on a real ${name}`, { skip }, () => {
    for (const [group, cases] of Object.entries(caseGroups)) {
      // Types are passed on as written, so that most of them are another database's.
      if (group === 'types' || group === 'modify') continue
      it(`parses: ${group}`, async (t) => {
        const database = await target.open(t)
        t.after(() => database.close())
        for (const sql of name === 'mariadb' ? [] : [...createTables, createView]) await database.execute(sql)
        const tree = createMemoryTree({ ...files, 'changelog.json': buildChangelog(cases) })
        const { changelog } = parseChangelog('changelog.json', tree, { dbms: name })
        ok(changelog !== undefined)
        const failed: string[] = []
        let done = 0
        for (const [index, changeset] of changelog.changesets.entries()) {
          const one = { ...changelog, changesets: [changeset], otherDatabases: [] }
          const preview = await previewSql({ database, changelog: one, what: { kind: 'update' } })
          if (preview.diagnostics.some((diagnostic) => diagnostic.severity === 'error') || preview.plan.kind !== 'update')
            continue
          const statements = preview.plan.changesets.flatMap((planned) => planned.statements.map(({ sql }) => sql))
          const [change] = changeset.changes
          const kind = change?.type === 'modelled' ? change.name : 'sql'
          // MariaDB takes nothing back and is slow to make tables: some cases meet what others left behind.
          const isFresh = name !== 'mariadb' || index % 20 === 0
          const problem = await runAndUndo(database, isFresh ? setupOf(kind, name) : [], statements)
          if (problem === undefined) done++
          else if (isSyntaxError(problem) && !unparsable.some((pattern) => matchesKey(pattern, `${changeset.id}@${name}`))) {
            failed.push(`${changeset.id}@${name}: ${problem.message}: ${statements.join('; ')}`)
          }
        }
        deepEqual(failed, [])
        t.diagnostic(`${done} of ${cases.length} cases ran`)
        ok(done > 0)
      })
    }
  })
}

/** Runs statements in a transaction that is taken back, as far as the database can. Answers what went wrong. */
async function runAndUndo(
  database: Database,
  setup: readonly string[],
  statements: readonly string[],
): Promise<DatabaseError | undefined> {
  await database.execute('BEGIN')
  try {
    for (const sql of setup) await database.execute(sql)
    for (const sql of statements) await database.execute(sql)
    return undefined
  } catch (error) {
    if (error instanceof DatabaseError) return error
    throw error
  } finally {
    await database.execute('ROLLBACK').catch(() => undefined)
  }
}

function isSyntaxError(error: DatabaseError): boolean {
  return ['42601', '1064', 'ER_PARSE_ERROR'].includes(error.code ?? '') || /syntax/i.test(error.message)
}
