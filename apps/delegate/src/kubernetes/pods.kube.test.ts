import { deepEqual, equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { TaskSpec } from '@sluice/contract'
import { createDummyExecutor, ownNamespaceRules } from '@sluice/executor'
import {
  type TestAccount,
  type TestKube,
  openTestKube,
  skipWithoutKube,
  testImage,
  testPullSecret,
  waitFor,
} from '@sluice/testkit'
import { type World, envSecret, fakeTask, openWorld } from '../testing/world.ts'

const canary = 'canary-Qx7"ö-41fe'

interface Listed {
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly data?: Readonly<Record<string, string>> }[]
}

/** A delegate outside of the cluster, with the documented rights, and the real runner in pods that come back to its relay. */
describe('a delegate with a cluster', { skip: skipWithoutKube() }, () => {
  let kube: TestKube
  let namespace: string
  let account: TestAccount
  let image: string
  let world: World
  before(async () => {
    kube = await openTestKube()
    namespace = await kube.namespace()
    account = await kube.delegateAccount(namespace)
    image = await testImage(kube, namespace)
  })
  after(() => kube.close())
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  const environment = async (): Promise<Record<string, string>> => {
    const port = await freePort()
    writeFileSync(join(world.dir, 'policy.yaml'), 'secrets: { env: [SHOP_PASSWORD] }\n')
    return {
      SLUICE_DELEGATE_POLICY: join(world.dir, 'policy.yaml'),
      SHOP_PASSWORD: canary,
      SLUICE_KUBECONFIG: account.kubeconfig,
      SLUICE_DELEGATE_NAMESPACES: namespace,
      SLUICE_DELEGATE_IMAGE: image,
      SLUICE_DELEGATE_IMAGE_PULL_SECRETS: testPullSecret,
      SLUICE_DELEGATE_RELAY_LISTEN: `0.0.0.0:${port}`,
      SLUICE_DELEGATE_RELAY_URL: `https://${kube.hostAddress}:${port}`,
      SLUICE_DELEGATE_POD_GRACE_SECONDS: '3',
      SLUICE_TIME_SCALE: '4',
    }
  }
  const podTask = (secretMode: TaskSpec['secretMode'], infra: object = {}): TaskSpec =>
    fakeTask(
      {},
      {
        secretMode,
        secrets: [envSecret('SHOP_PASSWORD')],
        infra: { type: 'kubernetes', connector: 'k8s', initTimeoutMs: 120_000, pullSecrets: 'connectors', runner: {}, ...infra },
      },
    )
  const secrets = async (): Promise<Listed['items']> =>
    (await kube.admin.call<Listed>('GET', `/api/v1/namespaces/${namespace}/secrets`)).body.items.filter(({ metadata }) =>
      metadata.name.startsWith('sluice-0'),
    )
  const areAllGone = async (): Promise<boolean> => {
    const pods = await kube.admin.call<Listed>('GET', `/api/v1/namespaces/${namespace}/pods`)
    return pods.body.items.length === 0 && (await secrets()).length === 0
  }
  const until = (look: () => unknown, what: string): Promise<unknown> =>
    waitFor(look, { timeoutMs: 90_000, intervalMs: 100, what })

  for (const mode of ['kubernetes', 'runtime'] as const) {
    it(`runs a step group in a pod in mode ${mode}, and leaves nothing behind`, async () => {
      const { server } = world
      await world.start(await environment())
      const attempt = server.offer(podTask(mode))
      // The runner waits for orders: it has its values, and the relay's key was the right one.
      await until(() => server.heldNexts > 0 || attempt.state === 'gone', 'the runner’s first call')
      equal(attempt.state === 'gone' ? JSON.stringify(attempt.events) : '', '')
      const stored = (await secrets())
        .flatMap(({ data }) => Object.values(data ?? {}))
        .map((text) => Buffer.from(text, 'base64').toString())
      equal(
        stored.some((text) => text.includes(canary)),
        mode === 'kubernetes',
      )
      attempt.done = true
      server.wake()
      await until(() => attempt.state === 'completed', 'the completion')
      await until(areAllGone, 'the cleanup')
      equal(
        attempt.events.some(({ type }) => type === 'attempt.gone'),
        false,
      )
      equal(
        world.logs.some((line) => line.includes(canary)),
        false,
      )
    })
  }

  it('adopts its pods after a restart', async () => {
    const { server } = world
    const settings = await environment()
    const first = await world.start(settings)
    const attempt = server.offer(podTask('kubernetes'))
    await until(() => server.heldNexts > 0, 'the runner’s first call')
    await first.stop()
    await world.start(settings)
    await until(() => server.heldNexts > 0, 'the runner’s call through the new process')
    attempt.done = true
    server.wake()
    await until(() => attempt.state === 'completed', 'the completion')
    await until(areAllGone, 'the cleanup')
  })

  it('keeps its keys in the cluster, so that an instance is itself again after its data folder is lost', async () => {
    const { server } = world
    const home = await kube.namespace()
    const names = ['sluice-key', 'sluice-key-0']
    const own = await kube.account(home, ownNamespaceRules(names))
    const settings = {
      ...(await environment()),
      SLUICE_KUBECONFIG: own.kubeconfig,
      SLUICE_DELEGATE_KEY_SECRET: 'sluice-key',
      SLUICE_DELEGATE_INSTANCE_SECRET: 'sluice-key-0',
    }
    // Without rights in the namespace of jobs there is nothing to adopt there: only the keys are looked at here.
    const start = (dir: string) =>
      world.start({ ...settings, SLUICE_DELEGATE_DIR: join(world.dir, dir) }, { executor: createDummyExecutor() })
    await (await start('first')).stop()
    await (await start('second')).stop()
    deepEqual(new Set(server.enrolments.map(({ authPublicKey }) => authPublicKey)).size, 1)
    const keys = await kube.admin.call<Listed>('GET', `/api/v1/namespaces/${home}/secrets`)
    deepEqual(
      keys.body.items.flatMap(({ metadata }) => (names.includes(metadata.name) ? metadata.name : [])),
      names,
    )
  })

  it('refuses what the policy does not give a pod, before any secret is opened', async () => {
    const { server } = world
    await world.start(await environment())
    const attempt = server.offer(podTask('kubernetes', { automountServiceAccountToken: true, serviceAccountName: 'admin' }))
    await until(() => attempt.state === 'gone', 'the refusal')
    const gone = attempt.events.find(({ type }) => type === 'attempt.gone')
    equal(gone?.type === 'attempt.gone' ? gone.reason : '', 'policy')
    match(JSON.stringify(gone), /service account \\"admin\\".*automountServiceAccountToken/s)
    deepEqual(await secrets(), [])
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, () => {
      const { port } = server.address() as { port: number }
      server.close(() => {
        resolve(port)
      })
    })
  })
}
