import { existsSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from './figures.ts'
import { type AttemptTimes, runAndWatch } from './kubernetes/attempt-times.ts'
import { timeBarePod } from './kubernetes/bare-pod.ts'
import { measureCrowd } from './kubernetes/crowd.ts'
import { describePods, type PodMeasures } from './kubernetes/describe-pods.ts'
import { type KubeLab, openKubeLab } from './kubernetes/lab.ts'

const sizes = {
  full: { rounds: 80, together: 10, togetherRounds: 3, crowd: 50, lookMs: 15_000, startMsMax: 120_000 },
  quick: { rounds: 5, together: 4, togetherRounds: 1, crowd: 6, lookMs: 4000, startMsMax: 45_000 },
} as const

/**
 * Step groups in pods of the cluster that SLUICE_TEST_KUBE names: what of their time is ours. Without a cluster nothing is measured, and the
 * figures that were written down last stay.
 */
export const benchKubernetes: Bench = async ({ isQuick, say }) => {
  if (!existsSync(process.env['SLUICE_TEST_KUBE'] ?? '')) {
    say(
      'kubernetes: skipped, because SLUICE_TEST_KUBE names no kubeconfig. docs/testing.md says how to get a cluster and a registry.',
    )
    return undefined
  }
  const size = sizes[isQuick ? 'quick' : 'full']
  await using lab = await openKubeLab(Math.max(size.crowd, size.together))
  // Ctrl-C must not leave a namespace behind.
  const onSignal = (): void => {
    void Promise.resolve(lab[Symbol.asyncDispose]()).finally(() => process.exit(130))
  }
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    return describePods(await measure(lab, size, say))
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

async function measure(lab: KubeLab, size: (typeof sizes)['full' | 'quick'], say: (text: string) => void): Promise<PodMeasures> {
  const load = loadavg()[0] ?? 0
  await lab.createShopPipeline('bench_one', 1)
  await lab.createShopPipeline('bench_together', size.together)
  say('kubernetes: the first run, which applies the example')
  await runAndWatch(lab, 'bench_one')
  await timeBarePod(lab, 0)

  const alone: AttemptTimes[] = []
  const bare: number[] = []
  for (let round = 1; round <= size.rounds; round++) {
    say(`kubernetes: round ${String(round)} of ${String(size.rounds)}`)
    // Whoever is second in a round may find the node busy with tidying up.
    const runs = [
      async () => void alone.push(...(await runAndWatch(lab, 'bench_one'))),
      async () => void bare.push(await timeBarePod(lab, round)),
    ]
    for (const run of round % 2 === 0 ? runs.toReversed() : runs) {
      // The kubelet looks for ended pods once a second: begun behind an end that it has just seen, every run would take whole seconds.
      await delay(Math.random() * 1000)
      await run()
    }
  }
  const together: AttemptTimes[] = []
  for (let round = 1; round <= size.togetherRounds; round++) {
    say(`kubernetes: ${String(size.together)} groups at once, ${String(round)} of ${String(size.togetherRounds)}`)
    together.push(...(await runAndWatch(lab, 'bench_together')))
  }
  say(`kubernetes: ${String(size.crowd)} groups at once that wait`)
  const crowd = await measureCrowd(lab, { ...size, groups: size.crowd })
  return { alone, bare, together, togetherSize: size.together, crowd, crowdSize: size.crowd, lookMs: size.lookMs, load }
}
