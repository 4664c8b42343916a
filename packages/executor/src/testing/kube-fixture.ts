import { createId, silentLogger } from '@sluice/base'
import type { KubernetesInfra } from '@sluice/contract'
import { type TestAccount, type TestKube, testImage, testPullSecret, waitFor } from '@sluice/testkit'
import type { DummyBehaviour } from '../dummy-executor.ts'
import type { PlaceNotice, SlotValues } from '../executor.ts'
import type { KubeClient } from '../kubernetes/kube-client.ts'
import type { KubeList, KubeObject, Pod } from '../kubernetes/kube-types.ts'
import { type KubernetesExecutor, createKubernetesExecutor } from '../kubernetes/kubernetes-executor.ts'
import type { KubernetesPlan, PodDefaults } from '../kubernetes/kubernetes-plan.ts'
import { labelNames, objectNames } from '../kubernetes/object-names.ts'
import type { KubernetesExecutorOptions } from '../kubernetes/pod-registry.ts'

/** What a test's task may say beside the dummy's behaviour. */
export interface KubeTestTask {
  readonly dummy?: (DummyBehaviour & { readonly eatMemory?: boolean }) | undefined
  readonly plan?: Partial<KubernetesPlan> | undefined
  readonly infra?: Partial<KubernetesInfra> | undefined
}

/** A namespace with a delegate's account in it, and executors that act as that account. */
export interface KubeFixture {
  readonly namespace: string
  readonly account: TestAccount
  readonly defaults: PodDefaults
  readonly notices: { attemptId: string; notice: PlaceNotice }[]
  executor(more?: ExecutorChanges): KubernetesExecutor
  /** What the runner of an attempt says that it was given. */
  received(attemptId: string): Promise<Record<string, string>>
  pods(): Promise<readonly Pod[]>
  objects(path: string): Promise<readonly KubeObject[]>
  /** Deletes all objects of ours, and waits until they are gone. */
  clean(): Promise<void>
  close(): Promise<void>
}

export type ExecutorChanges = Partial<KubernetesExecutorOptions> & {
  readonly instanceId?: string
  readonly client?: () => Promise<KubeClient>
}

/** A runner in a pod that does what its task's field `dummy` says. PID 1 ignores signals that it has no handler for. */
const runnerScript = `
const { readFileSync, readdirSync } = require('node:fs')
const { dummy = {} } = JSON.parse(readFileSync(process.env.SLUICE_TASK_FILE, 'utf8'))
process.on('SIGTERM', () => { if (dummy.stubborn !== true) process.exit(143) })
const folder = process.env.SLUICE_SLOTS_DIR
const names = folder === undefined ? [] : readdirSync(folder).filter((name) => !name.startsWith('.'))
const received = Object.fromEntries(names.map((name) => [name, readFileSync(folder + '/' + name, 'utf8')]))
process.stdout.write('RECEIVED ' + JSON.stringify(received) + '\\n')
if (dummy.eatMemory === true) { const eaten = []; setInterval(() => eaten.push(Buffer.alloc(16 << 20, 1)), 5) }
let flood = 'x'.repeat(dummy.logBytes ?? 0)
process.stdout.write(flood)
setTimeout(() => process.exit(dummy.exitCode ?? 0), dummy.runMs ?? 600_000)
`

export const runnerCommand = ['/usr/local/bin/node', '-e', runnerScript]

export async function openKubeFixture(kube: TestKube): Promise<KubeFixture> {
  const namespace = await kube.namespace()
  const account = await kube.delegateAccount(namespace)
  const image = await testImage(kube, namespace)
  const delegateId = createId('dlg')
  const notices: { attemptId: string; notice: PlaceNotice }[] = []
  const executors: KubernetesExecutor[] = []
  const isOpen = new Map<string, boolean>()

  const defaults: PodDefaults = {
    runnerImage: image,
    imagePullSecrets: [testPullSecret],
    runnerCommand,
    environment: {},
    terminationGraceSeconds: 4,
    networkPolicy: false,
  }

  const planOf = (task: unknown): KubernetesPlan => {
    const { dummy, plan, infra } = task as KubeTestTask
    return {
      namespace,
      taskId: createId('tsk'),
      executionId: createId('exe'),
      userNames: { project: 'default/shop', pipeline: 'deploy', group: 'stage/group' },
      infra: { type: 'kubernetes', connector: 'k8s', initTimeoutMs: 120_000, pullSecrets: 'connectors', runner: {}, ...infra },
      secretMode: 'kubernetes',
      containers: [],
      registries: [],
      runnerSlots: ['password', 'empty'],
      notAfterMs: 600_000,
      task: { dummy },
      ...plan,
    }
  }

  const objects = async (path: string): Promise<readonly KubeObject[]> => {
    const query = { labelSelector: `${labelNames.managedBy}=sluice` }
    return (await kube.admin.insist<KubeList<KubeObject>>('GET', path, { query })).body.items
  }
  const podsPath = `/api/v1/namespaces/${namespace}/pods`
  const pods = async (): Promise<readonly Pod[]> => (await objects(podsPath)) as readonly Pod[]

  return {
    namespace,
    account,
    defaults,
    notices,
    executor({ instanceId = createId('dli'), ...more } = {}) {
      const executor = createKubernetesExecutor({
        client: async () => account.client,
        owner: () => ({ delegateId, instanceId }),
        namespaces: [namespace],
        defaults,
        relay: () => ({ url: 'https://relay.invalid:8443', pin: 'none', address: { cidr: '192.0.2.1/32', port: 8443 } }),
        planOf: (task) => {
          const { dummy } = task as KubeTestTask
          if (dummy?.permitOpen === true) isOpen.set('any', true)
          return planOf(task)
        },
        tickets: { open: () => 'ticket', close: () => {} },
        permits: { isOpen: () => isOpen.get('any') === true, close: async () => isOpen.get('any') !== true },
        onNotice: (attemptId, notice) => notices.push({ attemptId, notice }),
        logger: silentLogger,
        sweepSlackMs: 0,
        sweepEveryMs: 0,
        times: { hiccupMs: 3_000, asideMs: 1_000, lookEveryMs: 200, vanishMs: 20_000 },
        ...more,
      })
      executors.push(executor)
      return executor
    },
    received: (attemptId) =>
      waitFor(
        async () => {
          const path = `${podsPath}/${objectNames(attemptId).pod}/log`
          const text = await kube.admin.readTail(path, { container: 'runner', limitBytes: 4096 }, 4096).catch(() => '')
          const line = /^RECEIVED (\{.*\})$/m.exec(text)?.[1]
          return line === undefined ? undefined : (JSON.parse(line) as Record<string, string>)
        },
        { timeoutMs: 60_000, intervalMs: 100 },
      ),
    pods,
    objects,
    async clean() {
      isOpen.clear()
      const grace = { gracePeriodSeconds: 0, propagationPolicy: 'Background' }
      const remove = async (path: string): Promise<void> => {
        for (const { metadata } of await objects(path)) {
          await kube.admin.insist('DELETE', `${path}/${metadata.name ?? ''}`, { body: grace }).catch(() => {})
        }
      }
      await remove(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`)
      await remove(podsPath)
      await waitFor(
        async () => {
          const left = [...(await pods()), ...(await objects(`/api/v1/namespaces/${namespace}/secrets`))]
          return left.length === 0 ? true : undefined
        },
        { timeoutMs: 30_000, intervalMs: 50 },
      )
    },
    async close() {
      for (const executor of executors) await executor.close()
    },
  }
}

/** Values as the executor suite hands them over. */
export const testValues: SlotValues = new Map([
  ['password', Buffer.from('pä"ss')],
  ['empty', Buffer.alloc(0)],
])
