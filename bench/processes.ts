import { openTempDir, type SpawnedProcess, waitFor } from '@sluice/testkit'
import { type Installation, openInstallation } from '../tests/support/installation.ts'
import type { Bench, Goal } from './figures.ts'
import { describeMs, formatMs, median } from './statistics.ts'
import { type BenchDatabase, openBenchPostgres } from './support/bench-postgres.ts'
import { writeChangelog } from './support/changelogs.ts'
import { bundle, checkoutDir, runSluiceDb } from './support/peers.ts'
import { readResidentMegabytes } from './support/process-facts.ts'
import { runTimed } from './support/run-timed.ts'
import { copyShopChangelog, shopChangelog } from './support/shop.ts'

/** What the programs cost before they do anything: memory while idle, and the time until they are of use. */
export const benchProcesses: Bench = async ({ isQuick, say }) => {
  await using postgres = await openBenchPostgres()
  await using temp = await openTempDir()
  const rounds = isQuick ? 3 : 12
  const idleSeconds = isQuick ? 5 : 30
  const times: { readonly name: string; readonly values: readonly number[]; readonly goalMs?: number }[] = []

  say('processes: the command line')
  const cli = bundle('cli')
  const repeat = (run: () => number): number[] => {
    run()
    return Array.from({ length: rounds }, run)
  }
  times.push({
    name: '`sluice --version`',
    values: repeat(() => runTimed(process.execPath, [cli, '--version']).wallMs),
    goalMs: 80,
  })
  times.push({
    name: '`./sluice --version` of a checkout, which first looks for newer sources',
    values: repeat(() => runTimed(`${checkoutDir}/sluice`, ['--version']).wallMs),
  })
  times.push({ name: '`node -e 0`, for comparison', values: repeat(() => runTimed(process.execPath, ['-e', '0']).wallMs) })
  copyShopChangelog(temp.path)
  const changelogs = [
    { name: 'the example', changelog: shopChangelog, contexts: 'dev' },
    { name: '500 changesets', changelog: writeChangelog(temp.path, 500), contexts: undefined },
  ]
  for (const [index, { name, changelog, contexts }] of changelogs.entries()) {
    const database = await postgres.createDatabase(`bench_status_${String(index)}`)
    const input = { database, folder: temp.path, changelog, contexts }
    runSluiceDb('apply', input)
    times.push({
      name: `\`sluice db status\`, up to date, ${name}`,
      values: repeat(() => {
        const run = runSluiceDb('status', input)
        if (!run.stdout.includes('up to date')) throw new Error(run.stdout)
        return run.wallMs
      }),
      goalMs: 180,
    })
  }

  say('processes: server and delegate')
  const control = await postgres.createDatabase('bench_control')
  await using installation = await openInstallation({ databaseUrl: control.url, timeScale: 1, env: { SLUICE_LOG_LEVEL: 'warn' } })
  await installation.startDelegate()
  const starts = await measureStarts(installation, control, rounds)
  times.push({ name: 'Server, from its start to a healthy answer', values: starts.server })
  times.push({ name: 'Delegate, from its start to the server’s first word of it', values: starts.delegate })

  await installation.server.kill('SIGTERM')
  await installation.delegate?.kill('SIGTERM')
  await installation.startServer()
  await installation.startDelegate()
  say(`processes: ${String(idleSeconds)} s of idling`)
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000))
  const memory = [
    { name: 'Server', megabytes: readResidentMegabytes(installation.server.pid), goal: 150 },
    { name: 'Delegate', megabytes: readResidentMegabytes(installation.delegate?.pid ?? 0), goal: 100 },
  ]

  const goals: Goal[] = [
    ...memory.map(({ name, megabytes, goal }) => ({
      what: `${name}, idle memory`,
      goal: `≤ ${String(goal)} MB`,
      measured: `${megabytes.toFixed(0)} MB`,
      isMet: megabytes <= goal,
    })),
    ...times.flatMap(({ name, values, goalMs }) =>
      goalMs === undefined
        ? []
        : [{ what: name, goal: `≤ ${String(goalMs)} ms`, measured: formatMs(median(values)), isMet: median(values) <= goalMs }],
    ),
  ]
  return {
    tables: [
      {
        title: 'Starting',
        about:
          `The bundles as they ship, with Node’s compile cache warm; ${String(rounds)} starts each after one that is not counted, medians with ` +
          'ranges. Commands count from the start of their process to its end. Server and delegate start again on what they stored before; ' +
          'the server’s database is an external PostgreSQL.',
        columns: ['What', 'Time'],
        rows: times.map(({ name, values }) => [name, describeMs(values)]),
      },
      {
        title: 'Idle memory',
        about: `Resident memory (VmRSS) of the bundles after ${String(idleSeconds)} s without work, one delegate connected.`,
        columns: ['Process', 'Memory'],
        rows: memory.map(({ name, megabytes }) => [name, `${megabytes.toFixed(0)} MB`]),
      },
    ],
    goals,
  }
}

async function measureStarts(
  installation: Installation,
  control: BenchDatabase,
  rounds: number,
): Promise<{ readonly server: number[]; readonly delegate: number[] }> {
  const server: number[] = []
  const delegate: number[] = []
  for (let round = 0; round <= rounds; round++) {
    await installation.server.kill('SIGTERM')
    const startedAt = performance.now()
    await installation.startServer()
    const serverMs = performance.now() - startedAt

    await installation.delegate?.kill('SIGTERM')
    const delegateMs = await timeDelegate(installation, control)
    if (round > 0) {
      server.push(serverMs)
      delegate.push(delegateMs)
    }
  }
  return { server, delegate }
}

/** Until the server has stored the new process's first poll or heartbeat. */
async function timeDelegate(installation: Installation, control: BenchDatabase): Promise<number> {
  const readBoot = async (): Promise<unknown> =>
    (await control.query('select boot_id from delegate_instances where not deregistered'))[0]?.['boot_id']
  const token = await control.query('select boot_id from delegate_instances')
  const before = token[0]?.['boot_id']
  const process: SpawnedProcess = await installation.startDelegate({ wait: false })
  const startedAt = performance.now()
  await waitFor(
    async () => {
      const boot = await readBoot()
      return boot !== undefined && boot !== null && boot !== before
    },
    { timeoutMs: 30_000, intervalMs: 2, what: () => `the delegate to connect; it printed:\n${process.output.slice(-2000)}` },
  )
  return performance.now() - startedAt
}
