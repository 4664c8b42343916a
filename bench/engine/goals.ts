import type { Goal } from '../figures.ts'
import { formatMs, median } from '../statistics.ts'
import type { Side, Work } from './measure.ts'

export function medianWall(work: Work, side: Side): number {
  return median(work.runs[side].map((run) => run.wallMs))
}

export function peakMegabytes(work: Work, side: Side): number {
  return median(work.runs[side].map((run) => run.peakMegabytes))
}

/** At most one `share`-th of the peer's wall time. */
export function fasterGoal(what: string, work: Work, peer: 'shipped' | 'tuned', share: number): Goal {
  const [ours, theirs] = [medianWall(work, 'sluice'), medianWall(work, peer)]
  return {
    what,
    goal: `≤ 1/${String(share)} of Liquibase ${peer === 'shipped' ? 'as shipped' : 'tuned'}`,
    measured: `${formatMs(ours)} against ${formatMs(theirs)} (1/${(theirs / ours).toFixed(1)})`,
    isMet: ours * share <= theirs,
  }
}

/** At most 1.2 times the bare commits, both as processes that start and connect; beside it against the loop alone, which does neither. */
export function floorGoal(what: string, work: Work): Goal {
  const ours = medianWall(work, 'sluice')
  const [loop, process] = [median(work.floor.map(({ loopMs }) => loopMs)), median(work.floor.map(({ wallMs }) => wallMs))]
  return {
    what,
    goal: '≤ 1.2 × the bare commits',
    measured: `${formatMs(ours)} against ${formatMs(process)} (${(ours / process).toFixed(2)} ×; against its loop alone ${(ours / loop).toFixed(2)} ×)`,
    isMet: ours <= 1.2 * process,
  }
}

/** At most a third of the peer's peak, in every piece of work. */
export function memoryGoal(what: string, works: readonly Work[]): Goal {
  const shares = works.map((work) => ({ work, share: peakMegabytes(work, 'sluice') / peakMegabytes(work, 'shipped') }))
  const worst = shares.reduce((left, right) => (right.share > left.share ? right : left))
  const [ours, theirs] = [peakMegabytes(worst.work, 'sluice'), peakMegabytes(worst.work, 'shipped')]
  return {
    what,
    goal: '≤ 1/3 of Liquibase as shipped',
    measured: `${ours.toFixed(0)} MB against ${theirs.toFixed(0)} MB (1/${(theirs / ours).toFixed(1)}; ${worst.work.name})`,
    isMet: worst.share <= 1 / 3,
  }
}
