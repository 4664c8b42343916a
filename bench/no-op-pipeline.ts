import { openTempDir, waitFor } from '@sluice/testkit'
import { type Installation, openInstallation, runnerPids } from '../tests/support/installation.ts'
import type { Bench } from './figures.ts'
import { describeMs, formatMs, formatRatio, median } from './statistics.ts'
import { type BenchDatabase, openBenchPostgres } from './support/bench-postgres.ts'
import { bundle, fastStartJava, requireLiquibase, runLiquibaseUpdate } from './support/peers.ts'
import { readCpuMs } from './support/process-facts.ts'
import { runTimed } from './support/run-timed.ts'
import { copyShopChangelog, setUpShop, shopChangelog, type ShopInstance, shopInstances } from './support/shop.ts'

interface Cost {
  readonly wallMs: number
  readonly cpuMs: number
}

/**
 * A pipeline over three databases that are up to date, through the whole of Sluice, beside three runs of the Liquibase CLI on the same
 * databases: what all the machinery costs when there is nothing to do.
 */
export const benchNoOpPipeline: Bench = async ({ isQuick, say }) => {
  requireLiquibase()
  await using postgres = await openBenchPostgres()
  await using temp = await openTempDir()
  const control = await postgres.createDatabase('bench_control')
  const databases = {
    dev: await postgres.createDatabase('shop_dev'),
    staging: await postgres.createDatabase('shop_staging'),
    production: await postgres.createDatabase('shop_production'),
  }
  copyShopChangelog(temp.path)
  await using installation = await openInstallation({
    databaseUrl: control.url,
    timeScale: 1,
    env: { SLUICE_LOG_LEVEL: 'warn' },
  })
  await installation.startDelegate()
  const pipelines = await setUpShop(installation, databases)
  await runPipeline(installation, control, pipelines.stages)
  const before = await historyOf(databases)

  const runs = {
    stages: [] as Cost[],
    stagesInside: [] as number[],
    parallel: [] as Cost[],
    peer: [] as Cost[],
    fastPeer: [] as Cost[],
  }
  const rounds = isQuick ? 2 : 7
  // The first round warms every side up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    say(`no-op pipeline: round ${String(round)} of ${String(rounds)}`)
    const stages = await runPipeline(installation, control, pipelines.stages)
    const peer = runPeer(temp.path, databases, '')
    const parallel = await runPipeline(installation, control, pipelines.parallel)
    const fastPeer = runPeer(temp.path, databases, fastStartJava)
    if (round === 0) continue
    runs.stages.push(stages)
    runs.stagesInside.push(stages.insideMs)
    runs.parallel.push(parallel)
    runs.peer.push(peer)
    runs.fastPeer.push(fastPeer)
  }
  if ((await historyOf(databases)) !== before) throw new Error('A run that was to do nothing changed a history table.')

  const wall = (costs: readonly Cost[]): number => median(costs.map((cost) => cost.wallMs))
  const cpu = (costs: readonly Cost[]): number => median(costs.map((cost) => cost.cpuMs))
  const row = (name: string, costs: readonly Cost[]): string[] => [
    name,
    describeMs(costs.map((cost) => cost.wallMs)),
    formatRatio(wall(runs.peer) / wall(costs)),
    describeMs(costs.map((cost) => cost.cpuMs)),
    formatRatio(cpu(runs.peer) / cpu(costs)),
  ]
  return {
    tables: [
      {
        title: 'A no-op pipeline over three database instances',
        about:
          'The example shop, already applied to three databases of one PostgreSQL. Sluice: `sluice pipeline run --wait` from the start of the ' +
          'command to its end, with fetching from Git, planning, leases, permits, sealed passwords and logs; CPU is that of command, server, ' +
          'delegate, runners and Git together. Liquibase: three runs of `liquibase update`, one after the other. The sides take turns; ' +
          `${String(rounds)} rounds after one for warming up, medians with ranges. “Times faster” is against Liquibase as it ships. ` +
          'The work of PostgreSQL itself is in nobody’s CPU.',
        columns: ['What', 'Wall', 'Times faster', 'CPU', 'Times cheaper'],
        rows: [
          row('Sluice, three stages in a row', runs.stages),
          ['… of that, from the execution’s start to its end', describeMs(runs.stagesInside), '', '', ''],
          row('Sluice, three parallel steps of one group', runs.parallel),
          row('Liquibase, three runs', runs.peer),
          row(`Liquibase, three runs with \`${fastStartJava}\``, runs.fastPeer),
        ],
      },
    ],
    goals: [
      {
        what: 'No-op pipeline over three instances, wall',
        goal: 'less than three runs of Liquibase',
        measured: `${formatMs(wall(runs.stages))} against ${formatMs(wall(runs.peer))}`,
        isMet: wall(runs.stages) < wall(runs.peer),
      },
      {
        what: 'No-op pipeline over three instances, CPU',
        goal: 'less than three runs of Liquibase',
        measured: `${formatMs(cpu(runs.stages))} against ${formatMs(cpu(runs.peer))}`,
        isMet: cpu(runs.stages) < cpu(runs.peer),
      },
    ],
  }
}

async function runPipeline(
  installation: Installation,
  control: BenchDatabase,
  pipeline: string,
): Promise<Cost & { readonly insideMs: number }> {
  const pids = [installation.server.pid, installation.delegate?.pid ?? 0]
  const readCpu = (): number => pids.reduce((sum, pid) => sum + readCpuMs(pid), 0)
  const cpuBefore = readCpu()
  const command = runTimed(process.execPath, [bundle('cli'), 'pipeline', 'run', pipeline, '--wait'], {
    env: { SLUICE_URL: installation.url, SLUICE_API_KEY: installation.adminKey },
  })
  // A runner's time counts with its delegate's once it has ended.
  await waitFor(() => runnerPids(installation.delegateDir).length === 0, { what: 'the runners to end' })
  await new Promise((resolve) => setTimeout(resolve, 150))
  const [last] = await control.query(
    `select status, extract(epoch from ended_at - created_at)::float8 * 1000 as ms from executions order by id desc limit 1`,
  )
  if (last?.['status'] !== 'Succeeded') throw new Error(`The pipeline ended as ${String(last?.['status'])}.`)
  return { wallMs: command.wallMs, cpuMs: command.cpuMs + readCpu() - cpuBefore, insideMs: Number(last['ms']) }
}

function runPeer(folder: string, databases: Readonly<Record<ShopInstance, BenchDatabase>>, javaOptions: string): Cost {
  const runs = shopInstances.map((name) => {
    const run = runLiquibaseUpdate({ database: databases[name], folder, changelog: shopChangelog, contexts: name, javaOptions })
    if (!/up to date|Run: +0\b/i.test(run.stdout + run.stderr))
      throw new Error(`Liquibase found something to do:\n${run.stdout}${run.stderr}`)
    return run
  })
  return {
    wallMs: runs.reduce((sum, run) => sum + run.wallMs, 0),
    cpuMs: runs.reduce((sum, run) => sum + run.cpuMs, 0),
  }
}

/** What both sides must leave alone. */
async function historyOf(databases: Readonly<Record<ShopInstance, BenchDatabase>>): Promise<string> {
  const rows = await Promise.all(
    shopInstances.map((name) =>
      databases[name].query('select * from databasechangelog order by orderexecuted, id, author, filename'),
    ),
  )
  return JSON.stringify(rows)
}
