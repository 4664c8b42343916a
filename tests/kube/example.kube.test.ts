import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { skipWithoutKube, waitFor } from '@sluice/testkit'
import { jobNamespaceRules } from '@sluice/executor'
import { failuresOf, stepsOf } from '../support/execution-steps.ts'
import { type KubeInstallation, openKubeInstallation } from '../support/kube-installation.ts'
import { assertSucceeded, testPlace } from '../support/pod-pipelines.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

const example = resolve(import.meta.dirname, '../../examples/shop')
const environments = ['dev', 'staging', 'production'] as const

interface SeenPolicy {
  readonly metadata: {
    readonly name: string
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[]
  }
  readonly spec: {
    readonly podSelector: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly policyTypes: readonly string[]
    readonly ingress?: readonly object[]
    readonly egress: readonly {
      readonly to?: readonly { readonly ipBlock: { readonly cidr: string } }[]
      readonly ports?: readonly { readonly protocol: string; readonly port: number }[]
    }[]
  }
}

describe('the example project in pods', { skip: skipWithoutKube() }, () => {
  let lab: KubeInstallation
  const targets = new Map<string, TestTarget>()

  before(async () => {
    lab = await openKubeInstallation({ delegateEnv: { SLUICE_DELEGATE_NETWORK_POLICY: 'on' } })
    const { installation } = lab
    installation.createRepository('shop').commit(readFiles(join(example, 'repository')))
    const reach = new URL(lab.jdbcUrl.slice('jdbc:'.length))
    let text = readdirSync(join(example, 'entities'))
      .toSorted()
      .map((name) => readFileSync(join(example, 'entities', name), 'utf8'))
      .join('\n---\n')
      .replace('${REPOSITORY}', lab.gitUrl('shop'))
    for (const environment of environments) {
      const target = await openTestTarget()
      targets.set(environment, target)
      const address = `${reach.host}/${nameOf(target)}`
      text = text
        .replace(`127.0.0.1:\${${environment.toUpperCase()}_PORT}/shop`, address)
        .replace(`username: shop_${environment},`, `username: ${target.user},`)
    }
    // All that the example needs to run in pods.
    const inPods = text.replaceAll(
      /^( *)identifier: database\n/gm,
      '$&$1stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k8s, initTimeout: 2m}}\n',
    )
    assert.equal(inPods.match(/KubernetesDirect/g)?.length, environments.length)
    await installation.apply(
      `connector: { identifier: k8s, ${testPlace}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }\n---\n${inPods}`,
    )
    for (const [environment, target] of targets) {
      const url = `jdbc:postgresql://${reach.host}/${nameOf(target)}`
      await installation.setSecret(`shop_${environment}_password`, target.password, [url])
    }
  })
  after(async () => {
    await lab?.[Symbol.asyncDispose]()
    for (const target of targets.values()) await target.close()
  })

  const networkPolicies = async (): Promise<readonly SeenPolicy[]> => {
    const path = `/apis/networking.k8s.io/v1/namespaces/${lab.namespace}/networkpolicies`
    return (await lab.kube.admin.insist<{ items: SeenPolicy[] }>('GET', path)).body.items
  }
  const historyOf = (target: TestTarget): Promise<Record<string, unknown>[]> =>
    target.query('select id, author, orderexecuted, dateexecuted::text, tag from databasechangelog order by orderexecuted')

  it('brings three databases up to date, and the second time finds nothing to do', async () => {
    const seen = new Map<string, SeenPolicy>()
    let isOver = false
    const watching = (async () => {
      while (!isOver) {
        for (const policy of await networkPolicies()) seen.set(policy.metadata.name, policy)
        await new Promise((done) => setTimeout(done, 100))
      }
    })()
    const { installation } = lab
    try {
      const first = await installation.waitForExecution(await installation.run('deploy_shop'), { timeoutMs: 180_000 })
      await assertSucceeded(installation, first)
      const applied = stepsOf(first).filter(({ identifier }) => identifier === 'apply')
      assert.deepEqual(
        applied.map(({ counts }) => (counts?.applied ?? 0) > 3),
        [true, true, true],
        JSON.stringify(applied),
      )
    } finally {
      isOver = true
      await watching
    }
    const before = await Promise.all([...targets.values()].map(historyOf))
    const second = await installation.waitForExecution(await installation.run('deploy_shop'), { timeoutMs: 180_000 })
    await assertSucceeded(installation, second)
    for (const { identifier, counts } of stepsOf(second)) {
      if (identifier === 'apply') assert.equal(counts?.applied ?? 0, 0)
    }
    assert.deepEqual(await Promise.all([...targets.values()].map(historyOf)), before)

    assert.equal(seen.size, environments.length)
    for (const policy of seen.values()) expectDocumented(policy)
    await waitFor(async () => (await networkPolicies()).length === 0, {
      timeoutMs: 60_000,
      what: 'the network policies to be gone',
    })
  })

  /** What docs/delegate.md says of a database group's policy. */
  function expectDocumented({ metadata, spec }: SeenPolicy): void {
    const { hostAddress } = lab.kube
    assert.deepEqual(
      metadata.ownerReferences?.map(({ kind, name }) => [kind, name]),
      [['Lease', metadata.name]],
    )
    assert.deepEqual(Object.keys(spec.podSelector.matchLabels ?? {}), ['sluice.dev/attempt'])
    assert.deepEqual([spec.policyTypes, spec.ingress ?? []], [['Ingress', 'Egress'], []])
    const [names, ...others] = spec.egress
    assert.deepEqual(names, {
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    })
    const database = Number(new URL(lab.jdbcUrl.slice('jdbc:'.length)).port)
    const git = Number(new URL(lab.gitUrl('shop')).port)
    const ports = others.map(({ to, ports: allowed = [] }) => {
      assert.deepEqual(
        to?.map(({ ipBlock }) => ipBlock.cidr),
        [`${hostAddress}/32`],
      )
      assert.deepEqual(
        allowed.map(({ protocol }) => protocol),
        ['TCP'],
      )
      return allowed[0]?.port
    })
    // The relay's, the database's and the Git host's.
    assert.equal(new Set(ports).size, 3)
    for (const port of [database, git]) assert.ok(ports.includes(port), ports.join())
  }

  it('is refused in words where the Role does not let the delegate make network policies', async () => {
    const { installation, kube, namespace } = lab
    const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles`
    const setRole = async (networkPolicy: boolean): Promise<void> => {
      const name = 'sluice-delegate'
      await kube.admin.insist('DELETE', `${roles}/${name}`)
      await kube.admin.insist('POST', roles, { body: { metadata: { name }, rules: jobNamespaceRules({ networkPolicy }) } })
      const resourceAttributes = { namespace, verb: 'create', group: 'networking.k8s.io', resource: 'networkpolicies' }
      const body = { spec: { user: `system:serviceaccount:${namespace}:${name}`, resourceAttributes } }
      const isAllowed = async (): Promise<boolean> => {
        const answer = await kube.admin.insist<{ status: { allowed: boolean } }>(
          'POST',
          '/apis/authorization.k8s.io/v1/subjectaccessreviews',
          { body },
        )
        return answer.body.status.allowed
      }
      await waitFor(async () => (await isAllowed()) === networkPolicy, { timeoutMs: 30_000 })
    }
    await setRole(false)
    try {
      const view = await installation.waitForExecution(await installation.run('deploy_shop'), { timeoutMs: 120_000 })
      assert.equal(view.state, 'Failed')
      const said = failuresOf(view)
      assert.match(said, /NetworkPolicy "sluice-.*was refused.*networkpolicies/)
      assert.match(said, /SLUICE_DELEGATE_NETWORK_POLICY/)
    } finally {
      await setRole(true)
    }
    const items = async (kind: string): Promise<number> => {
      const query = { labelSelector: 'app.kubernetes.io/managed-by=sluice' }
      const { body } = await kube.admin.insist<{ items: unknown[] }>('GET', `/api/v1/namespaces/${namespace}/${kind}`, { query })
      return body.items.length
    }
    await waitFor(async () => (await items('secrets')) + (await items('pods')) === 0, { timeoutMs: 60_000 })
  })
})

function nameOf({ jdbcUrl }: TestTarget): string {
  return jdbcUrl.slice(jdbcUrl.lastIndexOf('/') + 1)
}

function readFiles(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    names.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')]
    }),
  )
}
