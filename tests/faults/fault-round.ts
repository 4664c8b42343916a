import { createToken } from '@sluice/base'
import { executionEndpoints, type ExecutionView, operationEndpoints, type StepView } from '@sluice/contract'
import { createSeededRandom, type FaultRates, waitFor } from '@sluice/testkit'
import { runnerPids } from '../support/installation.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import type { FaultLab } from './fault-lab.ts'

/** What a round does to the system while a pipeline runs. */
export type FaultKind =
  | 'server'
  | 'serverLong'
  | 'delegate'
  | 'runner'
  | 'controlPostgres'
  | 'targetPostgres'
  | 'network'
  | 'delegateAndRunner'
  | 'serverAndDelegate'
  | 'nothing'

export const faultKinds: readonly FaultKind[] = [
  'server',
  'serverLong',
  'delegate',
  'runner',
  'controlPostgres',
  'targetPostgres',
  'network',
  'delegateAndRunner',
  'serverAndDelegate',
]

export interface RoundResult {
  readonly seed: number
  readonly kind: FaultKind
  /** Milliseconds after the pipeline's start. */
  readonly atMs: number
  readonly outcome: string
  /** How the Unknown was resolved, where there was one. */
  readonly resolvedAs?: string
  readonly durationMs: number
  /** What should not have been: empty in a good round. */
  readonly findings: readonly string[]
}

const changesetCount = 8

/**
 * One round: a pipeline of eight changesets, each of which writes a row into an observer table that has no unique key, so that a changeset
 * that ran twice is seen. Something is killed at a random moment. Then: a true final state or `Unknown` with evidence; after resolving and
 * running again, every changeset ran exactly once, the lock is free, the target is free, and the log is whole or its gap is marked.
 */
export async function runFaultRound(lab: FaultLab, seed: number, only?: FaultKind): Promise<RoundResult> {
  const random = createSeededRandom(seed)
  const kind = only ?? faultKinds[Math.floor(random() * faultKinds.length)] ?? 'nothing'
  const atMs = Math.round(random() * 1500)
  const startedAt = performance.now()
  const findings: string[] = []
  const name = `r${String(seed)}`
  const { sluice } = lab
  await prepareTarget(lab, name, random)
  const executionId = await sluice.run(`${name}_pipeline`)
  await new Promise((resolve) => setTimeout(resolve, atMs))
  await doFault(lab, kind, random)

  let execution = await settle(lab, executionId, findings)
  const outcome = execution.state
  let resolvedAs: string | undefined
  if (outcome === 'Unknown') {
    resolvedAs = await resolveUnknowns(lab, execution, findings)
    execution = await sluice.waitForExecution(executionId, { states: ['Succeeded', 'Failed', 'Cancelled'], timeoutMs: 30_000 })
  }
  await checkRecords(lab, name, execution, findings)
  await runAgain(lab, name, findings)
  await checkTarget(lab, name, findings)
  await checkLogs(lab, execution, findings)
  return {
    seed,
    kind,
    atMs,
    outcome,
    ...(resolvedAs === undefined ? {} : { resolvedAs }),
    durationMs: Math.round(performance.now() - startedAt),
    findings,
  }
}

/** How long an execution may take to come to its end: longer where durations are the real ones. */
function patienceMs(lab: FaultLab): number {
  return Math.max(90_000, 600_000 / lab.timeScale)
}

async function prepareTarget(lab: FaultLab, name: string, random: () => number): Promise<void> {
  const { sluice } = lab
  const password = createToken()
  await lab.queryTarget('postgres', `create role ${name} login password '${password}'`)
  await lab.queryTarget('postgres', `create database ${name} owner ${name}`)
  await lab.queryTarget(
    name,
    `create table observer (changeset text, seconds numeric, at timestamptz default clock_timestamp()); grant insert on observer to ${name};
create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(new.seconds); return new; end $$;
create trigger wait before insert on observer for each row when (new.seconds is not null) execute function wait()`,
  )
  const repository = sluice.createRepository(name)
  const changesets = Array.from({ length: changesetCount }, (_, index) => {
    const id = String(index + 1)
    const sleep = (random() * 0.25).toFixed(3)
    // Three behind one another are small, and sent together.
    if (index >= 3 && index < 6)
      return `--changeset fault:${id}\nINSERT INTO observer (changeset, seconds) VALUES ('${id}', ${sleep});\n--rollback SELECT 1;\n`
    return `--changeset fault:${id}\nCREATE TABLE t${id} (id int);\nSELECT pg_sleep(${sleep});\nINSERT INTO observer (changeset) VALUES ('${id}');\n--rollback DROP TABLE t${id};\n`
  })
  repository.commit({ 'changelog.sql': `--liquibase formatted sql\n${changesets.join('\n')}` })
  const jdbcUrl = `jdbc:postgresql://127.0.0.1:${String(lab.targetPostgres.port)}/${name}`
  await sluice.apply(instanceEntities({ name, repositoryDir: repository.dir, target: { jdbcUrl, user: name } }))
  await sluice.setSecret(`${name}_password`, password, [jdbcUrl])
}

async function doFault(lab: FaultLab, kind: FaultKind, random: () => number): Promise<void> {
  const { sluice } = lab
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  switch (kind) {
    case 'server':
    case 'serverLong':
      await sluice.server.kill()
      await pause(kind === 'server' ? 1000 : 60_000 / lab.timeScale + 1000)
      await sluice.startServer()
      break
    case 'delegate':
      await sluice.delegate?.kill()
      await pause(random() * 2000)
      await sluice.startDelegate({ serverUrl: lab.proxy.url })
      break
    case 'runner':
      killRunners(sluice.delegateDir)
      break
    case 'delegateAndRunner':
      await sluice.delegate?.kill()
      killRunners(sluice.delegateDir)
      await pause(random() * 1000)
      await sluice.startDelegate({ serverUrl: lab.proxy.url })
      break
    case 'serverAndDelegate':
      await Promise.all([sluice.server.kill(), sluice.delegate?.kill()])
      await pause(1000)
      await sluice.startServer()
      await sluice.startDelegate({ serverUrl: lab.proxy.url })
      break
    case 'controlPostgres':
      process.kill(lab.controlPostgres.pid, 'SIGKILL')
      break
    case 'targetPostgres':
      process.kill(lab.targetPostgres.pid, 'SIGKILL')
      break
    case 'network': {
      const rates: FaultRates = { dropRequest: 0.1, dropResponse: 0.1, duplicate: 0.1, delay: 0.2, halfOpen: 0.02 }
      lab.proxy.setRates(rates)
      await pause(3000)
      lab.proxy.setRates({})
      break
    }
    case 'nothing':
      break
  }
}

function killRunners(delegateDir: string): void {
  for (const pid of runnerPids(delegateDir)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Ended between the look and the kill.
    }
  }
}

async function settle(lab: FaultLab, executionId: string, findings: string[]): Promise<ExecutionView> {
  try {
    return await lab.sluice.waitForExecution(executionId, { timeoutMs: patienceMs(lab) })
  } catch (error) {
    findings.push(`no final state: ${error instanceof Error ? error.message.slice(0, 2000) : String(error)}`)
    if (!lab.sluice.server.isRunning)
      throw new Error(`The server has ended by itself:\n${lab.sluice.server.output.slice(-4000)}`, { cause: error })
    return lab.sluice.getExecution(executionId)
  }
}

function stepsOf(execution: ExecutionView): readonly StepView[] {
  return execution.stages.flatMap((stage) =>
    stage.nodes
      .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
      .flatMap((group) => group.nodes.flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))),
  )
}

/** Resolves every Unknown as its inspection found it, as a person would; says what evidence was missing. */
async function resolveUnknowns(lab: FaultLab, execution: ExecutionView, findings: string[]): Promise<string> {
  const { sluice } = lab
  const chosen: string[] = []
  for (const { stepRunId } of stepsOf(execution).filter(({ state }) => state === 'Unknown')) {
    const targets = await sluice.client.call(operationEndpoints.targets, { query: { state: 'blocked', limit: 100 } })
    if (!targets.items.some(({ holder }) => holder?.stepRunId === stepRunId)) findings.push('an Unknown step blocks no target')
    const inspected = await waitFor(
      async () => {
        const step = stepsOf(await sluice.getExecution(execution.id)).find((each) => each.stepRunId === stepRunId)
        // A late word of the runner may have settled it meanwhile: that is the best evidence there is.
        return step?.state !== 'Unknown' || (step.inspection !== undefined && step.inspection.state !== 'running')
          ? step
          : undefined
      },
      { timeoutMs: patienceMs(lab) / 3, what: 'the inspection to finish' },
    ).catch((error: unknown) => {
      findings.push(error instanceof Error ? error.message : String(error))
      return undefined
    })
    if (inspected !== undefined && inspected.state !== 'Unknown') continue
    const as = { noneApplied: 'not-started', allApplied: 'succeeded', partlyApplied: 'failed', cannotTell: 'failed' } as const
    const finding = inspected?.inspection?.finding ?? 'cannotTell'
    chosen.push(`${as[finding]} (${finding})`)
    await sluice.client.call(executionEndpoints.resolve, {
      params: { executionId: execution.id, stepRunId },
      body: { as: as[finding], reason: `inspection: ${finding}` },
    })
  }
  return chosen.join(', ')
}

/** What the control plane says was applied must be what the database says, as far as the control plane speaks. */
async function checkRecords(lab: FaultLab, name: string, execution: ExecutionView, findings: string[]): Promise<void> {
  const records = await lab.sluice.client.call(executionEndpoints.changesets, {
    params: { executionId: execution.id },
    query: { limit: 500 },
  })
  const history = await historyIds(lab, name)
  for (const { id, state } of records.items)
    if (state === 'applied' && !history.includes(id))
      findings.push(`changeset ${id} is recorded as applied, but the history does not have it`)
  const applied = records.items.filter(({ state }) => state === 'applied').map(({ id }) => id)
  if (new Set(applied).size !== applied.length) findings.push(`changesets are recorded twice: ${applied.join()}`)
  if (execution.state === 'Succeeded' && history.length !== changesetCount)
    findings.push(`Succeeded with ${String(history.length)} of ${String(changesetCount)} changesets in the history`)
}

/** After everything, the pipeline has to succeed. */
async function runAgain(lab: FaultLab, name: string, findings: string[]): Promise<void> {
  try {
    const again = await lab.sluice.waitForExecution(await lab.sluice.run(`${name}_pipeline`), { timeoutMs: patienceMs(lab) })
    if (again.state !== 'Succeeded')
      findings.push(
        `the next run is ${again.state}: ${JSON.stringify(again.failure ?? stepsOf(again).map((step) => step.failure))}`,
      )
  } catch (error) {
    findings.push(`the next run does not end: ${error instanceof Error ? error.message.slice(0, 2000) : String(error)}`)
  }
}

async function checkTarget(lab: FaultLab, name: string, findings: string[]): Promise<void> {
  const observed = await lab.queryTarget(name, 'select changeset, count(*)::int as n from observer group by changeset')
  for (const { changeset, n } of observed) if (n !== 1) findings.push(`changeset ${String(changeset)} ran ${String(n)} times`)
  if (observed.length !== changesetCount) findings.push(`${String(observed.length)} of ${String(changesetCount)} changesets ran`)
  const history = await historyIds(lab, name)
  if (history.join() !== Array.from({ length: changesetCount }, (_, index) => String(index + 1)).join())
    findings.push(`the history has ${history.join()}`)
  const [table] = await lab.queryTarget(name, "select to_regclass('databasechangeloglock') is not null as there")
  const [lock] =
    table?.['there'] === true ? await lab.queryTarget(name, 'select locked, lockedby from databasechangeloglock') : []
  if (lock?.['locked'] === true) findings.push(`the changelog lock is held by ${String(lock['lockedby'])}`)
  const targets = await lab.sluice.client.call(operationEndpoints.targets, { query: { limit: 500 } })
  const target = targets.items.find(({ targetKey }) => targetKey.endsWith(`/${name}`))
  if (target?.state !== 'free') findings.push(`the target is ${String(target?.state)}`)
}

/** Every log is sealed, or belongs to a step whose runner was lost; a hash of the server's own says nothing, so its text is read too. */
async function checkLogs(lab: FaultLab, execution: ExecutionView, findings: string[]): Promise<void> {
  // Logs are sealed when the attempt ends, a moment after its last step.
  const sealed = await waitFor(
    async () => {
      const now = await lab.sluice.getExecution(execution.id)
      return stepsOf(now).every(
        (step) => step.state !== 'Succeeded' || step.resolution !== undefined || step.log?.sealed === true,
      )
        ? now
        : undefined
    },
    { timeoutMs: patienceMs(lab) / 4 },
  ).catch(() => execution)
  for (const step of stepsOf(sealed)) {
    if (step.log === undefined) continue
    const text = await lab.sluice.readLog(execution.id, step.log.stream)
    if (Buffer.byteLength(text) !== step.log.length)
      findings.push(`the log of ${step.path} has ${String(Buffer.byteLength(text))} bytes, not ${String(step.log.length)}`)
    if (step.state === 'Succeeded' && step.resolution === undefined && !step.log.sealed)
      findings.push(`the log of ${step.path} succeeded without a seal`)
    if (
      step.log.sealed &&
      step.log.gaps === 0 &&
      step.state === 'Succeeded' &&
      step.resolution === undefined &&
      !/changesets applied to|up to date/.test(text)
    )
      findings.push(`the sealed log of ${step.path} lacks its end`)
  }
}

async function historyIds(lab: FaultLab, name: string): Promise<readonly string[]> {
  const [exists] = await lab.queryTarget(name, "select to_regclass('databasechangelog') is not null as there")
  if (exists?.['there'] !== true) return []
  const rows = await lab.queryTarget(
    name,
    "select id from databasechangelog where filename <> 'liquibase-internal' order by orderexecuted",
  )
  return rows.map((row) => String(row['id']))
}
