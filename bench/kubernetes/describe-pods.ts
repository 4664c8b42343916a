import type { BenchResult, Goal } from '../figures.ts'
import { describeMs, formatMs, median, percentile } from '../statistics.ts'
import type { AttemptTimes } from './attempt-times.ts'
import type { CrowdCost } from './crowd.ts'

export interface PodMeasures {
  /** Attempts that ran one after the other. */
  readonly alone: readonly AttemptTimes[]
  /** Times of bare pods between them. */
  readonly bare: readonly number[]
  /** Attempts that ran `togetherSize` at a time. */
  readonly together: readonly AttemptTimes[]
  readonly togetherSize: number
  readonly crowd: CrowdCost
  readonly crowdSize: number
  readonly lookMs: number
  /** Of the machine before the first round. */
  readonly load: number
}

type Span = readonly [name: string, from: keyof AttemptTimes, to: keyof AttemptTimes]

/** Every step of the way, in order; the rows of one table. */
const way: readonly Span[] = [
  ['asked to run → offered to the delegate', 'askedAt', 'offeredAt'],
  ['→ accepted', 'offeredAt', 'acceptedAt'],
  ['→ anchor, Secrets and Pod created', 'acceptedAt', 'placedAt'],
  ['→ the runner’s process begins (scheduler, kubelet, container runtime)', 'placedAt', 'runnerAt'],
  ['→ the first step begins', 'runnerAt', 'stepAt'],
  ['→ the step’s outcome is stored (Git, plan, database)', 'stepAt', 'stepEndAt'],
  ['→ the execution has ended', 'stepEndAt', 'executionEndAt'],
  ['→ the cluster says that the pod has ended', 'executionEndAt', 'podEndAt'],
  ['→ the anchor is deleted', 'podEndAt', 'anchorGoneAt'],
  ['→ all objects are gone', 'anchorGoneAt', 'goneAt'],
]

export function describePods(measures: PodMeasures): BenchResult {
  const { alone, bare, together, togetherSize, crowd, crowdSize, lookMs } = measures
  const placement = (attempts: readonly AttemptTimes[]): number[] => known(attempts.map(({ placeMs }) => placeMs))
  const placed = placement(alone)
  const starts = spans(alone, 'runnerAt', 'stepAt')
  const goneWithoutStop = known(alone.map(withoutStop))
  const ended = median(spans(alone, 'askedAt', 'podEndAt'))
  const more = ended - median(bare)
  const row = (name: string, values: readonly number[]): string[] => [
    name,
    String(values.length),
    ...(values.length === 0 ? ['', '', '', ''] : [0.5, 0.95, 0.99, 1].map((share) => formatMs(percentile(values, share)))),
  ]
  return {
    goals: goals({ placed, starts, goneWithoutStop, more, crowd, crowdSize }),
    tables: [
      {
        title: 'Step groups in pods',
        about:
          'On a one-node cluster on the same machine, with server, PostgreSQL, registry and Git server on it too. Accepted → created is what the ' +
          'delegate itself measures: from sending its acceptance to the API server’s answer that the Pod exists, with the task’s arrival, policy, ' +
          'sealed password, journal (synced to disk), anchor and Secrets. The runner’s start is that of its process as Node.js knows it, which ' +
          'is before any code of ours; the first step has begun when the control plane has stored it. Gone is when a watch of the API server ' +
          'has told of the end of the last object (anchor, marker, Secrets, Pod); the pod’s own stop is the time from its mark for deletion to its end.',
        columns: ['What', 'Attempts', 'p50', 'p95', 'p99', 'Longest'],
        rows: [
          row('Accepted → objects created, one at a time', placed),
          row(`… ${String(togetherSize)} at once`, placement(together)),
          row(`… ${String(crowdSize)} at once`, placement(crowd.attempts)),
          row('Runner’s process → first step begun, one at a time', starts),
          row(`… ${String(togetherSize)} at once`, spans(together, 'runnerAt', 'stepAt')),
          row('Anchor deleted → all gone, one at a time', spans(alone, 'anchorGoneAt', 'goneAt')),
          row('… without the pod’s own stop', goneWithoutStop),
          row(`… without it, ${String(togetherSize)} at once`, known(together.map(withoutStop))),
          row(`… without it, ${String(crowdSize)} at once`, known(crowd.attempts.map(withoutStop))),
        ],
      },
      {
        title: 'A no-op apply in a pod',
        about:
          'The example shop on a database that is up to date, one step group in a pod, taking turns with a bare pod of the same image whose one ' +
          'container does nothing (`busybox true`). Both count until the cluster says that the pod has ended, which the kubelet ' +
          'finds out about once a second, so that each begins at a random moment; users have the result earlier. ' +
          `Load of the machine before: ${measures.load.toFixed(1)}.`,
        columns: ['What', 'Time'],
        rows: [
          ['No-op apply, asked to run → the pod has ended', describeMs(spans(alone, 'askedAt', 'podEndAt'))],
          ['Bare pod, asked for → it has ended', describeMs(bare)],
          ['No-op apply, asked to run → the execution has ended', describeMs(spans(alone, 'askedAt', 'executionEndAt'))],
          ...way.map(([name, from, to]) => [`… ${name}`, describeKnown(spans(alone, from, to))]),
        ],
      },
      {
        title: 'Many step groups at once on one delegate',
        about:
          `${String(crowdSize)} groups, each in a pod of its own with a changeset that waits in a database of its own. Started so many that ` +
          `${String(crowd.running)} ran at once, which took ${formatMs(crowd.startMs)}; pods with 30 thousandths of a core each, so that they fit on the ` +
          `node. Processor time is that of the delegate over ${formatMs(lookMs)} in which nothing happens but heartbeats and polls.`,
        columns: ['What', 'Value'],
        rows: [
          ['Groups at once', String(crowd.running)],
          ['Delegate, cores while they run', crowd.cores.toFixed(3)],
          ['Delegate, memory while they run', `${crowd.megabytes.toFixed(0)} MB`],
          ['Delegate, peak memory, all of this page’s runs in pods', `${crowd.peakMegabytes.toFixed(0)} MB`],
        ],
      },
    ],
  }
}

function goals(figures: {
  readonly placed: readonly number[]
  readonly starts: readonly number[]
  readonly goneWithoutStop: readonly number[]
  readonly more: number
  readonly crowd: CrowdCost
  readonly crowdSize: number
}): Goal[] {
  const { placed, starts, goneWithoutStop, more, crowd, crowdSize } = figures
  const atMost = (what: string, values: readonly number[], share: number, goalMs: number): Goal => {
    const measured = values.length === 0 ? Number.POSITIVE_INFINITY : percentile(values, share)
    const text = values.length === 0 ? 'nothing' : formatMs(measured)
    return { what, goal: `≤ ${formatMs(goalMs)}`, measured: text, isMet: measured <= goalMs }
  }
  const isCrowded = crowd.running === crowdSize
  return [
    atMost('Pods: accepted → objects created, p95', placed, 0.95, 150),
    atMost('Pods: runner’s process → first step, p95', starts, 0.95, 300),
    atMost('Pods: anchor deleted → all gone, without the pod’s own stop, p99', goneWithoutStop, 0.99, 1000),
    {
      what: 'Pods: a no-op apply more than a bare pod',
      goal: `≤ ${formatMs(1000)}`,
      measured: formatMs(more),
      isMet: more <= 1000,
    },
    {
      what: `Pods: ${String(crowdSize)} groups at once, the delegate’s peak memory`,
      goal: '≤ 256 MB',
      measured: `${crowd.peakMegabytes.toFixed(0)} MB${isCrowded ? '' : ` with ${String(crowd.running)}`}`,
      isMet: crowd.peakMegabytes <= 256 && isCrowded,
    },
    {
      what: `Pods: ${String(crowdSize)} groups at once, the delegate’s cores between events`,
      goal: '≤ 0.2',
      measured: `${crowd.cores.toFixed(3)}${isCrowded ? '' : ` with ${String(crowd.running)}`}`,
      isMet: crowd.cores <= 0.2 && isCrowded,
    },
  ]
}

function withoutStop({ anchorGoneAt, goneAt, podStopMs }: AttemptTimes): number | undefined {
  return anchorGoneAt === undefined || goneAt === undefined || podStopMs === undefined
    ? undefined
    : Math.max(0, goneAt - anchorGoneAt - podStopMs)
}

function spans(attempts: readonly AttemptTimes[], from: keyof AttemptTimes, to: keyof AttemptTimes): number[] {
  return known(
    attempts.map((attempt) => {
      const [start, end] = [attempt[from], attempt[to]]
      return typeof start === 'number' && typeof end === 'number' ? end - start : undefined
    }),
  )
}

function known(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined)
}

function describeKnown(values: readonly number[]): string {
  return values.length === 0 ? '' : describeMs(values)
}
