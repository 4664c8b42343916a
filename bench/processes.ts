import { openTempDir, type SpawnedProcess, waitFor } from '@sluice/testkit'
import { type Installation, openInstallation } from '../tests/support/installation.ts'
import type { Bench, Goal } from './figures.ts'
import { describeMs, formatMs, median } from './statistics.ts'
import { type BenchDatabase, type BenchPostgres, openBenchPostgres } from './support/bench-postgres.ts'
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
  const commands = await openCommands(postgres, temp.path)
  for (let round = 0; round <= rounds * 3; round++) {
    for (const { run, values } of commands) {
      const wallMs = run()
      // The first fills caches.
      if (round > 0) values.push(wallMs)
    }
  }
  times.push(...commands)

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
          `The bundles as they ship, with the compiled code of earlier runs; ${String(rounds * 3)} starts of each command, taking turns, and ` +
          `${String(rounds)} of server and delegate, after one that is not counted; medians with ranges. Commands count from the start of their process to ` +
          'its end, by the clock of the shell that starts them. Server and delegate start again on what they stored before; ' +
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

interface TimedCommand {
  readonly name: string
  readonly goalMs?: number
  readonly values: number[]
  readonly run: () => number
}

/** Commands that take turns, so that a host that is slow for a while is slow for all of them. */
async function openCommands(postgres: BenchPostgres, folder: string): Promise<TimedCommand[]> {
  const cli = bundle('cli')
  copyShopChangelog(folder)
  const changelogs = [
    { name: 'the example', changelog: shopChangelog, contexts: 'dev' },
    { name: '500 changesets', changelog: writeChangelog(folder, 500), contexts: undefined },
  ]
  const statuses: TimedCommand[] = []
  for (const [index, { name, changelog, contexts }] of changelogs.entries()) {
    const database = await postgres.createDatabase(`bench_status_${String(index)}`)
    const input = { database, folder, changelog, contexts }
    runSluiceDb('apply', input)
    const run = (): number => {
      const { stdout, wallMs } = runSluiceDb('status', input)
      if (!stdout.includes('up to date')) throw new Error(stdout)
      return wallMs
    }
    statuses.push({ name: `\`sluice db status\`, up to date, ${name}`, goalMs: 180, values: [], run })
  }
  const timed =
    (command: string, ...args: readonly string[]) =>
    () =>
      runTimed(command, args).wallMs
  return [
    { name: '`sluice --version`', goalMs: 80, values: [], run: timed(process.execPath, cli, '--version') },
    {
      name: '`./sluice --version` of a checkout, which first looks for newer sources',
      values: [],
      run: timed(`${checkoutDir}/sluice`, '--version'),
    },
    { name: '`node -e 0`, for comparison', values: [], run: timed(process.execPath, '-e', '0') },
    ...statuses,
  ]
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
