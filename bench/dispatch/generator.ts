// The load of the dispatch benchmark, as a process of its own: puts tasks into the control plane's database and receives them as
// delegates do, on one clock. Reads its plan as JSON from standard input, prints what it measured as JSON.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createHttpClient } from '@sluice/client'
import { operationEndpoints } from '@sluice/contract'
import { percentile } from '../statistics.ts'
import { type BenchQueue, openBenchQueue } from './bench-queue.ts'
import { enrolSimulatedDelegates, type SimulatedDelegate } from './simulated-delegate.ts'

export interface DispatchPlan {
  readonly url: string
  /** The server's certificate, PEM. */
  readonly ca: string
  readonly databaseUrl: string
  readonly adminKey: string
  readonly delegates: number
  readonly idle: { readonly tasks: number; readonly everyMs: number }
  readonly load: { readonly perSecond: number; readonly seconds: number; readonly rounds: number }
  readonly backlog: { readonly tasks: number; readonly seconds: number }
}

export interface Latencies {
  readonly tasks: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Tasks that came to more than one delegate, and tasks that came to none. */
  readonly repeated: number
  readonly missing: number
  /** Processor time of this process, as a share of one core. */
  readonly generatorShare: number
}

export interface DispatchFindings {
  readonly enrolMs: number
  readonly idle: Latencies
  /** Round by round. */
  readonly load: readonly Latencies[]
  readonly claims: {
    readonly singlePerSecond: number
    readonly batchPerSecond: number
    readonly concurrentPerSecond: number
    readonly servedPerSecond: number
  }
}

const plan = JSON.parse(readFileSync(0, 'utf8')) as DispatchPlan
const client = createHttpClient({ baseUrl: plan.url, token: () => plan.adminKey })
const { token } = await client.call(operationEndpoints.createToken, { body: { uses: plan.delegates, approve: true } })
const queue = await openBenchQueue(plan.databaseUrl)

const enrolAt = performance.now()
const delegates = await enrolSimulatedDelegates(plan, plan.delegates, token)
const enrolMs = performance.now() - enrolAt

const idle = await measureLatency(queue, delegates.slice(0, 1), { count: plan.idle.tasks, waitMs: () => plan.idle.everyMs })
const load: Latencies[] = []
for (let round = 0; round < plan.load.rounds; round++) {
  const found = await measureLatency(queue, delegates, {
    count: plan.load.perSecond * plan.load.seconds,
    // Arrivals as they are without anybody's plan: a Poisson process.
    waitMs: () => (-Math.log(1 - Math.random()) / plan.load.perSecond) * 1000,
  })
  load.push(found)
}
await queue.fill(plan.backlog.tasks)
const singlePerSecond = await measureClaims(queue, delegates, { connections: 1, batch: 1 })
const batchPerSecond = await measureClaims(queue, delegates, { connections: 1, batch: 50 })
const concurrentPerSecond = await measureClaims(queue, delegates, { connections: 4, batch: 50 })
const servedPerSecond = await measureServed(queue, delegates.slice(0, 20))
const findings: DispatchFindings = {
  enrolMs,
  idle,
  load,
  claims: { singlePerSecond, batchPerSecond, concurrentPerSecond, servedPerSecond },
}
process.stdout.write(JSON.stringify(findings), () => process.exit(0))

/** Queues tasks at random times and notes when their offers come. */
async function measureLatency(
  queue: BenchQueue,
  delegates: readonly SimulatedDelegate[],
  arrivals: { readonly count: number; readonly waitMs: () => number },
): Promise<Latencies> {
  const inserted = new Map<string, number>()
  const received: { readonly attemptId: string; readonly at: number }[] = []
  const accepted: string[] = []
  const polling = { on: true }
  const loops = delegates.map(async (delegate) => {
    let beatAt = performance.now() + Math.random() * 10_000
    while (polling.on) {
      const offers = await delegate.poll(1)
      const at = performance.now()
      // A poll that was still open when the measurement ended: what it brings belongs to another one.
      if (!polling.on) return
      for (const offer of offers) {
        received.push({ attemptId: offer.attemptId, at })
        // Refused when the offer ran out before we came to it: its task is offered again, and counts as repeated.
        if (await delegate.accept(offer)) accepted.push(offer.attemptId)
      }
      if (performance.now() > beatAt) {
        beatAt += 10_000
        await delegate.heartbeat()
      }
    }
  })
  for (const loop of loops) loop.catch(fail)
  await delay(1500)

  const cleaning = setInterval(() => {
    if (accepted.length > 0) queue.complete(accepted.splice(0)).catch(fail)
  }, 500)
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const inserts: Promise<void>[] = []
  let dueAt = startedAt
  while (inserts.length < arrivals.count) {
    dueAt += arrivals.waitMs()
    const early = dueAt - performance.now()
    if (early > 0.5) await delay(early)
    const sentAt = performance.now()
    inserts.push(queue.insert().then((taskId) => void inserted.set(taskId, sentAt)))
  }
  await Promise.all(inserts)
  const elapsedMs = performance.now() - startedAt
  for (const deadline = performance.now() + 15_000; received.length < arrivals.count && performance.now() < deadline;)
    await delay(20)
  const cpu = process.cpuUsage(cpuBefore)
  polling.on = false
  clearInterval(cleaning)
  await queue.complete(accepted.splice(0))
  const tasks = await queue.taskOf(received.map(({ attemptId }) => attemptId))
  const firstAt = new Map<string, number>()
  for (const { attemptId, at } of received) {
    const taskId = tasks.get(attemptId) ?? ''
    if (!firstAt.has(taskId)) firstAt.set(taskId, at)
  }
  const latencies = [...firstAt].map(([taskId, at]) => at - (inserted.get(taskId) ?? Number.NaN))
  return {
    tasks: latencies.length,
    perSecond: arrivals.count / (elapsedMs / 1000),
    p50Ms: percentile(latencies, 0.5),
    p90Ms: percentile(latencies, 0.9),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
    repeated: received.length - firstAt.size,
    missing: arrivals.count - firstAt.size,
    generatorShare: (cpu.user + cpu.system) / 1000 / elapsedMs,
  }
}

/** Claims straight at the database in the statement that the server uses; a server has one such statement under way at a time. */
async function measureClaims(
  queue: BenchQueue,
  delegates: readonly SimulatedDelegate[],
  { connections, batch }: { readonly connections: number; readonly batch: number },
): Promise<number> {
  const until = performance.now() + plan.backlog.seconds * 1000
  const startedAt = performance.now()
  let claimed = 0
  const work = async (_: unknown, index: number): Promise<void> => {
    const delegate = delegates[index % delegates.length]
    while (delegate !== undefined && performance.now() < until) claimed += await queue.claim(delegate, batch)
  }
  await Promise.all(Array.from({ length: connections }, work))
  const perSecond = claimed / ((performance.now() - startedAt) / 1000)
  await queue.completeOffered()
  return perSecond
}

/** Claims through the whole server: delegates with room for plenty poll one after the other until the time is over. */
async function measureServed(queue: BenchQueue, delegates: readonly SimulatedDelegate[]): Promise<number> {
  const polling = { on: true }
  const seen = new Set<string>()
  let firstAt: number | undefined
  const loops = delegates.map(async (delegate) => {
    while (polling.on) {
      for (const { attemptId } of await delegate.poll(10_000)) seen.add(attemptId)
      firstAt ??= performance.now()
    }
  })
  for (const loop of loops) loop.catch(fail)
  await delay(200)
  await queue.announce()
  for (const deadline = performance.now() + 10_000; firstAt === undefined && performance.now() < deadline;) await delay(5)
  const startedAt = performance.now()
  const before = seen.size
  const cleaning = setInterval(() => {
    queue.completeOffered().catch(fail)
  }, 1000)
  await delay(plan.backlog.seconds * 1000)
  const perSecond = (seen.size - before) / ((performance.now() - startedAt) / 1000)
  polling.on = false
  clearInterval(cleaning)
  return perSecond
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}
