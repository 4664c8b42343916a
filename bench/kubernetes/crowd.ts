import { waitFor } from '@sluice/testkit'
import { readCpuMs, readPeakMegabytes, readResidentMegabytes } from '../support/process-facts.ts'
import { type AttemptTimes, watchRun } from './attempt-times.ts'
import type { KubeLab } from './lab.ts'

/** What many step groups at once cost their delegate. */
export interface CrowdCost {
  /** How many of them ran at the same time. */
  readonly running: number
  /** From the request until so many held a permit. */
  readonly startMs: number
  /** While the steps only run: cores of processor time, and memory. */
  readonly cores: number
  readonly megabytes: number
  /** The delegate's peak, from its start over everything before to the end of all groups. */
  readonly peakMegabytes: number
  readonly attempts: readonly AttemptTimes[]
}

/** Starts as many groups as asked, looks at the delegate for a while as soon as all of them run, and lets them end. */
export async function measureCrowd(
  lab: KubeLab,
  { groups, lookMs, startMsMax }: { readonly groups: number; readonly lookMs: number; readonly startMsMax: number },
): Promise<CrowdCost> {
  const waiting = await lab.createWaitingPipeline('bench_crowd', groups)
  const pid = lab.kube.installation.delegate?.pid ?? 0
  const askedAt = Date.now()
  const executionId = await lab.kube.installation.run('bench_crowd')
  let running = 0
  await waitFor(
    async () => {
      const [row] = await lab.control.query(
        'select count(*)::int as n from permits where execution_id = $1 and released_at is null',
        [executionId],
      )
      running = Number(row?.['n'])
      return running === groups
    },
    { timeoutMs: startMsMax, intervalMs: 250 },
  ).catch(() => {
    // The node is full: what runs is what is measured.
  })
  const startMs = Date.now() - askedAt
  // The last starts' reports and log lines are events; what follows is between events.
  await sleep(3000)
  const before = { cpuMs: readCpuMs(pid), at: performance.now() }
  await sleep(lookMs)
  const cores = (readCpuMs(pid) - before.cpuMs) / (performance.now() - before.at)
  const megabytes = readResidentMegabytes(pid)
  await waiting.release()
  const attempts = await watchRun(lab, executionId, askedAt)
  return { running, startMs, cores, megabytes, peakMegabytes: readPeakMegabytes(pid), attempts }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
