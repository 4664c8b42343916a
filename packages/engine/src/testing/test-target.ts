import type { TestContext } from 'node:test'
import type { Changelog } from '@sluice/changelog'
import { openDatabase } from '@sluice/databases'
import { openTempDir, openTestDatabase, openTestMariadbDatabase, skipWithoutMariadb } from '@sluice/testkit'
import type { TestDatabase } from '@sluice/testkit'
import { applyPlan } from '../apply.ts'
import type { Database, SqlValue } from '../database.ts'
import type { EngineEvent } from '../events.ts'
import type { HistoryRow } from '../history-row.ts'
import type { UpdateOptions, WriteOptions } from '../options.ts'
import type { UpdatePlan } from '../plan.ts'
import type { ApplyReport, RollbackReport } from '../report.ts'
import { applyRollback, planRollback } from '../rollback.ts'
import type { RollbackTarget } from '../rollback-plan.ts'
import { readHistory } from '../status.ts'
import { planUpdate } from '../update.ts'

type Scope = Pick<TestContext, 'after'>

/** The databases that tests run on; MySQL itself is not among them. */
export type TestProduct = 'postgresql' | 'mariadb' | 'sqlite'

export const testProducts: readonly TestProduct[] = ['postgresql', 'mariadb', 'sqlite']

/** For node:test's `skip`. */
export function skipProduct(product: TestProduct): false | string {
  return product === 'mariadb' ? skipWithoutMariadb() : false
}

/** A schema with a session on it, and short forms of the commands. */
export interface TestTarget {
  /** Its schema is the default one of every session that uses it. */
  readonly url: string
  readonly schema: string
  readonly database: Database
  /** Another session on the same schema; closed at the test's end. */
  connect(applicationName?: string): Promise<Database>
  /** Plans and applies; throws when the plan has errors. */
  update(changelog: Changelog, options?: Partial<UpdateOptions & WriteOptions>, more?: RunMore): Promise<UpdateRun>
  /** Plans and rolls back; throws when the plan has errors. */
  rollback(changelog: Changelog, target: RollbackTarget, more?: RunMore): Promise<RollbackReport>
  history(): Promise<readonly HistoryRow[]>
  rows(sql: string): Promise<readonly (readonly SqlValue[])[]>
}

export interface RunMore {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: EngineEvent) => void) | undefined
}

export interface UpdateRun {
  readonly plan: UpdatePlan
  readonly report: ApplyReport
  readonly events: readonly EngineEvent[]
}

// Making a database takes a hundred times longer than making a schema, and the lock is per schema.
let shared: Promise<TestDatabase> | undefined
let schemas = 0

/** A fresh schema in a database that all tests of the process share; a database of its own where those are cheap. */
export async function openTestTarget(t: Scope, product: TestProduct = 'postgresql'): Promise<TestTarget> {
  return openSessionOn(await openHome(t, product), t)
}

async function openHome(t: Scope, product: TestProduct): Promise<Pick<TestTarget, 'url' | 'schema'>> {
  if (product === 'mariadb') {
    const { url, name } = await openTestMariadbDatabase(t)
    return { url, schema: name }
  }
  if (product === 'sqlite') {
    const dir = await openTempDir()
    t.after(() => dir[Symbol.asyncDispose]())
    return { url: `sqlite:${dir.path}/test.db`, schema: 'main' }
  }
  shared ??= openTestDatabase()
  const home = await shared
  const schema = `target_${++schemas}`
  const maker = await openDatabase({ url: home.url })
  await maker.execute(`create schema ${schema}`)
  await maker.close()
  return { url: `${home.url}?currentSchema=${schema}`, schema }
}

/** Another session on a target's schema, with commands of its own. */
export async function openSessionOn(home: Pick<TestTarget, 'url' | 'schema'>, t: Scope): Promise<TestTarget> {
  const { url, schema } = home
  const connect = async (applicationName = 'sluice:test'): Promise<Database> => {
    const session = await openDatabase({ url, applicationName })
    t.after(() => session.close())
    return session
  }
  const database = await connect()
  return {
    url,
    schema,
    database,
    connect,
    update: async (changelog, options = {}, more = {}) => {
      const all = { runId: 'run_test', host: 'host (127.0.0.1)', ...options }
      const plan = await planUpdate({ database, changelog, options: all })
      throwOnErrors(plan)
      const events: EngineEvent[] = []
      const onEvent = (event: EngineEvent): void => {
        events.push(event)
        more.onEvent?.(event)
      }
      const report = await applyPlan({ database, changelog, plan, options: all, signal: more.signal, onEvent })
      return { plan, report, events }
    },
    rollback: async (changelog, target, more = {}) => {
      const options = { runId: 'run_back', host: 'host (127.0.0.1)' }
      const plan = await planRollback({ database, changelog, target })
      throwOnErrors(plan)
      return applyRollback({ database, changelog, plan, options, ...more })
    },
    history: () => readHistory({ database }),
    rows: async (sql) => (await database.query(sql)).rows,
  }
}

function throwOnErrors({ diagnostics }: Pick<UpdatePlan, 'diagnostics'>): void {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error')
  if (errors.length > 0) throw new Error(errors.map((error) => `${error.code}: ${error.message}`).join('\n'))
}
