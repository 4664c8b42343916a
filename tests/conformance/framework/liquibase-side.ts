import type { WarmLiquibase } from '../oracle/warm-liquibase.ts'
import { changelogFiles, changesetIds, ownName, rootFile } from './changelog-files.ts'
import type { ChangesetAnswer, ChangesetArea, ChangesetCase, ConformanceDatabase } from './model.ts'
import { describeDatabase, historyRows } from './observe.ts'
import type { SchemaLine } from './observe.ts'
import { splitByChangeset } from './sql-text.ts'
import { writeFiles } from './test-files.ts'
import { openTwin } from './twin.ts'

/** Sets the order number aside: it counts what ran before in the same changelog, which is other cases. */
export function withoutOrder(line: string): string {
  const parts = line.split(' | ')
  return [...parts.slice(0, 3), ...parts.slice(4)].join(' | ')
}

/** What of a database belongs to a case. */
export function schemaOf(lines: readonly SchemaLine[], one: ChangesetCase): readonly string[] {
  const own = ownName(one)
  return lines.filter(({ object }) => object.toLowerCase().startsWith(own)).map(({ line }) => line)
}

/**
 * Asks Liquibase about cases that share a changelog. Those that its message names when they stop the whole command are asked alone,
 * the others together again; where it names none of them, halves find out.
 */
export async function askAboutChangesets(
  liquibase: WarmLiquibase,
  area: ChangesetArea,
  cases: readonly ChangesetCase[],
  database: ConformanceDatabase,
): Promise<ReadonlyMap<string, ChangesetAnswer>> {
  if (cases.length === 0) return new Map()
  const found = await askTogether(liquibase, area, cases, database)
  if (typeof found !== 'string') return found
  const named = cases.filter((one) => changesetIds(one).some((id) => found.includes(`::${id}::`)))
  const others = cases.filter((one) => !named.includes(one))
  const middle = Math.ceil(cases.length / 2)
  const parts =
    named.length > 0 && others.length > 0 ? [...named.map((one) => [one]), others] : [cases.slice(0, middle), cases.slice(middle)]
  const answers = new Map<string, ChangesetAnswer>()
  for (const part of parts) {
    for (const [name, answer] of await askAboutChangesets(liquibase, area, part, database)) answers.set(name, answer)
  }
  return answers
}

async function askTogether(
  liquibase: WarmLiquibase,
  area: ChangesetArea,
  cases: readonly ChangesetCase[],
  database: ConformanceDatabase,
): Promise<ReadonlyMap<string, ChangesetAnswer> | string> {
  await using twin = await openTwin(database)
  await using folder = await writeFiles(changelogFiles(area, cases))
  const shared = [...twin.liquibaseArgs, `--search-path=${folder.path}`, `--changelog-file=${rootFile(area)}`]
  const preview = await liquibase.run([...shared, 'update-sql'])
  const isAlone = cases.length === 1
  if (!isAlone && preview.exitCode !== 0) return afterLastRun(preview.stderr)
  const update = await liquibase.run([...shared, 'update'])
  if (!isAlone && update.exitCode !== 0) return afterLastRun(update.stderr)
  await using observer = await twin.observe()
  const rows = await historyRows(observer)
  const lines = await describeDatabase(observer, database)
  const blocks = splitByChangeset(preview.stdout)
  return new Map(
    cases.map((one) => {
      const ids = changesetIds(one)
      const own = rows.filter(({ id }) => ids.includes(id)).map(({ line }) => withoutOrder(line))
      const sql = preview.exitCode === 0 ? ids.flatMap((id) => blocks[id] ?? []) : undefined
      return [one.name, { outcome: update.exitCode === 0 ? 'done' : 'failed', sql, rows: own, schema: schemaOf(lines, one) }]
    }),
  )
}

/** The part of the messages that says why, without the list of what ran before. */
function afterLastRun(stderr: string): string {
  return stderr.slice(Math.max(0, stderr.indexOf('Unexpected error running Liquibase')))
}
