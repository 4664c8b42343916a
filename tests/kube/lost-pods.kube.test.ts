import { deepEqual, notEqual } from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutionView } from '@sluice/contract'
import type { KubeList, Pod } from '@sluice/executor'
import { createSeededRandom, skipWithoutKube, waitFor } from '@sluice/testkit'
import { stepsOf } from '../support/execution-steps.ts'
import { type KubeInstallation, openKubeInstallation } from '../support/kube-installation.ts'
import { podPipeline, runStep, testPlace } from '../support/pod-pipelines.ts'
import { pushImages } from '../support/test-images.ts'

const isFull = process.env['SLUICE_TEST_FULL'] === '1'
const total = isFull ? 204 : 12
/** So many at a time: most of a lost pod's time is waiting for its stop. */
const atOnce = 16
const seed = Number(process.env['SLUICE_TEST_SEED'] ?? '1')

/** What becomes of a step's pod, and what its script makes of being told to end. None of the scripts ever ends well by itself. */
const losses = ['deleted', 'evicted', 'outOfMemory'] as const
type Loss = (typeof losses)[number]
const scripts = {
  plain: 'while :; do sleep 1; done',
  claimsSuccess: `trap 'exit 0' TERM\nwhile :; do sleep 1; done`,
  ignores: `trap '' TERM\nwhile :; do sleep 1; done`,
} as const
const outOfMemory = 'x=aaaaaaaa\nwhile :; do x=$x$x; done'

type GroupView = Exclude<ExecutionView['stages'][number]['nodes'][number], { kind: 'parallel' }>

interface LostStep {
  readonly name: string
  readonly loss: Loss
  readonly command: string
  /** Some are lost at any moment, placed again, and lost again; the others while their script runs. */
  readonly isEarly: boolean
}

function lostStep(index: number): LostStep {
  const loss = losses[index % losses.length] ?? 'deleted'
  const habits = Object.keys(scripts) as (keyof typeof scripts)[]
  const habit = habits[Math.floor(index / 3) % habits.length] ?? 'plain'
  const command = loss === 'outOfMemory' ? outOfMemory : scripts[habit]
  return { name: `g${String(index)}`, loss, command, isEarly: index % 8 === 1 }
}

describe('pods that are lost', { skip: skipWithoutKube() }, () => {
  let lab: KubeInstallation
  let image = ''
  let evictionVersion = ''

  before(async () => {
    lab = await openKubeInstallation({ delegateEnv: { SLUICE_DELEGATE_CAPACITY: '50' } })
    const { installation, registry, kube } = lab
    image = pushImages(registry, 'test', ['busybox']).busybox
    await installation.apply(`
secret: { identifier: registry_password, ${testPlace}, spec: { provider: sealed } }
---
connector: { identifier: k8s, ${testPlace}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }
---
connector: { identifier: registry, ${testPlace}, type: DockerRegistry, spec: { dockerRegistryUrl: "http://${registry.host}", auth: { type: UsernamePassword, spec: { username: ${registry.user}, passwordRef: registry_password } } } }
`)
    await installation.setSecret('registry_password', registry.password, [registry.host])
    // policy/v1 from v1.22 on, policy/v1beta1 before.
    const { body } = await kube.admin.insist<{ resources: { name: string; version?: string }[] }>('GET', '/api/v1')
    evictionVersion = body.resources.find(({ name }) => name === 'pods/eviction')?.version ?? 'v1'
  })
  after(() => lab?.[Symbol.asyncDispose]())

  const lose = async (pod: Pod, loss: Loss, random: () => number): Promise<void> => {
    const { name = '', uid } = pod.metadata
    const path = `/api/v1/namespaces/${lab.namespace}/pods/${name}`
    const preconditions = { uid }
    if (loss === 'evicted') {
      const body = {
        apiVersion: `policy/${evictionVersion}`,
        kind: 'Eviction',
        metadata: { name },
        deleteOptions: { preconditions },
      }
      await lab.kube.admin.insist('POST', `${path}/eviction`, { body })
    } else if (loss === 'deleted') {
      const grace = random() < 0.5 ? {} : { gracePeriodSeconds: random() < 0.5 ? 0 : 1 }
      await lab.kube.admin.insist('DELETE', path, { body: { preconditions, ...grace } })
    }
  }

  const stateOf = async (id: string, { name }: LostStep): Promise<string | undefined> =>
    stepsOf(await lab.installation.getExecution(id)).find(({ identifier }) => identifier === `step_${name}`)?.state

  /** Loses every pod of an execution until that is over: what is placed again is lost again. */
  const loseAll = async (id: string, step: LostStep, random: () => number, isOver: () => boolean): Promise<void> => {
    const seen = new Set<string>()
    const losing: Promise<void>[] = []
    const query = { labelSelector: `sluice.dev/execution=${id}` }
    while (!isOver()) {
      const { body } = await lab.kube.admin.insist<KubeList<Pod>>('GET', `/api/v1/namespaces/${lab.namespace}/pods`, { query })
      for (const pod of body.items.filter(({ metadata }) => !seen.has(metadata.uid ?? ''))) {
        seen.add(pod.metadata.uid ?? '')
        const work = async (): Promise<void> => {
          const isRunning = async (): Promise<boolean> => isOver() || (await stateOf(id, step)) === 'Running'
          if (!step.isEarly) await waitFor(isRunning, { timeoutMs: 300_000, intervalMs: 200, what: `${step.name} to run` })
          await delay(random() * 2_000)
          // It may have gone meanwhile, by the loss of its runner.
          await lose(pod, step.loss, random).catch(() => {})
        }
        losing.push(work())
      }
      await delay(400)
    }
    await Promise.all(losing)
  }

  const runLost = async (step: LostStep, random: () => number): Promise<ExecutionView> => {
    const { installation } = lab
    const { name, command } = step
    const spec = `connectorRef: registry\nresources: {limits: {memory: 64Mi}}`
    await installation.apply(podPipeline(name, runStep(`step_${name}`, image, command, spec)))
    const id = await installation.run(name)
    let isOver = false
    const lost = loseAll(id, step, random, () => isOver)
    try {
      return await installation.waitForExecution(id, { timeoutMs: 400_000 })
    } finally {
      isOver = true
      await lost
    }
  }

  it('none that is deleted, evicted or out of memory is called a success', async (t) => {
    const random = createSeededRandom(seed)
    const all = Array.from({ length: total }, (_, index) => lostStep(index))
    const counts = new Map<string, number>()
    const misled: string[] = []
    const loseNext = async (): Promise<void> => {
      for (let lost = all.shift(); lost !== undefined; lost = all.shift()) {
        const view = await runLost(lost, random)
        const [step] = stepsOf(view)
        const failure = step?.failure ?? groupsOf(view)[0]?.failure
        const key = `${lost.loss}: ${step?.state ?? '?'} ${failure?.code ?? '?'}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
        notEqual(view.state, 'Succeeded', JSON.stringify(view))
        notEqual(step?.state, 'Succeeded', JSON.stringify(view))
        // A pod that was taken away is no failure of its script.
        const isMisleading = lost.loss !== 'outOfMemory' && failure?.code === 'SCRIPT_FAILED'
        if (isMisleading || failure === undefined || failure.code === 'INTERNAL') misled.push(JSON.stringify(view))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, loseNext))
    t.diagnostic(`${String(total)} pods, seed ${String(seed)}: ${JSON.stringify(Object.fromEntries(counts))}`)
    deepEqual(misled, [])
  })
})

function groupsOf(view: ExecutionView): readonly GroupView[] {
  return view.stages.flatMap(({ nodes }) => nodes.flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node])))
}
