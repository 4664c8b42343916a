import { equal, deepEqual } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { diffSnapshots, planCreation, renderDiff, snapshotDatabase, writeChangelog } from '@sluice/engine'
import type { Database, WrittenFormat } from '@sluice/engine'
import { openTempDir, requireOrSkip } from '@sluice/testkit'
import { mariadbObjects } from '../../packages/engine/src/snapshot/testing/mariadb-objects.ts'
import { postgresObjects } from '../../packages/engine/src/snapshot/testing/postgres-objects.ts'
import { sqliteObjects } from '../../packages/engine/src/snapshot/testing/sqlite-objects.ts'
import type { ConformanceDatabase } from './framework/model.ts'
import { openTwin, skipWithout } from './framework/twin.ts'
import type { Twin } from './framework/twin.ts'
import { canRecord, openWarmLiquibase } from './oracle/warm-liquibase.ts'
import type { WarmLiquibase } from './oracle/warm-liquibase.ts'

/** Statements that make many objects, by their kinds. */
const objects: Readonly<Record<ConformanceDatabase, Readonly<Record<string, readonly string[]>>>> = {
  postgresql: inOneText(postgresObjects),
  mariadb: mariadbObjects,
  sqlite: inOneText(sqliteObjects),
}

function inOneText(texts: Readonly<Record<string, string>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(texts).map(([kind, text]) => [kind, [text]]))
}

const structured = ['yaml', 'json', 'xml'] as const

/** SQL and one of the other formats; a sample takes one of the two, since every one is a run of Liquibase. */
function formatsOf(index: number): readonly WrittenFormat[] {
  const other = structured[Math.floor(index / 2) % structured.length] ?? 'yaml'
  if (process.env['SLUICE_TEST_FULL'] === '1') return ['sql', other]
  return [index % 2 === 0 ? 'sql' : other]
}

async function withDatabase<T>(twin: Twin, use: (database: Database) => Promise<T>): Promise<T> {
  const database = await twin.open()
  try {
    return await use(database)
  } finally {
    await database.close()
  }
}

/** Writes a database's changelog, lets the real Liquibase run it on an empty one, and compares the two. */
async function checkGenerated(
  dbms: ConformanceDatabase,
  statements: readonly string[],
  format: WrittenFormat,
  liquibase: WarmLiquibase,
  folder: string,
): Promise<void> {
  await using source = await openTwin(dbms)
  await using empty = await openTwin(dbms)
  const wanted = await withDatabase(source, async (database) => {
    for (const statement of statements) await database.execute(statement)
    return snapshotDatabase({ database })
  })
  const written = writeChangelog(planCreation(wanted), { format, author: 'test' })
  deepEqual(
    written.diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
  const name = `changelog.${format}`
  writeFileSync(join(folder, name), written.text)
  const answer = await liquibase.run([...empty.liquibaseArgs, 'update', `--changelog-file=${name}`, '--show-summary=OFF'])
  equal(answer.exitCode, 0, `${answer.stderr}\n${written.text}`)
  const made = await withDatabase(empty, (database) => snapshotDatabase({ database }))
  equal(renderDiff(diffSnapshots(wanted, made)), 'There are no differences.', written.text)
}

const needs = requireOrSkip('a JDK, to run the real Liquibase', canRecord())

for (const dbms of ['postgresql', 'mariadb', 'sqlite'] as const) {
  describe(`changelogs generated from ${dbms}, run by the real Liquibase`, { skip: skipWithout(dbms) || needs }, async () => {
    if (needs !== false || skipWithout(dbms) !== false) return
    const folder = await openTempDir()
    const liquibase = openWarmLiquibase({ cwd: folder.path })
    after(async () => {
      await liquibase[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    })
    for (const [index, [kind, statements]] of Object.entries(objects[dbms]).entries()) {
      for (const format of formatsOf(index)) {
        it(`make the same ${kind} from ${format}`, () => checkGenerated(dbms, statements, format, liquibase, folder.path))
      }
    }
  })
}
