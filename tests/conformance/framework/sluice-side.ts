import { createMemoryTree, parseChangelog } from '@sluice/changelog'
import type { Changelog } from '@sluice/changelog'
import { applyPlan, planUpdate, previewSql } from '@sluice/engine'
import type { Database } from '@sluice/engine'
import { changelogFiles, changesetIds, rootFile } from './changelog-files.ts'
import { schemaOf, withoutOrder } from './liquibase-side.ts'
import type { ChangesetAnswer, ChangesetArea, ChangesetCase, ConformanceDatabase } from './model.ts'
import { describeDatabase, historyRows } from './observe.ts'
import { splitByChangeset } from './sql-text.ts'
import { openTwin } from './twin.ts'

const runId = 'run_conformance'

interface Ran {
  readonly sql: readonly string[] | undefined
  readonly outcome: 'done' | 'failed'
  /** Why, for whoever reads a failed comparison. */
  readonly problems: readonly string[]
}

export type SluiceAnswer = ChangesetAnswer & { readonly problems: readonly string[] }

/** Runs each case of an area by itself, in one database. */
export async function runChangesets(
  area: ChangesetArea,
  cases: readonly ChangesetCase[],
  dbms: ConformanceDatabase,
): Promise<ReadonlyMap<string, SluiceAnswer>> {
  await using twin = await openTwin(dbms)
  const ran = new Map<string, Ran>()
  const database = await twin.open()
  try {
    for (const one of cases) ran.set(one.name, await runOne(database, area, one, dbms))
  } finally {
    await database.close()
  }
  await using observer = await twin.observe()
  const rows = await historyRows(observer)
  const lines = await describeDatabase(observer, dbms)
  return new Map(
    cases.map((one) => {
      const ids = changesetIds(one)
      const own = rows.filter(({ id }) => ids.includes(id)).map(({ line }) => withoutOrder(line))
      const { outcome = 'failed', sql, problems = [] } = ran.get(one.name) ?? {}
      return [one.name, { outcome, sql, rows: own, schema: schemaOf(lines, one), problems }]
    }),
  )
}

async function runOne(database: Database, area: ChangesetArea, one: ChangesetCase, dbms: ConformanceDatabase): Promise<Ran> {
  const parsed = parseFiles(changelogFiles(area, [one]), rootFile(area), dbms)
  if (parsed.changelog === undefined) return { sql: undefined, outcome: 'failed', problems: parsed.problems }
  const { changelog } = parsed
  try {
    const preview = await previewSql({ database, changelog, what: { kind: 'update' } })
    const previewProblems = errorsOf(preview.diagnostics)
    const blocks = splitByChangeset(preview.sql)
    const sql = previewProblems.length === 0 ? changesetIds(one).flatMap((id) => blocks[id] ?? []) : undefined
    const plan = await planUpdate({ database, changelog, options: { allowCommands: true } })
    const planProblems = errorsOf(plan.diagnostics)
    if (planProblems.length > 0) return { sql, outcome: 'failed', problems: planProblems }
    const report = await applyPlan({ database, changelog, plan, options: { runId, allowCommands: true } })
    const failed = report.entries.flatMap((entry) => (entry.error === undefined ? [] : [entry.error.message]))
    return { sql, outcome: report.state === 'succeeded' ? 'done' : 'failed', problems: [...previewProblems, ...failed] }
  } catch (error) {
    return { sql: undefined, outcome: 'failed', problems: [String((error as Error).stack)] }
  }
}

interface Parsed {
  readonly changelog: Changelog | undefined
  readonly problems: readonly string[]
}

/** Parses files in memory as the commands would parse a folder. */
export function parseFiles(
  files: Readonly<Record<string, string>>,
  root: string,
  dbms: ConformanceDatabase,
  options: Parameters<typeof parseChangelog>[2] = {},
): Parsed {
  const { changelog, diagnostics } = parseChangelog(root, createMemoryTree(files), { dbms, ...options })
  return { changelog, problems: errorsOf(diagnostics) }
}

export function errorsOf(diagnostics: readonly { readonly severity: string; readonly message: string }[]): readonly string[] {
  return diagnostics.filter((one) => one.severity === 'error').map((one) => one.message)
}
