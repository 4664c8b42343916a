import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { createMemoryTree, parseChangelog } from '@sluice/changelog'
import type { Changelog } from '@sluice/changelog'
import { openPostgres } from '@sluice/databases'
import { applyPlan, applyRollback, planRollback, planUpdate, readHistory, readStatus } from '@sluice/engine'
import type { Database } from '@sluice/engine'
import { openTestDatabase, requireOrSkip } from '@sluice/testkit'
import { canRunLiquibase, runLiquibase } from './oracle.ts'
import type { OracleAnswer } from './oracle.ts'

const folder = join(import.meta.dirname, 'shop')
const contexts = ['test']
const runId = 'run_conformance'

interface Twin {
  readonly database: Database
  readonly liquibase: (...args: readonly string[]) => OracleAnswer
}

async function openTwin(t: TestContext): Promise<Twin> {
  const target = await openTestDatabase(t)
  const database = await openPostgres({ url: target.url })
  t.after(() => database.close())
  return {
    database,
    liquibase: (...args) =>
      runLiquibase([
        `--url=jdbc:postgresql://${target.host}:${target.port}/${target.name}`,
        `--username=${target.user}`,
        `--password=${target.password}`,
        `--search-path=${folder}`,
        '--changelog-file=root.yaml',
        ...args,
      ]),
  }
}

function readShop(): Changelog {
  const tree = createMemoryTree(Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])))
  const { changelog, diagnostics } = parseChangelog('root.yaml', tree, { dbms: 'postgresql', contexts })
  deepEqual(diagnostics, [])
  ok(changelog !== undefined)
  return changelog
}

async function update(database: Database, changelog: Changelog): Promise<readonly string[]> {
  const options = { contexts, runId }
  const plan = await planUpdate({ database, changelog, options })
  deepEqual(
    plan.diagnostics.filter((diagnostic) => diagnostic.severity === 'error'),
    [],
  )
  const report = await applyPlan({ database, changelog, plan, options })
  equal(report.state, 'succeeded', report.firstError?.message)
  return report.entries.filter((entry) => entry.result !== 'skipped').map((entry) => entry.changeset.id)
}

async function rollback(database: Database, changelog: Changelog, count: number): Promise<void> {
  const plan = await planRollback({ database, changelog, target: { count }, options: { contexts } })
  const report = await applyRollback({ database, changelog, plan, options: { contexts, runId } })
  equal(report.state, 'succeeded', report.firstError?.message)
}

/** Every column but those that tell when and by whom. */
async function comparableRows(database: Database): Promise<readonly unknown[]> {
  const rows = await readHistory({ database })
  return rows.map((row) => ({ ...row, dateExecuted: '', deploymentId: '', toolVersion: '' }))
}

async function describeSchema(database: Database): Promise<readonly unknown[]> {
  const { rows } = await database.query(
    `SELECT c.relname, c.relkind::text, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
       pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum), pg_get_indexdef(c.oid)
     FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'databasechangelog%' AND c.relname NOT LIKE 'sluice%'
     UNION ALL SELECT conname, contype::text, pg_get_constraintdef(oid), null, null, null, null, null, null FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'databasechangelog%' ORDER BY 1, 2, 3`,
  )
  return rows
}

describe('Sluice and Liquibase on the same database', { skip: requireOrSkip('Java', canRunLiquibase()) }, () => {
  it('Liquibase finds nothing to do after Sluice, rolls back its last changeset and brings it back', async (t) => {
    const { database, liquibase } = await openTwin(t)
    const changelog = readShop()
    await update(database, changelog)
    const before = await comparableRows(database)
    // Changeset 14 waits for its precondition for ever, in both.
    const status = liquibase('status', '--verbose', '--contexts=test')
    match(status.stdout + status.stderr, /1 changeset has not been applied/)
    match(status.stdout + status.stderr, /catalogue\.yaml::14::bob/)
    const validate = liquibase('validate')
    match(validate.stdout + validate.stderr, /No validation errors found/)
    const back = liquibase('rollback-count', '--count=1', '--contexts=test')
    equal(back.exitCode, 0, back.stderr)
    deepEqual(
      (await readStatus({ database, changelog, options: { contexts } })).pending.map((key) => key.id),
      ['14', '15'],
    )
    const forward = liquibase('update', '--contexts=test')
    equal(forward.exitCode, 0, forward.stderr)
    deepEqual(await comparableRows(database), before)
  })

  it('Sluice finds nothing to do after Liquibase, the rows and the schema are the same, and it rolls back and forth', async (t) => {
    const [theirs, ours] = await Promise.all([openTwin(t), openTwin(t)])
    const changelog = readShop()
    const updated = theirs.liquibase('update', '--contexts=test')
    equal(updated.exitCode, 0, updated.stderr)
    await update(ours.database, changelog)
    deepEqual(await comparableRows(ours.database), await comparableRows(theirs.database))
    deepEqual(await describeSchema(ours.database), await describeSchema(theirs.database))
    const status = await readStatus({ database: theirs.database, changelog, options: { contexts } })
    deepEqual([status.diagnostics, status.pending.map((key) => key.id)], [[], ['14']])
    await rollback(theirs.database, changelog, 3)
    deepEqual(await update(theirs.database, changelog), ['11', '12', '15'])
    const validate = theirs.liquibase('status', '--contexts=test')
    match(validate.stdout + validate.stderr, /1 changeset has not been applied/)
    deepEqual(await comparableRows(ours.database), await comparableRows(theirs.database))
  })
})
