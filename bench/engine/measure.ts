import type { WatchedRun } from '../support/run-watched.ts'
import type { EngineChangelog } from './changelogs.ts'
import type { EngineTarget } from './engine-target.ts'
import type { LiquibasePeer } from './liquibase-peer.ts'
import type { BareRun } from './run-bare.ts'
import { runSluice } from './run-sluice.ts'

export const sides = ['sluice', 'shipped', 'tuned'] as const
export type Side = (typeof sides)[number]

/** All runs of one piece of work, by side, and those of its commit floor. */
export interface Work {
  readonly name: string
  readonly runs: Readonly<Record<Side, WatchedRun[]>>
  readonly floor: BareRun[]
}

export interface Contest {
  readonly target: EngineTarget
  readonly peer: LiquibasePeer
  readonly say: (text: string) => void
}

export function newWork(name: string): Work {
  return { name, runs: { sluice: [], shipped: [], tuned: [] }, floor: [] }
}

/**
 * Every side on an empty database of its own, then again with nothing to do; the sides take turns and every round starts with another. In
 * `floorRounds` only Sluice and the commit floor do, which are close to each other and quick.
 */
export async function measureUpdates(
  { target, peer, say }: Contest,
  changelog: EngineChangelog,
  { rounds, floorRounds }: { readonly rounds: number; readonly floorRounds: number },
): Promise<{ readonly update: Work; readonly noOp: Work }> {
  const count = changelog.statements.length
  const label = `${count.toLocaleString('en-US')} changeset${count === 1 ? '' : 's'}`
  const update = newWork(`Update, ${label}`)
  const noOp = newWork(`No-op over ${label}`)
  const runFloor = async (): Promise<void> => {
    update.floor.push(await (await target.createDatabase()).runBare(changelog.statements))
  }
  for (let round = 0; round < rounds; round++) {
    say(`${target.title}: ${label}, round ${String(round + 1)} of ${String(rounds)}`)
    for (const side of rotate(round)) {
      const database = await target.createDatabase()
      const run = (): Promise<WatchedRun> =>
        side === 'sluice' ? runSluice('apply', database, changelog) : peer.run(side, 'update', database, changelog)
      update.runs[side].push(await run())
      noOp.runs[side].push(await run())
      const found = await database.countHistory()
      if (found !== count) throw new Error(`${side} left ${String(found)} of ${String(count)} changesets in the history.`)
    }
    await runFloor()
  }
  for (let round = 0; round < floorRounds; round++) {
    say(`${target.title}: ${label} and bare commits, round ${String(round + 1)} of ${String(floorRounds)}`)
    const runOurs = async (): Promise<void> => {
      update.runs.sluice.push(await runSluice('apply', await target.createDatabase(), changelog))
    }
    for (const run of round % 2 === 0 ? [runOurs, runFloor] : [runFloor, runOurs]) await run()
  }
  return { update, noOp }
}

/** The SQL of an update, for a database that has nothing yet. */
export async function measureSqlText(
  { target, peer, say }: Contest,
  changelog: EngineChangelog,
  options: { readonly name: string; readonly rounds: number; readonly count: number },
): Promise<Work> {
  const work = newWork(options.name)
  for (let round = 0; round < options.rounds; round++) {
    say(`${target.title}: ${options.name}, round ${String(round + 1)} of ${String(options.rounds)}`)
    for (const side of rotate(round)) {
      const database = await target.createDatabase()
      const run = await (side === 'sluice'
        ? runSluice('preview', database, changelog)
        : peer.run(side, 'update-sql', database, changelog))
      const tables = run.stdout.match(/create table \S*item_/gi)?.length ?? 0
      if (tables < options.count / 4) throw new Error(`${side} printed ${String(tables)} tables.`)
      work.runs[side].push(run)
    }
  }
  return work
}

/** Processor time of ours for one changelog on an empty database, in milliseconds. */
export async function measureCpu(
  { target, say }: Contest,
  changelog: EngineChangelog,
  rounds: number,
): Promise<{ readonly update: number[]; readonly noOp: number[] }> {
  const cpu = { update: [] as number[], noOp: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    say(`${target.title}: processor time of ${changelog.statements.length.toLocaleString('en-US')} changesets`)
    const database = await target.createDatabase()
    cpu.update.push((await runSluice('apply', database, changelog)).cpuMs)
    cpu.noOp.push((await runSluice('apply', database, changelog)).cpuMs)
  }
  return cpu
}

function rotate(round: number): readonly Side[] {
  const first = round % sides.length
  return [...sides.slice(first), ...sides.slice(0, first)]
}
