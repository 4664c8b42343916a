import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { operationEndpoints } from '@sluice/contract'
import { jobNamespaceRules, ownNamespaceRules } from '@sluice/executor'
import { type SpawnedProcess, skipWithoutKube, type TestAccount, type TestKube, waitFor } from '@sluice/testkit'
import { type KubeInstallation, openKubeInstallation } from '../support/kube-installation.ts'
import { waitUntilClean } from '../support/our-objects.ts'
import { assertSucceeded, podPipeline, runStep, testPlace } from '../support/pod-pipelines.ts'
import { type ImageKind, pushImages } from '../support/test-images.ts'

const isFull = process.env['SLUICE_TEST_FULL'] === '1'
const keySecrets = { shared: 'test-keys', first: 'test-0-keys', second: 'test-1-keys' }
/** Step groups that one replica takes at once. */
const capacity = 2

interface SeenPod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly status?: {
    readonly containerStatuses?: readonly { readonly name: string; readonly state?: { readonly running?: object } }[]
  }
}

describe('replicas of one delegate', { skip: skipWithoutKube() }, () => {
  let lab: KubeInstallation
  let gate: Gate
  let images: Record<ImageKind, string>
  let replica: Awaited<ReturnType<KubeInstallation['addReplica']>>
  let second: SpawnedProcess
  const keysOf = (own: string): Record<string, string> => ({
    SLUICE_DELEGATE_KEY_SECRET: keySecrets.shared,
    SLUICE_DELEGATE_INSTANCE_SECRET: own,
    SLUICE_DELEGATE_CAPACITY: String(capacity),
  })

  before(async () => {
    // Leases as they are: a start must not take longer than one, however busy the machine is.
    lab = await openKubeInstallation({ account: openAccount, delegateEnv: keysOf(keySecrets.first), timeScale: 1 })
    gate = await openGate(lab.kube.hostAddress)
    images = pushImages(lab.registry, 'test', ['glibc'])
    await lab.installation.apply(
      `connector: { identifier: k8s, ${testPlace}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }`,
    )
    replica = await lab.addReplica(keysOf(keySecrets.second))
    second = await replica.start()
    await waitFor(async () => (await connected()) === 2, { timeoutMs: 60_000, what: () => `two replicas:\n${second.output}` })
  })
  after(async () => {
    await gate?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  const connected = async (is: (instance: { readonly free: number }) => boolean = () => true): Promise<number> => {
    const { items } = await lab.installation.client.call(operationEndpoints.delegates, { query: { limit: 10 } })
    assert.equal(items.length, 1)
    return items[0]?.instances.filter((instance) => instance.health === 'connected' && is(instance)).length ?? 0
  }
  const pods = async (): Promise<readonly SeenPod[]> => {
    const query = { labelSelector: 'app.kubernetes.io/managed-by=sluice' }
    return (await lab.kube.admin.insist<{ items: SeenPod[] }>('GET', `/api/v1/namespaces/${lab.namespace}/pods`, { query })).body
      .items
  }
  const podsOf = async (execution: string): Promise<readonly SeenPod[]> =>
    (await pods()).filter(({ metadata }) => metadata.labels['sluice.dev/execution'] === execution)
  /** Starts a pipeline whose step waits at the gate. */
  const start = async (name: string, infra = ''): Promise<string> => {
    const image = `${lab.registry.host}/${images.glibc}`
    const command = `exec 3<>/dev/tcp/${lab.kube.hostAddress}/${String(gate.port)}\necho ${name} >&3\nread -r answer <&3\n[ "$answer" = "go on" ]`
    const step = runStep('wait', image, command, 'shell: Bash')
    await lab.installation.apply(podPipeline(name, step, { infra }))
    return lab.installation.run(name)
  }
  const told = (): string => `${lab.installation.delegate?.output.slice(-2000) ?? ''}\n${second.output.slice(-2000)}`
  const atGate = (names: readonly string[]): Promise<unknown> =>
    waitFor(() => names.every((name) => gate.waiting.has(name)), {
      timeoutMs: 120_000,
      what: () => `${names.join()} to be at work; there are ${[...gate.waiting.keys()].join()}\n${told()}`,
    })
  const succeeds = async (id: string): Promise<void> =>
    assertSucceeded(lab.installation, await lab.installation.waitForExecution(id, { timeoutMs: 120_000 }))

  it('share the work; what runs goes on while one drains and another is killed, and belongs to it again when it is back', async () => {
    const names = ['one', 'two', 'three', 'four']
    const ids = new Map<string, string>()
    for (const name of names) ids.set(name, await start(name))
    await atGate(names)
    const placed = await pods()
    const instances = [join(lab.installation.delegateDir), replica.dir].map(instanceOf)
    const ofInstance = (instance: string): string[] =>
      [...ids].flatMap(([name, id]) =>
        placed.some(
          ({ metadata: { labels } }) => labels['sluice.dev/execution'] === id && labels['sluice.dev/instance'] === instance,
        )
          ? name
          : [],
      )
    const [ofFirst = [], ofSecond = []] = instances.map(ofInstance)
    assert.deepEqual([ofFirst.length, ofSecond.length], [capacity, capacity])

    const drained = lab.installation.delegate?.kill('SIGTERM')
    await second.killGroup('SIGKILL')
    assert.equal((await drained)?.exitCode, 0)
    for (const name of names) assert.ok(gate.waiting.has(name), `${name} does not wait any more.`)
    await lab.installation.startDelegate({ wait: false })
    // As a new pod comes up: with the keys of its Secrets and an empty folder.
    rmSync(replica.dir, { recursive: true })
    mkdirSync(replica.dir, { mode: 0o700 })
    second = await replica.start()
    // Neither has room, since each has its own pods again.
    await waitFor(async () => (await connected(({ free }) => free === 0)) === 2, {
      timeoutMs: 60_000,
      what: () => `both again, with their pods:\n${told()}`,
    })
    for (const name of names) gate.open(name)
    for (const name of names) await succeeds(ids.get(name) ?? '')
    for (const name of names) assert.equal(gate.arrivals.get(name), 1)

    // The one that is left takes what is new.
    await lab.installation.delegate?.kill('SIGTERM')
    const later = await start('later')
    await atGate(['later'])
    assert.equal(
      (await pods()).find(({ metadata: { labels } }) => labels['sluice.dev/execution'] === later)?.metadata.labels[
        'sluice.dev/instance'
      ],
      instances[1],
    )
    gate.open('later')
    await succeeds(later)
    // What it had not cleaned up yet is its own to clean up.
    await lab.installation.startDelegate({ wait: false })
    await waitUntilClean(lab, 60_000, told)
  })

  // A lease has to be over first, which takes a minute.
  if (isFull)
    it('take over what one that is gone for good has placed and not begun, and its runner begins nothing', async () => {
      const { installation, kube, namespace } = lab
      await installation.delegate?.kill('SIGTERM')
      if (!second.isRunning) second = await replica.start()
      // Its pod waits for a volume, so that no step begins.
      const id = await start('orphaned', ', volumes: [{mountPath: /late, type: ConfigMap, spec: {configMapName: late}}]')
      const instance = instanceOf(replica.dir)
      const [stale] = await waitFor(
        async () => {
          const found = await podsOf(id)
          return found.length === 1 && found[0]?.metadata.labels['sluice.dev/instance'] === instance ? found : undefined
        },
        { timeoutMs: 60_000, what: () => `a pod of the second replica\n${told()}` },
      )
      await second.killGroup('SIGKILL')
      await installation.startDelegate({ wait: false })
      await waitFor(async () => (await podsOf(id)).length === 2, { timeoutMs: 180_000, what: () => `a second pod\n${told()}` })
      await kube.admin.insist('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
        body: { metadata: { name: 'late' }, data: {} },
      })
      await atGate(['orphaned'])
      // The node tries the volume of the older pod again in its own time; then its runner runs and finds no relay.
      const isRunning = async (): Promise<boolean> => {
        const pod = (await podsOf(id)).find(({ metadata }) => metadata.name === stale?.metadata.name)
        return (
          pod?.status?.containerStatuses?.some(({ name, state }) => name === 'runner' && state?.running !== undefined) ?? false
        )
      }
      await waitFor(isRunning, { timeoutMs: 200_000, what: 'the runner of the older pod' })
      gate.open('orphaned')
      await succeeds(id)
      second = await replica.start()
      await waitUntilClean(lab, 90_000, told)
      assert.equal(gate.arrivals.get('orphaned'), 1)
    })
})

/** As the chart makes it: an account in the delegate's own namespace, for its keys, with the documented Role in the other one. */
async function openAccount(kube: TestKube, jobs: string): Promise<TestAccount> {
  const own = await kube.namespace()
  const account = await kube.account(own, ownNamespaceRules(Object.values(keySecrets)))
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${jobs}`
  const name = 'sluice-delegate'
  await kube.admin.insist('POST', `${rbac}/roles`, {
    body: { metadata: { name }, rules: jobNamespaceRules({ networkPolicy: false }) },
  })
  await kube.admin.insist('POST', `${rbac}/rolebindings`, {
    body: {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: own }],
    },
  })
  return account
}

function instanceOf(dir: string): string {
  const { enrolment } = JSON.parse(readFileSync(join(dir, 'identity.json'), 'utf8')) as { enrolment: { instanceId: string } }
  return enrolment.instanceId
}

/** Where scripts wait until the test lets them go on, each by its name: the first line that it sends. */
interface Gate extends AsyncDisposable {
  readonly port: number
  readonly waiting: ReadonlyMap<string, Socket>
  /** How many times each was here. */
  readonly arrivals: ReadonlyMap<string, number>
  open(name: string): void
}

function openGate(host: string): Promise<Gate> {
  const waiting = new Map<string, Socket>()
  const arrivals = new Map<string, number>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.once('data', (line) => {
      const name = String(line).trim()
      waiting.set(name, socket)
      arrivals.set(name, (arrivals.get(name) ?? 0) + 1)
      socket.on('close', () => waiting.delete(name))
    })
    socket.on('close', () => sockets.delete(socket))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        waiting,
        arrivals,
        open: (name) => waiting.get(name)?.end('go on\n'),
        [Symbol.asyncDispose]: () =>
          new Promise((done) => {
            server.close(() => done())
            for (const socket of sockets) socket.destroy()
          }),
      }),
    )
  })
}
