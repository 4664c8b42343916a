import { openTempDir } from '@sluice/testkit'
import { type EngineProduct, writeInsertChangelog, writeSchemaChangelog, writeXmlChangelog } from './engine/changelogs.ts'
import { fasterGoal, floorGoal, memoryGoal, peakMegabytes } from './engine/goals.ts'
import type { EngineTarget } from './engine/engine-target.ts'
import { tunedJava, openLiquibasePeer } from './engine/liquibase-peer.ts'
import { type Contest, measureCpu, measureSqlText, measureUpdates, type Side, sides, type Work } from './engine/measure.ts'
import { openEngineTarget } from './engine/open-target.ts'
import type { Bench, BenchResult, FigureTable, Goal } from './figures.ts'
import { describeMs, formatCount, formatMs, formatRatio, median } from './statistics.ts'
import { requireLiquibase } from './support/peers.ts'

/** The engine alone on one product, `sluice db` against the Liquibase command line, each a process of its own. */
export function createEngineBench(product: EngineProduct): Bench {
  return async ({ isQuick, say }) => {
    requireLiquibase()
    await using target = await openEngineTarget(product)
    await using temp = await openTempDir()
    const large = isQuick ? 1000 : 5000
    const [one, small, big] = [1, 500, large].map((count) => writeSchemaChangelog(temp.path, count, product))
    if (one === undefined || small === undefined || big === undefined) throw new Error('A changelog is missing.')
    const spoilt = await target.createDatabase()
    const peer = await openLiquibasePeer(temp.path, product, spoilt, small)
    const contest: Contest = { target, peer, say: (text) => say(`engine: ${text}`) }

    const rounds = (full: number): number => (isQuick ? 1 : full)
    const isPostgres = product === 'postgresql'
    const single = await measureUpdates(contest, one, { rounds: rounds(5), floorRounds: 0 })
    const hundreds = await measureUpdates(contest, small, { rounds: rounds(3), floorRounds: rounds(8) })
    const thousands = await measureUpdates(contest, big, {
      rounds: rounds(isPostgres ? 2 : 1),
      floorRounds: rounds(isPostgres ? 3 : 2),
    })
    const sqlText = await measureSqlText(contest, writeXmlChangelog(temp.path, 1500, 180, product), {
      name: 'SQL of an update, 1,500 XML changesets in 180 files',
      rounds: rounds(3),
      count: 1500,
    })
    const works = [single.update, single.noOp, hundreds.update, hundreds.noOp, thousands.update, thousands.noOp, sqlText]
    const growth = await measureGrowth(contest, temp.path, isQuick)

    const on = (text: string): string => `${target.title}: ${text}`
    const ofWork = (work: Work): string => on(work.name.replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase()))
    return {
      tables: [wallTable(target, works), costTable(target.title, works), growth.table],
      goals: [
        fasterGoal(ofWork(single.update), single.update, 'shipped', 12),
        fasterGoal(ofWork(single.update), single.update, 'tuned', 7),
        fasterGoal(ofWork(hundreds.noOp), hundreds.noOp, 'shipped', 12),
        fasterGoal(ofWork(thousands.noOp), thousands.noOp, 'shipped', 10),
        fasterGoal(ofWork(hundreds.update), hundreds.update, 'shipped', 2.5),
        floorGoal(ofWork(hundreds.update), hundreds.update),
        floorGoal(ofWork(thousands.update), thousands.update),
        fasterGoal(ofWork(sqlText), sqlText, 'shipped', 10),
        memoryGoal(on('peak memory'), works),
        ...growth.goals.map((goal) => ({ ...goal, what: on(goal.what) })),
      ],
    } satisfies BenchResult
  }
}

function wallTable({ title, product }: EngineTarget, works: readonly Work[]): FigureTable {
  const wall = (work: Work, side: Side): number[] => work.runs[side].map((run) => run.wallMs)
  const ratio = (work: Work, side: Side): string => formatRatio(median(wall(work, side)) / median(wall(work, 'sluice')))
  return {
    title: `The engine alone on ${title}: time`,
    about:
      '`sluice db apply` and `preview` (the bundled CLI) and `liquibase update` and `update-sql`, each as a process of its own from its start ' +
      'to its end, taking turns on empty databases of one server with durable commits; medians with ranges. Sluice and the bare commits take more ' +
      'turns than Liquibase where they are compared. Tuned: ' +
      `\`JAVA_OPTS="${tunedJava}"\`, an archive of the very classes that these runs load. Changesets are formatted SQL in one file: ` +
      'create table, add column, create index, insert. Bare commits: a program that sends the same statements from a loop, each by itself ' +
      'and committed as it ends, without a history; in brackets the median of its loop alone, without start and connection' +
      (product === 'mariadb' ? '; around a statement that MariaDB commits by itself also a note before and one after it.' : '.'),
    columns: ['What', 'Sluice', 'Bare commits', 'Liquibase', 'Ratio', 'Liquibase, tuned', 'Ratio'],
    rows: works.map((work) => [
      work.name,
      describeMs(wall(work, 'sluice')),
      describeFloor(work),
      describeMs(wall(work, 'shipped')),
      ratio(work, 'shipped'),
      describeMs(wall(work, 'tuned')),
      ratio(work, 'tuned'),
    ]),
  }
}

function describeFloor({ floor }: Work): string {
  if (floor.length === 0) return ''
  return `${describeMs(floor.map(({ wallMs }) => wallMs))} [${formatMs(median(floor.map(({ loopMs }) => loopMs)))}]`
}

function costTable(title: string, works: readonly Work[]): FigureTable {
  const memory = (work: Work, side: Side): string => `${peakMegabytes(work, side).toFixed(0)} MB`
  const cpu = (work: Work, side: Side): string => describeMs(work.runs[side].map((run) => run.cpuMs))
  return {
    title: `The engine alone on ${title}: processor time and memory`,
    about:
      'Of the same runs, the client’s alone: user and system time, and the peak of resident memory (VmHWM, looked at every 8 to 40 ms, ' +
      'so that what the last moment adds may be missing).',
    columns: ['What', ...['Sluice', 'Liquibase', 'tuned'].flatMap((side) => [`${side}, CPU`, `${side}, memory`])],
    rows: works.map((work) => [work.name, ...sides.flatMap((side) => [cpu(work, side), memory(work, side)])]),
  }
}

/** Processor time a changeset costs as changelogs grow; what the command costs without any is taken off. */
async function measureGrowth(
  contest: Contest,
  folder: string,
  isQuick: boolean,
): Promise<{ readonly table: FigureTable; readonly goals: readonly Goal[] }> {
  const [few, many] = isQuick ? [500, 4000] : [1000, 20_000]
  const { product, title } = contest.target
  const [base, small, large] = [
    await measureCpu(contest, writeInsertChangelog(folder, 1, product), isQuick ? 1 : 3),
    await measureCpu(contest, writeInsertChangelog(folder, few, product), isQuick ? 1 : 3),
    await measureCpu(contest, writeInsertChangelog(folder, many, product), 1),
  ]
  const compare = (name: string, pick: (cpu: typeof base) => number[]): { readonly row: string[]; readonly goal: Goal } => {
    const start = median(pick(base))
    const perFew = (median(pick(small)) - start) / few
    const perMany = (median(pick(large)) - start) / many
    const inMicroseconds = (ms: number): string => `${(ms * 1000).toFixed(0)} µs`
    return {
      row: [
        name,
        describeMs(pick(base)),
        describeMs(pick(small)),
        describeMs(pick(large)),
        inMicroseconds(perFew),
        inMicroseconds(perMany),
        `${(perMany / perFew).toFixed(2)} ×`,
      ],
      goal: {
        what: `processor time per changeset, ${name.toLowerCase()}, ${formatCount(many)} against ${formatCount(few)}`,
        goal: '≤ 1.2 ×',
        measured: `${inMicroseconds(perMany)} against ${inMicroseconds(perFew)} (${(perMany / perFew).toFixed(2)} ×)`,
        isMet: perMany <= 1.2 * perFew,
      },
    }
  }
  const [update, noOp] = [compare('Update', (cpu) => cpu.update), compare('No-op', (cpu) => cpu.noOp)]
  return {
    table: {
      title: `Growth on ${title}`,
      about:
        'Processor time of `sluice db apply` over changelogs of small inserts, in one file of formatted SQL. “Per changeset” is without what ' +
        'the same command costs with one changeset, its start above all.',
      columns: [
        'What',
        '1 changeset',
        formatCount(few),
        formatCount(many),
        `Per changeset at ${formatCount(few)}`,
        `at ${formatCount(many)}`,
        'Growth',
      ],
      rows: [update.row, noOp.row],
    },
    goals: [update.goal, noOp.goal],
  }
}
