import { executionEndpoints, type ExecutionView, type StepView } from '@sluice/contract'
import type { Pod } from '@sluice/executor'
import { waitFor } from '@sluice/testkit'
import pg from 'pg'
import { findContainer, type NodeContainer } from './cluster-node.ts'
import { stepsOf } from './execution-steps.ts'
import { type KubeInstallation, type KubeInstallationOptions, openKubeInstallation } from './kube-installation.ts'
import { type ClusterObject, listOurs, type ObjectKind, waitUntilClean } from './our-objects.ts'
import { podPipeline, testPlace } from './pod-pipelines.ts'

/** A whole Sluice on a cluster, made to have its parts killed, and databases in which every change leaves a row that is counted. */
export interface CrashLab extends AsyncDisposable {
  readonly lab: KubeInstallation
  /** A database, a repository and a pipeline of its own, so that cases disturb each other in nothing. */
  openCase(options?: { readonly sleepSeconds?: number }): Promise<CrashCase>
  /** Objects of ours of one kind: of one execution, or all. */
  objects(kind: ObjectKind, executionId?: string): Promise<readonly ClusterObject[]>
  pod(executionId: string): Promise<Pod | undefined>
  /** A container of the execution's pod, waiting until it has a process. */
  container(executionId: string, name?: string): Promise<NodeContainer>
  /** Waits until nothing of ours is in the cluster: no anchor, pod, Secret or policy. */
  waitUntilClean(timeoutMs?: number): Promise<void>
  /** Kills the delegate and starts its successor; with `killAt` one that ends itself at that point. */
  restartDelegate(options?: { readonly killAt?: string }): Promise<void>
  /** Waits until the delegate has ended by itself. */
  delegateEnded(): Promise<void>
  /** Everything known, for the message of a failure. */
  describe(view: ExecutionView): string
}

interface NamedContainer {
  readonly name: string
  readonly containerID?: string
}

export interface CrashCase {
  readonly name: string
  /** Starts an execution that writes the next row and then sleeps; the number of the row. */
  start(): Promise<{ readonly id: string; readonly row: number }>
  /** How often a row was written. */
  rows(row: number): Promise<number>
  query(sql: string): Promise<Record<string, unknown>[]>
  /** Locks a table until it is let go: whoever wants to read it waits. */
  hold(table: 'databasechangelog' | 'databasechangeloglock'): Promise<() => Promise<void>>
  /** Whether a session of the runner waits for a lock. */
  isWaiting(): Promise<boolean>
  /** Whether the runner is in the middle of its change. */
  isSleeping(): Promise<boolean>
}

const base = `--liquibase formatted sql\n--changeset ada:first\ncreate table hits (n int);\n`

export async function openCrashLab(options: KubeInstallationOptions = {}): Promise<CrashLab> {
  const lab = await openKubeInstallation(options)
  try {
    return await furnish(lab)
  } catch (error) {
    await lab[Symbol.asyncDispose]()
    throw error
  }
}

async function furnish(lab: KubeInstallation): Promise<CrashLab> {
  const { installation, target } = lab
  const pod = async (executionId: string): Promise<Pod | undefined> =>
    (await listOurs<Pod>(lab, 'pods', executionId)).find(({ metadata }) => metadata.deletionTimestamp === undefined)

  const databases: string[] = []
  let count = 0

  const openCase: CrashLab['openCase'] = async ({ sleepSeconds = 4 } = {}) => {
    const name = `case_${String(++count)}`
    const from = new URL(target.database.url).pathname.slice(1)
    const database = `${from}_${name}`
    // The tracking tables are there already: a test can hold them before the runner comes.
    await target.query(`create database "${database}" template "${from}"`)
    databases.push(database)
    const url = Object.assign(new URL(target.database.url), { pathname: `/${database}` }).toString()
    const jdbcUrl = lab.jdbcUrl.replace(`/${from}`, `/${database}`)
    await defineWork(lab, name, jdbcUrl)
    const repository = installation.createRepository(name)
    let changelog = base
    let row = 0
    const query: CrashCase['query'] = (sql) => queryOnce(url, sql)
    const hasSession = async (where: string): Promise<boolean> => {
      const sql = `select 1 from pg_stat_activity where datname = current_database() and usename = '${target.user}' and ${where}`
      return (await query(sql)).length > 0
    }
    return {
      name,
      query,
      async start() {
        row++
        changelog += `--changeset ada:${String(row)}\ninsert into hits values (${String(row)});\nselect pg_sleep(${String(sleepSeconds)});\n`
        repository.commit({ 'changelog.sql': changelog })
        return { id: await installation.run(name), row }
      },
      rows: async (n) => (await query(`select 1 from hits where n = ${String(n)}`)).length,
      async hold(table) {
        const client = new pg.Client({ connectionString: url })
        await client.connect()
        await client.query(`begin; lock table ${table} in access exclusive mode`)
        return () => client.end()
      },
      isWaiting: () => hasSession(`wait_event_type = 'Lock'`),
      isSleeping: () => hasSession(`state = 'active' and query like '%pg_sleep%'`),
    }
  }

  await installation.apply(`
connector: { identifier: k8s, ${testPlace}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }
`)
  // The first run makes the tracking tables that the cases' databases are copies of, and pulls the image.
  await defineWork(lab, 'base', lab.jdbcUrl)
  installation.createRepository('base').commit({ 'changelog.sql': base })
  const first = await installation.waitForExecution(await installation.run('base'), { timeoutMs: 120_000 })
  const describe = (view: ExecutionView): string =>
    `${JSON.stringify(view, null, 1)}\n${installation.delegate?.output.slice(-4000) ?? ''}`
  if (first.state !== 'Succeeded') throw new Error(describe(first))
  await target.query(`grant all on hits to "${target.user}"`)

  return {
    lab,
    openCase,
    objects: (kind, executionId) => listOurs(lab, kind, executionId),
    pod,
    async container(executionId, name = 'runner') {
      return waitFor(
        async () => {
          const statuses: readonly NamedContainer[] = (await pod(executionId))?.status?.containerStatuses ?? []
          return findContainer(statuses.find((status) => status.name === name)?.containerID ?? '')
        },
        { timeoutMs: 60_000, intervalMs: 50, what: `container "${name}" of ${executionId}` },
      )
    },
    waitUntilClean: (timeoutMs) => waitUntilClean(lab, timeoutMs, () => installation.delegate?.output.slice(-8000) ?? ''),
    async restartDelegate({ killAt } = {}) {
      await installation.delegate?.killGroup('SIGKILL')
      await installation.startDelegate(killAt === undefined ? {} : { killAt })
    },
    async delegateEnded() {
      const { delegate } = installation
      await waitFor(() => delegate?.isRunning !== true, {
        timeoutMs: 90_000,
        what: () => `the delegate to end; it printed:\n${delegate?.output.slice(-4000) ?? ''}`,
      })
    },
    describe,
    async [Symbol.asyncDispose]() {
      // First the processes that are connected to them.
      for (const database of databases) await target.query(`drop database if exists "${database}" with (force)`).catch(() => {})
      await lab[Symbol.asyncDispose]()
    },
  }
}

async function defineWork(lab: KubeInstallation, name: string, jdbcUrl: string): Promise<void> {
  const { installation, target } = lab
  const apply = `- step: {identifier: apply, type: DBSchemaApply, timeout: 5m, spec: {dbSchema: ${name}, dbInstance: ${name}}}`
  await installation.apply(`
secret: { identifier: ${name}_password, ${testPlace}, spec: { provider: sealed } }
---
connector: { identifier: ${name}_git, ${testPlace}, type: Git, spec: { url: ${lab.gitUrl(name)} } }
---
connector:
  identifier: ${name}_db
  orgIdentifier: default
  projectIdentifier: default
  type: Jdbc
  spec: { connectionUrl: "${jdbcUrl}", auth: { type: UsernamePassword, spec: { username: ${target.user}, passwordRef: ${name}_password } } }
---
dbSchema: { identifier: ${name}, migrationType: Liquibase, changelog: { connector: ${name}_git, location: changelog.sql } }
---
dbInstance: { identifier: ${name}, dbSchema: ${name}, connector: ${name}_db, branch: main }
---${podPipeline(name, apply)}`)
  await installation.setSecret(`${name}_password`, target.password, [jdbcUrl])
}

async function queryOnce(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Waits until the control plane has looked at the database of an Unknown step, and resolves it as what was found. */
export async function resolveByInspection(crash: CrashLab, executionId: string): Promise<StepView> {
  const { installation } = crash.lab
  const as = { noneApplied: 'not-started', allApplied: 'succeeded', partlyApplied: 'failed', cannotTell: 'failed' } as const
  const inspected = await waitFor(
    async () => {
      const view = await installation.getExecution(executionId)
      const [step] = stepsOf(view)
      if (step?.inspection?.state === 'failed') throw new Error(crash.describe(view))
      if (step?.inspection?.state !== 'finished') return undefined
      if ((step.inspection.liveSessions ?? 0) === 0) return step
      // The server ends the statement of a lost client in its own time; then somebody looks again.
      await installation.client.call(executionEndpoints.inspect, { params: { executionId, stepRunId: step.stepRunId }, body: {} })
      return undefined
    },
    { timeoutMs: 120_000, intervalMs: 100, what: 'the inspection to finish' },
  )
  await installation.client.call(executionEndpoints.resolve, {
    params: { executionId, stepRunId: inspected.stepRunId },
    body: { as: as[inspected.inspection?.finding ?? 'cannotTell'], reason: 'what the inspection found' },
  })
  return inspected
}
