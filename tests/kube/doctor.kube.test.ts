import { deepEqual, equal, match } from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { jobNamespaceRules } from '@sluice/executor'
import {
  openTempDir,
  openTestKube,
  skipWithoutKube,
  spawnProcess,
  type TestAccount,
  type TestKube,
  testImage,
  testPullSecret,
  testRegistry,
  waitFor,
} from '@sluice/testkit'
import { appEntry } from '../support/app-entries.ts'
import type { Reach } from '../support/reach-from-pods.ts'
import { createCertificate, serveTls } from '../support/serve-tls.ts'

interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  readonly hint?: string
}

describe('sluice delegate doctor', { skip: skipWithoutKube() }, () => {
  let kube: TestKube
  let namespace: string
  let account: TestAccount
  let image: string
  let relay: Reach

  before(async () => {
    kube = await openTestKube()
    namespace = await kube.namespace()
    account = await kube.delegateAccount(namespace, { networkPolicy: false })
    image = await testImage(kube, namespace)
    await using folder = await openTempDir()
    // Nothing has to answer behind it: the handshake is what is looked at.
    relay = await serveTls(kube.hostAddress, 1, createCertificate(folder.path, [kube.hostAddress]))
  })
  after(async () => {
    await relay[Symbol.asyncDispose]()
    await kube.close()
  })

  const leases = async (): Promise<number> => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
    return (await kube.admin.insist<{ items: unknown[] }>('GET', path)).body.items.length
  }
  const run = async (
    args: readonly string[] = [],
  ): Promise<{ exitCode: number | null; checks: readonly Check[]; text: string }> => {
    await using started = spawnProcess({
      name: 'doctor',
      command: process.execPath,
      args: [appEntry('cli'), 'delegate', 'doctor', '--json', ...args],
      env: {
        SLUICE_KUBECONFIG: account.kubeconfig,
        SLUICE_DELEGATE_NAMESPACES: namespace,
        SLUICE_DELEGATE_IMAGE: image,
        SLUICE_DELEGATE_IMAGE_PULL_SECRETS: testPullSecret,
        SLUICE_DELEGATE_RELAY_URL: `https://${kube.hostAddress}:${String(relay.port)}`,
        NO_COLOR: '1',
      },
    })
    const { exitCode } = await started.exited
    const { checks } = JSON.parse(started.stdout || '{"checks":[]}') as { checks: Check[] }
    return { exitCode, checks, text: started.output }
  }
  const failedOf = (checks: readonly Check[]): Check[] => checks.filter(({ ok }) => !ok)

  it('finds a whole installation whole, with a pod that reaches the relay, and leaves nothing', async () => {
    const { exitCode, checks, text } = await run()
    equal(exitCode, 0, text)
    deepEqual(
      checks.map(({ name }) => name),
      ['cluster', `rights in ${namespace}`, `namespace ${namespace}`, `pod in ${namespace}`, 'relay from a pod'],
    )
    await waitFor(async () => (await leases()) === 0, { timeoutMs: 15_000 })
  })

  it('says which namespace is wrong', async () => {
    const { exitCode, checks } = await run(['--namespaces', 'nowhere-at-all'])
    equal(exitCode, 3)
    const [rights] = failedOf(checks)
    match(rights?.detail ?? '', /the namespace does not exist, or no Role is bound/)
    match(rights?.hint ?? '', /kubectl get namespace nowhere-at-all/)
  })

  it('says why the image is not pulled, and that the relay is not reached', async () => {
    const [pulled, reached] = await Promise.all([
      run(['--image', `${testRegistry().host}/nowhere:1`]),
      run(['--relay-url', `https://${kube.hostAddress}:1`]),
    ])
    equal(pulled.exitCode, 3)
    match(failedOf(pulled.checks)[0]?.detail ?? '', /nowhere:1.*cannot be pulled/)
    equal(reached.exitCode, 3)
    match(failedOf(reached.checks)[0]?.detail ?? '', /is not reached: connect ECONNREFUSED/)
  })

  it('names each right that a broken Role lacks', async () => {
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles`
    const rules = jobNamespaceRules({ networkPolicy: false })
      .filter(({ resources }) => !resources.includes('secrets'))
      .map((rule) => (rule.resources.includes('pods') ? { ...rule, verbs: ['create', 'get', 'list', 'watch'] } : rule))
    await kube.admin.insist('DELETE', `${path}/sluice-delegate`)
    await kube.admin.insist('POST', path, { body: { metadata: { name: 'sluice-delegate' }, rules } })
    await waitFor(
      async () => {
        const { exitCode, checks } = await run()
        // The API server's view of Roles follows after a moment.
        if (failedOf(checks)[0]?.detail !== 'missing: delete pods, create secrets') return false
        equal(exitCode, 3)
        match(failedOf(checks)[0]?.hint ?? '', /exactly the documented rules/)
        deepEqual(
          failedOf(checks).map(({ name }) => name),
          [`rights in ${namespace}`, `pod in ${namespace}`],
        )
        return true
      },
      { timeoutMs: 20_000 },
    )
  })
})
