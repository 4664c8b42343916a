import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Diagnostic } from '@sluice/base'
import { createMemoryTree, parseChangelog } from '@sluice/changelog'
import type { Changelog } from '@sluice/changelog'
import {
  applyPlan,
  applyRollback,
  applySync,
  clearChecksums,
  formatChangesetKey,
  planRollback,
  planSync,
  planTestRollback,
  planUpdate,
  readStatus,
  tagDatabase,
  testRollback,
} from '@sluice/engine'
import type { CommandReport, Database, RollbackTarget, SyncOptions, UpdateOptions } from '@sluice/engine'
import { requireOrSkip } from '@sluice/testkit'
import { conformanceDatabases } from './framework/model.ts'
import type { ConformanceDatabase } from './framework/model.ts'
import { describeDatabase, historyRows } from './framework/observe.ts'
import { openTwin, skipWithout } from './framework/twin.ts'
import type { Twin } from './framework/twin.ts'
import { canRecord, openWarmLiquibase } from './oracle/warm-liquibase.ts'
import type { WarmLiquibase } from './oracle/warm-liquibase.ts'

const write = { runId: 'run_round_trip' }
const contexts = ['test']

interface Place {
  readonly database: Database
  readonly changelog: Changelog
}

/** One command, said to each of the two programs. */
interface Step {
  readonly liquibase: readonly string[]
  readonly sluice: (place: Place) => Promise<CommandReport>
}

function withoutErrors<Plan extends { readonly diagnostics: readonly Diagnostic[] }>(plan: Plan): Plan {
  deepEqual(
    plan.diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
  return plan
}

const update = (options: UpdateOptions, ...liquibase: readonly string[]): Step => ({
  liquibase,
  sluice: async ({ database, changelog }) => {
    const all = { contexts, ...options, ...write }
    const plan = withoutErrors(await planUpdate({ database, changelog, options: all }))
    return applyPlan({ database, changelog, plan, options: all })
  },
})

const rollback = (target: RollbackTarget, ...liquibase: readonly string[]): Step => ({
  liquibase,
  sluice: async ({ database, changelog }) => {
    const plan = withoutErrors(await planRollback({ database, changelog, target, options: { contexts } }))
    return applyRollback({ database, changelog, plan, options: { contexts, ...write } })
  },
})

const sync = (options: SyncOptions, ...liquibase: readonly string[]): Step => ({
  liquibase,
  sluice: async ({ database, changelog }) => {
    const all = { contexts, ...options, ...write }
    const plan = withoutErrors(await planSync({ database, changelog, options: all }))
    return applySync({ database, changelog, plan, options: all })
  },
})

const clear: Step = {
  liquibase: ['clear-checksums'],
  sluice: ({ database }) => clearChecksums({ database, options: write }),
}

const tag = (name: string): Step => ({
  liquibase: ['tag', `--tag=${name}`],
  sluice: ({ database }) => tagDatabase({ database, tag: name, options: write }),
})

const testRollbacks: Step = {
  liquibase: ['update-testing-rollback'],
  sluice: async ({ database, changelog }) => {
    const options = { contexts, ...write }
    const plan = withoutErrors(await planTestRollback({ database, changelog, options }))
    return testRollback({ database, changelog, plan, options })
  },
}

const running: readonly Step[] = [
  update({ count: 2 }, 'update-count', '--count=2'),
  tag('base'),
  update({ toTag: 'v1.0' }, 'update-to-tag', '--tag=v1.0'),
  update({}, 'update'),
  rollback({ count: 2 }, 'rollback-count', '--count=2'),
  update({}, 'update'),
  clear,
  update({}, 'update'),
  rollback({ tag: 'v1.0' }, 'rollback', '--tag=v1.0'),
  testRollbacks,
]

const furtherBack: readonly Step[] = [rollback({ tag: 'BASE' }, 'rollback', '--tag=BASE'), update({}, 'update')]

/** On SQLite Liquibase sets a tag on every row of the newest row's second, so who was how fast would decide what a tag means. */
const withoutTag = running.filter(({ liquibase }) => liquibase[0] !== 'tag')

const recording: readonly Step[] = [
  sync({ count: 1 }, 'mark-next-changeset-ran'),
  sync({ toTag: 'v1.0' }, 'changelog-sync-to-tag', '--tag=v1.0'),
  sync({}, 'changelog-sync'),
  clear,
]

/** Who takes which step, by the step's number. */
const casts = {
  'Liquibase alone': () => 'liquibase',
  'Sluice alone': () => 'sluice',
  'Liquibase first, then in turns': (step: number) => (step % 2 === 0 ? 'liquibase' : 'sluice'),
  'Sluice first, then in turns': (step: number) => (step % 2 === 0 ? 'sluice' : 'liquibase'),
} as const

let warm: WarmLiquibase | undefined

async function runLiquibase(twin: Twin, folder: string, [command = '', ...flags]: readonly string[]): Promise<string> {
  warm ??= openWarmLiquibase()
  const root = /^(?:tag|clear-checksums)$/.test(command) ? [] : ['--changelog-file=root.yaml']
  const wanted = /^(?:update|rollback|status|changelog-sync|mark-next)/.test(command) ? [`--contexts=${contexts.join(',')}`] : []
  const shared = [...twin.liquibaseArgs, `--search-path=${folder}`]
  const { exitCode, stdout, stderr } = await warm.run([...shared, command, ...root, ...wanted, ...flags])
  equal(exitCode, 0, `${command}: ${stderr.slice(-2000)}`)
  return stdout + stderr
}

function readFolder(path: string, dbms: ConformanceDatabase): Changelog {
  const tree = createMemoryTree(Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name))])))
  const { changelog, diagnostics } = parseChangelog('root.yaml', tree, { dbms, contexts })
  deepEqual(diagnostics, [])
  ok(changelog !== undefined)
  return changelog
}

/** After each step the history, and at the end everything that is in the database. */
async function play(
  dbms: ConformanceDatabase,
  folder: string,
  steps: readonly Step[],
  cast: (step: number) => string,
): Promise<unknown> {
  await using twin = await openTwin(dbms)
  const path = join(import.meta.dirname, folder)
  const changelog = readFolder(path, dbms)
  const database = await twin.open()
  try {
    const histories: unknown[] = []
    for (const [number, { liquibase, sluice }] of steps.entries()) {
      if (cast(number) === 'liquibase') await runLiquibase(twin, path, liquibase)
      else {
        const report = await sluice({ database, changelog })
        equal(report.state, 'succeeded', `${liquibase.join(' ')}: ${report.firstError?.message ?? ''}`)
      }
      await using observer = await twin.observe()
      histories.push([liquibase.join(' '), (await historyRows(observer)).map(({ line }) => line)])
    }
    // Whoever worked last, the other sees the same: nothing wrong, and the same changesets left to do.
    const status = await readStatus({ database, changelog, options: { contexts } })
    deepEqual(status.diagnostics, [])
    match(await runLiquibase(twin, path, ['validate']), /No validation errors found/)
    const theirs = await runLiquibase(twin, path, ['status', '--verbose'])
    deepEqual(theirs.match(/^ +\S+::\S+::\S+$/gm)?.map((line) => line.trim()) ?? [], status.pending.map(formatChangesetKey))
    await using observer = await twin.observe()
    return { histories, schema: (await describeDatabase(observer, dbms)).map(({ line }) => line) }
  } finally {
    await database.close()
  }
}

after(async () => warm?.[Symbol.asyncDispose]())

describe('Sluice and Liquibase take turns on one database', { skip: requireOrSkip('a JDK', canRecord()) }, () => {
  const plays = [
    ...conformanceDatabases.map((dbms) => ({
      dbms,
      folder: 'store',
      name: 'running',
      steps: dbms === 'sqlite' ? withoutTag : [...running, ...furtherBack],
    })),
    { dbms: 'postgresql', folder: 'shop', name: 'running what only PostgreSQL has', steps: running },
    ...conformanceDatabases.map((dbms) => ({ dbms, folder: 'store', name: 'recording', steps: recording })),
  ] as const
  for (const { dbms, folder, name, steps } of plays) {
    it(
      `${name}, on ${dbms}: whoever does what, the history and the database are the same`,
      { skip: skipWithout(dbms) },
      async () => {
        const [[, alone] = ['', undefined], ...others] = await playAll(dbms, folder, steps)
        for (const [cast, outcome] of others) deepEqual(outcome, alone, cast)
      },
    )
  }
})

async function playAll(
  dbms: ConformanceDatabase,
  folder: string,
  steps: readonly Step[],
): Promise<readonly (readonly [string, unknown])[]> {
  const outcomes: (readonly [string, unknown])[] = []
  for (const [name, cast] of Object.entries(casts)) outcomes.push([name, await play(dbms, folder, steps, cast)])
  return outcomes
}
