import { deepEqual, equal, throws } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TaskSpec } from '@sluice/contract'
import { envSecret, fakeTask } from '../testing/world.ts'
import { addressOf, planOfTask } from './plan-of-task.ts'

const infra = { type: 'kubernetes', connector: 'k8s', initTimeoutMs: 1000, pullSecrets: 'connectors', runner: {} } as const
const registry = {
  host: 'r.example.com',
  url: 'https://r.example.com',
  connector: 'images',
  form: 'dockercfg',
  password: { kind: 'slot', slot: 'reg' },
} as const
const secrets = [envSecret('DB'), envSecret('REGISTRY', { slot: 'reg', secretId: 'reg_pw', use: 'registry' })]
const podTask = (more: Partial<TaskSpec> = {}): TaskSpec =>
  fakeTask({}, { infra, secretMode: 'kubernetes', secrets, registries: [registry], ...more })
const settings = { defaultNamespace: 'jobs', forceRuntime: false }

describe('the plan of a task', () => {
  it('keeps values out of the cluster’s storage where task or delegate say so: the stricter counts', () => {
    const modes = (['kubernetes', 'runtime'] as const).flatMap((secretMode) =>
      [false, true].map((forceRuntime) => {
        const plan = planOfTask(podTask({ secretMode }), { ...settings, forceRuntime })
        // What the runner reads says the same.
        equal((plan.task as TaskSpec).secretMode, plan.secretMode)
        return plan.secretMode
      }),
    )
    deepEqual(modes, ['kubernetes', 'runtime', 'runtime', 'runtime'])
  })

  it('takes the delegate’s namespace where the group names none', () => {
    equal(planOfTask(podTask(), settings).namespace, 'jobs')
    equal(planOfTask(podTask({ infra: { ...infra, namespace: 'jobs-eu' } }), settings).namespace, 'jobs-eu')
  })

  it('gives the runner neither registry credentials nor where values come from', () => {
    const plan = planOfTask(podTask(), settings)
    const text = JSON.stringify(plan.task)
    deepEqual(plan.runnerSlots, ['s1'])
    deepEqual(plan.registries, [registry])
    for (const hidden of ['reg_pw', 'REGISTRY', '"DB"', 'r.example.com']) equal(text.includes(hidden), false, hidden)
    deepEqual(
      (plan.task as TaskSpec).secrets.map(({ slot, source }) => [slot, source]),
      [['s1', { kind: 'sealed', record: {} }]],
    )
  })

  it('makes no registry Secrets where the service account has its own', () => {
    deepEqual(planOfTask(podTask({ infra: { ...infra, pullSecrets: 'serviceAccount' } }), settings).registries, [])
  })

  it('names what its steps reach: the database and the Git host, and anything for a script', () => {
    const reach = (url: string): unknown => {
      const task = podTask()
      const [step] = task.steps
      if (step?.kind !== 'database') throw new Error('The task has no database step.')
      return planOfTask({ ...task, steps: [{ ...step, source: { ...step.source, url } }] }, settings).reaches?.slice(1)
    }
    deepEqual(planOfTask(podTask(), settings).reaches?.[0], { cidr: '0.0.0.0/0', port: 5432 })
    deepEqual(reach('https://10.0.0.7/shop.git'), [{ cidr: '10.0.0.7/32', port: 443 }])
    deepEqual(reach('https://git.example.com:8443/shop.git'), [{ cidr: '0.0.0.0/0', port: 8443 }])
    deepEqual(reach('ssh://git@[fd00::1]/shop.git'), [{ cidr: 'fd00::1/128', port: 22 }])
    deepEqual(reach('git@10.0.0.8:shop.git'), [{ cidr: '10.0.0.8/32', port: 22 }])
    deepEqual(reach('/srv/git/shop.git'), [])
    const script = {
      kind: 'run' as const,
      stepRunId: 'stp_2',
      path: 'stage/group/script',
      type: 'Run',
      timeoutMs: 1000,
      shell: 'Sh' as const,
      slots: [],
      refs: {},
      outputVariables: [],
    }
    deepEqual(planOfTask(podTask({ steps: [script] }), settings).reaches, [{ cidr: '0.0.0.0/0' }])
  })

  it('refuses a task that is not one for a cluster', () => {
    throws(() => planOfTask(fakeTask(), settings), { code: 'TASK_NOT_KUBERNETES' })
  })

  it('knows addresses of both families, and names by their port alone', () => {
    deepEqual(addressOf('10.1.2.3', 1), { cidr: '10.1.2.3/32', port: 1 })
    deepEqual(addressOf('[::1]', 2), { cidr: '::1/128', port: 2 })
    deepEqual(addressOf('db.example.com', 3), { cidr: '0.0.0.0/0', port: 3 })
  })
})
