import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { openTempDir, spawnProcess } from '@sluice/testkit'
import type { DispatchFindings, DispatchPlan, Latencies } from './dispatch/generator.ts'
import type { Bench, Goal } from './figures.ts'
import { describeMs, formatCount, formatMs, median } from './statistics.ts'
import { openBenchPostgres } from './support/bench-postgres.ts'
import { bundle } from './support/peers.ts'
import { readCpuMs } from './support/process-facts.ts'

/** How long a task waits in the queue for a delegate that is there: alone, under load, and before a long backlog. */
export const benchDispatch: Bench = async ({ isQuick, say }) => {
  await using postgres = await openBenchPostgres()
  await using temp = await openTempDir()
  const control = await postgres.createDatabase('bench_control')
  const [certFile, keyFile] = [join(temp.path, 'cert.pem'), join(temp.path, 'key.pem')]
  makeCertificate(certFile, keyFile)
  const port = await freePort()
  const adminKeyFile = join(temp.path, 'admin-key')
  await using server = spawnProcess({
    name: 'server',
    command: process.execPath,
    args: [bundle('server')],
    env: {
      SLUICE_DATABASE_URL: control.url,
      SLUICE_DATA_DIR: join(temp.path, 'server'),
      SLUICE_PORT: String(port),
      SLUICE_TLS_CERT: certFile,
      SLUICE_TLS_KEY: keyFile,
      SLUICE_ADMIN_KEY_FILE: adminKeyFile,
      SLUICE_LOG_LEVEL: 'warn',
    },
  })
  await waitForServer(port, server)

  const plan: DispatchPlan = {
    url: `https://127.0.0.1:${String(port)}`,
    ca: readFileSync(certFile, 'utf8'),
    databaseUrl: control.url,
    adminKey: readFileSync(adminKeyFile, 'utf8').trim(),
    delegates: 200,
    idle: { tasks: isQuick ? 50 : 200, everyMs: 50 },
    load: { perSecond: 400, seconds: isQuick ? 5 : 20, rounds: isQuick ? 1 : 5 },
    backlog: { tasks: 200_000, seconds: isQuick ? 2 : 5 },
  }
  say(`dispatch: ${String(plan.delegates)} simulated delegates, ${String(plan.load.perSecond)} tasks/s`)
  const cpuBefore = readCpuMs(server.pid)
  const generator = spawnProcess({
    name: 'generator',
    command: process.execPath,
    args: [join(import.meta.dirname, 'dispatch/generator.ts')],
    env: { NODE_EXTRA_CA_CERTS: certFile },
    input: JSON.stringify(plan),
  })
  const { exitCode } = await generator.exited
  if (exitCode !== 0)
    throw new Error(`The load generator failed:\n${generator.stderr.slice(-3000)}\n${server.output.slice(-3000)}`)
  const findings = JSON.parse(generator.stdout) as DispatchFindings
  const { idle, load, claims, enrolMs } = findings
  say(`dispatch: the server used ${formatMs(readCpuMs(server.pid) - cpuBefore)} of processor time in all`)

  const share = median(load.map(({ generatorShare }) => generatorShare))
  const row = (name: string, found: Latencies): string[] => [
    name,
    formatCount(found.tasks),
    `${found.perSecond.toFixed(0)}/s`,
    ...[found.p50Ms, found.p90Ms, found.p99Ms, found.maxMs].map(formatMs),
    `${String(found.repeated)} / ${String(found.missing)}`,
  ]
  return {
    tables: [
      {
        title: 'Dispatch',
        about:
          'From the statement that queues a task to its offer in the hands of a delegate, over TLS, with access tokens and long polls. One process apart from the ' +
          'server queues the tasks (with the function that the orchestrator uses, at random times) and plays all delegates: they accept each ' +
          'offer and poll again. Server, PostgreSQL and generator share the cores. ' +
          `The generator used ${(share * 100).toFixed(0)} % of a core under load; enrolling ${String(plan.delegates)} delegates took ${formatMs(enrolMs)}.`,
        columns: ['What', 'Tasks', 'Rate', 'p50', 'p90', 'p99', 'Longest', 'Repeated / missing'],
        rows: [
          row('1 idle delegate', idle),
          ...load.map((found, index) => row(`${String(plan.delegates)} delegates, round ${String(index + 1)}`, found)),
        ],
      },
      {
        title: 'Claims from a long backlog',
        about: `${formatCount(plan.backlog.tasks)} queued tasks; ${String(plan.backlog.seconds)} s each.`,
        columns: ['What', 'Claims per second'],
        rows: [
          ['At the database, one task a statement, 1 connection', formatCount(claims.singlePerSecond)],
          ['At the database, 50 tasks a statement, 1 connection', formatCount(claims.batchPerSecond)],
          ['At the database, 50 tasks a statement, 4 connections at once', formatCount(claims.concurrentPerSecond)],
          ['Offers received over TLS by 20 delegates with room for many', formatCount(claims.servedPerSecond)],
        ],
      },
    ],
    goals: goalsOf(plan, findings),
  }
}

function goalsOf(plan: DispatchPlan, { load, claims }: DispatchFindings): readonly Goal[] {
  const p99s = load.map(({ p99Ms }) => p99Ms)
  const isWhole = load.every(({ missing, repeated }) => missing === 0 && repeated === 0)
  return [
    {
      what: `p99 of dispatch, ${String(plan.delegates)} delegates, ${String(plan.load.perSecond)} tasks/s`,
      goal: '≤ 50 ms',
      measured: describeMs(p99s),
      isMet: median(p99s) <= 50 && isWhole,
    },
    {
      what: `Claims per second before a backlog of ${formatCount(plan.backlog.tasks)}, through the server`,
      goal: '≥ 2,000/s',
      measured: `${formatCount(claims.servedPerSecond)}/s`,
      isMet: claims.servedPerSecond >= 2000,
    },
  ]
}

function makeCertificate(certFile: string, keyFile: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile],
    ],
    { stdio: 'ignore' },
  )
}

async function waitForServer(port: number, server: { readonly isRunning: boolean; readonly output: string }): Promise<void> {
  const { connect } = process.getBuiltinModule('node:net')
  for (const deadline = performance.now() + 30_000; performance.now() < deadline && server.isRunning;) {
    // It listens once it is ready.
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`The server did not start:\n${server.output.slice(-3000)}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
