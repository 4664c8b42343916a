import {
  applyPlan,
  applyRollback,
  formatChangesetKey,
  planRollback,
  planUpdate,
  previewSql,
  readStatus,
  tagDatabase,
  validateChangelog,
} from '@sluice/engine'
import type { Database, RollbackTarget, UpdateOptions } from '@sluice/engine'
import type { Changelog } from '@sluice/changelog'
import { removed } from './liquibase-side.ts'
import type { ConformanceDatabase, ScenarioAnswer, ScenarioCase, StepAnswer } from './model.ts'
import { describeDatabase, historyRows } from './observe.ts'
import { rootOf, splitWords } from './scenario-text.ts'
import { errorsOf, parseFiles } from './sluice-side.ts'
import { listStatements } from './sql-text.ts'
import { openTwin } from './twin.ts'

const runId = 'run_conformance'

/** Runs a scenario with Sluice. `problems` say why a step failed, for whoever reads a failed comparison. */
export async function runScenario(
  one: ScenarioCase,
  dbms: ConformanceDatabase,
): Promise<ScenarioAnswer & { readonly problems: readonly string[] }> {
  await using twin = await openTwin(dbms)
  const database = await twin.open()
  await using observer = await twin.observe()
  const problems: string[] = []
  try {
    const steps: StepAnswer[] = []
    let files = one.files
    for (const step of one.steps) {
      if (typeof step === 'object') {
        if ('files' in step) files = withFiles(files, step.files)
        else await observer.query(step.sql)
        continue
      }
      const [command = '', ...words] = splitWords(step)
      const ran = await runCommand({ command, flags: readFlags(words), database, dbms, files, root: rootOf(one) })
      problems.push(...ran.problems.map((text) => `${step}: ${text}`))
      steps.push({
        exit: ran.problems.length === 0 ? 'ok' : 'failed',
        output: ran.problems.length === 0 ? ran.output : [],
        rows: (await historyRows(observer)).map(({ line }) => line),
      })
    }
    return { steps, schema: (await describeDatabase(observer, dbms)).map(({ line }) => line), problems }
  } finally {
    await database.close()
  }
}

function withFiles(files: Readonly<Record<string, string>>, changed: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries({ ...files, ...changed }).filter(([, text]) => text !== removed))
}

type Flags = ReadonlyMap<string, string>

interface CommandRun {
  readonly command: string
  readonly flags: Flags
  readonly database: Database
  readonly dbms: ConformanceDatabase
  readonly files: Readonly<Record<string, string>>
  readonly root: string
}

interface CommandResult {
  readonly output: readonly string[]
  readonly problems: readonly string[]
}

function readFlags(words: readonly string[]): Flags {
  return new Map(
    words.map((word) => {
      const [, name = word, value = 'true'] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? []
      return [name, value] as const
    }),
  )
}

async function runCommand(run: CommandRun): Promise<CommandResult> {
  const handler = Object.hasOwn(commands, run.command) ? commands[run.command] : undefined
  if (handler === undefined) return { output: [], problems: [`"${run.command}" is not there.`] }
  const parsed = parseFiles(run.files, run.root, run.dbms, {
    contexts: contextsOf(run.flags),
    labelFilter: run.flags.get('label-filter'),
    properties: Object.fromEntries(
      [...run.flags].flatMap(([name, value]) => (name.startsWith('D') ? [[name.slice(1), value]] : [])),
    ),
  })
  try {
    if (parsed.changelog === undefined) return { output: [], problems: parsed.problems }
    return await handler({
      ...run,
      changelog: parsed.changelog,
      options: { contexts: contextsOf(run.flags), labels: run.flags.get('label-filter'), runId },
    })
  } catch (error) {
    return { output: [], problems: [String((error as Error).stack)] }
  }
}

function contextsOf(flags: Flags): readonly string[] {
  return (flags.get('contexts') ?? '').split(',').filter((text) => text !== '')
}

type Handler = (
  run: CommandRun & { readonly changelog: Changelog; readonly options: UpdateOptions & { readonly runId: string } },
) => Promise<CommandResult>

const update =
  (of: (flags: Flags) => UpdateOptions): Handler =>
  async ({ database, changelog, options, flags }) => {
    const all = { ...options, ...of(flags) }
    const plan = await planUpdate({ database, changelog, options: all })
    const problems = errorsOf(plan.diagnostics)
    if (problems.length > 0) return { output: [], problems }
    const report = await applyPlan({ database, changelog, plan, options: all })
    return { output: [], problems: report.state === 'succeeded' ? [] : [report.firstError?.message ?? report.state] }
  }

const updateSql =
  (of: (flags: Flags) => UpdateOptions): Handler =>
  async ({ database, changelog, options, flags }) => {
    const preview = await previewSql({ database, changelog, what: { kind: 'update' }, options: { ...options, ...of(flags) } })
    return { output: listStatements(preview.sql), problems: errorsOf(preview.diagnostics) }
  }

const rollback =
  (of: (flags: Flags) => RollbackTarget): Handler =>
  async ({ database, changelog, options, flags }) => {
    const plan = await planRollback({ database, changelog, options, target: of(flags) })
    const problems = errorsOf(plan.diagnostics)
    if (problems.length > 0) return { output: [], problems }
    const report = await applyRollback({ database, changelog, plan, options })
    return { output: [], problems: report.state === 'succeeded' ? [] : [report.firstError?.message ?? report.state] }
  }

const rollbackSql =
  (of: (flags: Flags) => RollbackTarget): Handler =>
  async ({ database, changelog, options, flags }) => {
    const preview = await previewSql({ database, changelog, what: { kind: 'rollback', target: of(flags) }, options })
    return { output: listStatements(preview.sql), problems: errorsOf(preview.diagnostics) }
  }

const none = (): UpdateOptions => ({})
const count = (flags: Flags): { readonly count: number } => ({ count: Number(flags.get('count')) })
const toTag = (flags: Flags): { readonly toTag: string } => ({ toTag: flags.get('tag') ?? '' })
const tagOf = (flags: Flags): RollbackTarget => ({ tag: flags.get('tag') ?? '' })

const commands: Readonly<Record<string, Handler>> = {
  update: update(none),
  'update-count': update(count),
  'update-to-tag': update(toTag),
  'update-sql': updateSql(none),
  'update-count-sql': updateSql(count),
  'update-to-tag-sql': updateSql(toTag),
  rollback: rollback(tagOf),
  'rollback-count': rollback(count),
  'rollback-sql': rollbackSql(tagOf),
  'rollback-count-sql': rollbackSql(count),
  'future-rollback-sql': async ({ database, changelog, options }) => {
    const preview = await previewSql({ database, changelog, what: { kind: 'futureRollback' }, options })
    return { output: listStatements(preview.sql), problems: errorsOf(preview.diagnostics) }
  },
  tag: async ({ database, options, flags }) => {
    await tagDatabase({ database, tag: flags.get('tag') ?? '', options })
    return { output: [], problems: [] }
  },
  status: async ({ database, changelog, options }) => {
    const status = await readStatus({ database, changelog, options })
    return { output: status.pending.map(formatChangesetKey), problems: errorsOf(status.diagnostics) }
  },
  'unexpected-changesets': async ({ database, changelog, options }) => {
    const status = await readStatus({ database, changelog, options })
    return { output: status.unexpected.map(formatChangesetKey), problems: [] }
  },
  validate: async ({ database, changelog, options }) => ({
    output: [],
    problems: errorsOf(await validateChangelog({ database, changelog, options })),
  }),
}
