import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openTempDir } from '@sluice/testkit'
import type { WarmLiquibase } from '../oracle/warm-liquibase.ts'
import { changelogFiles, changesetIds, ownName, rootFile } from './changelog-files.ts'
import type {
  ChangesetAnswer,
  ChangesetArea,
  ChangesetCase,
  ConformanceDatabase,
  ScenarioAnswer,
  ScenarioCase,
  StepAnswer,
} from './model.ts'
import { describeDatabase, historyRows } from './observe.ts'
import type { SchemaLine } from './observe.ts'
import { readOutput, rootOf, splitWords } from './scenario-text.ts'
import { splitByChangeset } from './sql-text.ts'
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

/** Runs a scenario with Liquibase. */
export async function askAboutScenario(
  liquibase: WarmLiquibase,
  one: ScenarioCase,
  dbms: ConformanceDatabase,
): Promise<ScenarioAnswer> {
  await using twin = await openTwin(dbms)
  await using folder = await writeFiles(one.files)
  const shared = [...twin.liquibaseArgs, `--search-path=${folder.path}`]
  const steps: StepAnswer[] = []
  for (const step of one.steps) {
    if (typeof step === 'object' && 'files' in step) {
      fill(folder.path, step.files)
      continue
    }
    // SQLite lets one connection write at a time, so none is held while a command runs.
    if (typeof step === 'object') {
      await using before = await twin.observe()
      await before.query(step.sql)
      continue
    }
    const [command = '', ...flags] = splitWords(step)
    const needsChangelog = !/^(?:history|tag|tag-exists|release-locks|list-locks|clear-checksums|drop-all|execute-sql)$/.test(
      command,
    )
    const root = needsChangelog ? [`--changelog-file=${rootOf(one)}`] : []
    const globals = flags.filter((flag) => flag.startsWith('-D'))
    const own = flags.filter((flag) => !flag.startsWith('-D'))
    const answer = await liquibase.run([...shared, ...globals, command, ...root, ...own])
    await using after = await twin.observe()
    steps.push({
      exit: answer.exitCode === 0 ? 'ok' : 'failed',
      output: answer.exitCode === 0 ? readOutput(command, answer.stdout, answer.stderr) : [],
      rows: (await historyRows(after)).map(({ line }) => line),
    })
  }
  await using observer = await twin.observe()
  const lines = await describeDatabase(observer, dbms)
  return { steps, schema: lines.map(({ line }) => line) }
}

async function writeFiles(files: Readonly<Record<string, string>>) {
  const folder = await openTempDir()
  fill(folder.path, files)
  return folder
}

function fill(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    if (text === removed) {
      rmSync(path)
      continue
    }
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

/** In a step's files: this one goes away. */
export const removed = '<removed>'
