import { openTempDir } from '@sluice/testkit'
import type { Bench } from './figures.ts'
import { describeMs, formatRatio, median } from './statistics.ts'
import { writeChangelog } from './support/changelogs.ts'
import { requireLiquibase, runLiquibaseUpdate, runSluiceDb } from './support/peers.ts'
import { openBenchPostgres } from './support/bench-postgres.ts'
import type { TimedRun } from './support/run-timed.ts'

/** The engine alone, `sluice db apply` against `liquibase update`: the first run of a changelog, and a run with nothing to do. */
export const benchEngine: Bench = async ({ isQuick, say }) => {
  requireLiquibase()
  await using postgres = await openBenchPostgres()
  await using temp = await openTempDir()
  const rounds = isQuick ? 2 : 5
  const rows: string[][] = []
  const compare = (name: string, sluice: readonly TimedRun[], peer: readonly TimedRun[]): void => {
    const ratio = (pick: (run: TimedRun) => number): string => formatRatio(median(peer.map(pick)) / median(sluice.map(pick)))
    rows.push([
      name,
      describeMs(sluice.map((run) => run.wallMs)),
      describeMs(peer.map((run) => run.wallMs)),
      ratio((run) => run.wallMs),
      `${describeMs(sluice.map((run) => run.cpuMs))}`,
      `${describeMs(peer.map((run) => run.cpuMs))}`,
      ratio((run) => run.cpuMs),
    ])
  }

  for (const count of [1, 500]) {
    const changelog = writeChangelog(temp.path, count)
    const runs = {
      first: { sluice: [] as TimedRun[], peer: [] as TimedRun[] },
      again: { sluice: [] as TimedRun[], peer: [] as TimedRun[] },
    }
    for (let round = 1; round <= rounds; round++) {
      say(`engine: ${String(count)} changesets, round ${String(round)} of ${String(rounds)}`)
      const ours = await postgres.createDatabase('bench_sluice')
      const theirs = await postgres.createDatabase('bench_liquibase')
      const sluice = { database: ours, folder: temp.path, changelog }
      const peer = { database: theirs, folder: temp.path, changelog }
      runs.first.sluice.push(runSluiceDb('apply', sluice))
      runs.first.peer.push(runLiquibaseUpdate(peer))
      runs.again.sluice.push(runSluiceDb('apply', sluice))
      runs.again.peer.push(runLiquibaseUpdate(peer))
      for (const database of [ours, theirs]) {
        const [row] = await database.query('select count(*)::int as count from databasechangelog')
        if (row?.['count'] !== count)
          throw new Error(`${database.name} has ${String(row?.['count'])} of ${String(count)} changesets.`)
        await postgres.dropDatabase(database.name)
      }
    }
    compare(`Update, ${String(count)} of ${String(count)} changesets new`, runs.first.sluice, runs.first.peer)
    compare(`Update, ${String(count)} changesets, none new`, runs.again.sluice, runs.again.peer)
  }
  return {
    tables: [
      {
        title: 'The engine alone',
        about:
          `\`sluice db apply\` (the bundled CLI) and \`liquibase update\`, each as a process of its own from its start to its end, taking turns on ` +
          `empty databases of one PostgreSQL; ${String(rounds)} rounds, medians with ranges. Changesets are formatted SQL: create table, ` +
          `add column, create index, insert. CPU is the client's alone.`,
        columns: ['What', 'Sluice, wall', 'Liquibase, wall', 'Ratio', 'Sluice, CPU', 'Liquibase, CPU', 'Ratio'],
        rows,
      },
    ],
    goals: [],
  }
}
