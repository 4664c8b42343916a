import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { executionEndpoints, type ExecutionView, operationEndpoints } from '@sluice/contract'
import { requireOrSkip, skipWithoutKube, testPullSecret } from '@sluice/testkit'
import { failuresOf, stepOf } from '../support/execution-steps.ts'
import { type KubeInstallation, openKubeInstallation } from '../support/kube-installation.ts'
import { assertSucceeded, podPipeline, runPipeline, runStep, testPlace } from '../support/pod-pipelines.ts'
import { type ImageKind, pushImages } from '../support/test-images.ts'

/** Pulls the runner's image and no other, so that images of steps depend on their own connectors. */
const runnerPullSecret = 'runner-only'
const wrongPassword = 'not-the-password'
/** A refusal has to be on the step this long after the start of the execution at the latest. */
const saidWithinMs = 45_000

describe('images of steps', { skip: skipWithoutKube() }, () => {
  let lab: KubeInstallation
  let images: Record<ImageKind, string>

  before(async () => {
    lab = await openKubeInstallation({
      delegateEnv: { SLUICE_DELEGATE_IMAGE_PULL_SECRETS: runnerPullSecret },
      serviceAccounts: ['default', 'puller'],
    })
    const { installation, kube, namespace, registry } = lab
    images = pushImages(registry, 'test', hasMusl() ? ['busybox', 'musl'] : ['busybox'])
    const auth = Buffer.from(`${registry.user}:${registry.password}`).toString('base64')
    const config = (key: string): string => JSON.stringify({ auths: { [key]: { auth } } })
    await kube.admin.insist('POST', `/api/v1/namespaces/${namespace}/secrets`, {
      body: {
        metadata: { name: runnerPullSecret },
        type: 'kubernetes.io/dockerconfigjson',
        stringData: { '.dockerconfigjson': config(`${registry.host}/sluice`) },
      },
    })
    await kube.admin.insist('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
      body: { metadata: { name: 'puller' }, imagePullSecrets: [{ name: testPullSecret }] },
    })
    const secrets = { right: registry.password, wrong: wrongPassword, config: config(registry.host) }
    const connector = (name: string, auth: string, more = ''): string =>
      `connector: { identifier: ${name}, ${testPlace}, type: DockerRegistry, spec: { dockerRegistryUrl: "http://${registry.host}", auth: ${auth}${more} } }\n---\n`
    const login = (secret: string): string =>
      `{ type: UsernamePassword, spec: { username: ${registry.user}, passwordRef: ${secret} } }`
    const ofSecrets = Object.keys(secrets).map(
      (name) => `secret: { identifier: ${name}, ${testPlace}, spec: { provider: sealed } }`,
    )
    await installation.apply(`${ofSecrets.join('\n---\n')}
---
${connector('by_password', login('right'))}${connector('by_wrong_password', login('wrong'))}
${connector('by_config', '{ type: DockerConfig, spec: { configRef: config } }')}
${connector('by_nothing', '{ type: Anonymous }')}
${connector('mirrored', login('right'), `, mirrors: { docker.io/library: "${registry.host}" }`)}
connector: { identifier: k8s, ${testPlace}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }
`)
    for (const [name, value] of Object.entries(secrets)) await installation.setSecret(name, value, [registry.host])
  })
  after(() => lab?.[Symbol.asyncDispose]())

  /** Pulled every time: an image that the node has already would say nothing about credentials. */
  const pull = (name: string, image: string, connector?: string, infra = ''): Promise<ExecutionView> => {
    const ref = connector === undefined ? '' : `connectorRef: ${connector}\n`
    const step = runStep('script', image, 'echo pulled', `${ref}imagePullPolicy: Always`)
    return runPipeline(lab.installation, podPipeline(name, step, { infra }))
  }
  const succeeds = async (view: ExecutionView): Promise<string> => {
    await assertSucceeded(lab.installation, view)
    return lab.installation.readWholeLog(view.id, stepOf(view, 'script').stepRunId)
  }
  /** Types of the Secrets of registries that stood in the namespace for these executions. */
  const secretsOf = async (during: () => Promise<readonly ExecutionView[]>): Promise<readonly string[]> => {
    const seen = new Map<string, { execution: string | undefined; type: string }>()
    let isOver = false
    const look = async (): Promise<void> => {
      while (!isOver) {
        const { body } = await lab.kube.admin.call<{
          items: { type: string; metadata: { name: string; labels?: Readonly<Record<string, string>> } }[]
        }>('GET', `/api/v1/namespaces/${lab.namespace}/secrets`)
        for (const { type, metadata } of body.items) {
          if (metadata.name.includes('-pull-'))
            seen.set(metadata.name, { execution: metadata.labels?.['sluice.dev/execution'], type })
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    const looking = look()
    let ids: readonly string[] = []
    try {
      ids = (await during()).map(({ id }) => id)
    } finally {
      isOver = true
      await looking
    }
    return [...seen.values()].flatMap(({ execution, type }) => (ids.includes(execution ?? '') ? type : [])).toSorted()
  }

  it('come from a private registry with right credentials, in both forms of Secret', async () => {
    const types = await secretsOf(async () => {
      const views = await Promise.all([
        pull('password', images.busybox, 'by_password'),
        pull('config', images.busybox, 'by_config'),
      ])
      for (const view of views) assert.match(await succeeds(view), /pulled/)
      return views
    })
    assert.deepEqual(types, ['kubernetes.io/dockercfg', 'kubernetes.io/dockerconfigjson'])
  })

  it('that a registry refuses fail with its own word, the image, the connector’s part in it, and soon', async () => {
    await Promise.all(
      ['by_wrong_password', 'by_nothing'].map(async (connector) => {
        const view = await pull(`refused_${connector}`, images.busybox, connector)
        assert.equal(view.state, 'Failed')
        const said = failuresOf(view)
        assert.match(said, /cannot be pulled.*(?:401|unauthorized|authorization failed|no basic auth)/i)
        assert.match(said, new RegExp(`${lab.registry.host}/${images.busybox}`))
        assert.match(
          said,
          /The registry refuses the credentials, or got none: name a registry connector.*check its user name and password/,
        )
        assert.ok(!said.includes(wrongPassword))
        const tookMs = Date.parse(view.endedAt ?? '') - Date.parse(view.startedAt)
        assert.ok(tookMs < saidWithinMs, `It was said after ${String(tookMs)} ms.`)
        // One flag or click further: what the cluster said itself.
        const { items } = await lab.installation.client.call(executionEndpoints.kubernetesEvents, {
          params: { executionId: view.id },
        })
        assert.ok(
          items.some(({ reason, message }) => reason === 'Failed' && message.includes(images.busybox)),
          JSON.stringify(items),
        )
      }),
    )
  })

  it('come from mirrors: a connector’s, and the account’s own registry for those that name none', async () => {
    const { installation, registry } = lab
    assert.match(await succeeds(await pull('mirrored', `docker.io/library/${images.busybox}`, 'mirrored')), /pulled/)
    const { client } = installation
    await client.call(operationEndpoints.updateSettings, {
      body: { imageRegistry: registry.host, registryCredentials: 'serviceAccount' },
    })
    try {
      const types = await secretsOf(async () => {
        // The service account's own Secret pulls, whatever the connector would have said.
        const [air, own] = await Promise.all([
          pull('air_gapped', images.busybox, undefined, ', serviceAccountName: puller'),
          pull('own', images.busybox, 'by_wrong_password', ', serviceAccountName: puller'),
        ])
        for (const view of [air, own]) assert.match(await succeeds(view), /pulled/)
        return [air, own]
      })
      assert.deepEqual(types, [])
    } finally {
      await client.call(operationEndpoints.updateSettings, { body: { imageRegistry: '', registryCredentials: 'connectors' } })
    }
  })

  const withoutMusl = requireOrSkip('musl-gcc (musl-tools on Debian)', hasMusl())
  it('may be linked with musl, have no shell, and a default user that is a name', { skip: withoutMusl }, async () => {
    const step = runStep('script', images.musl, 'which-libc', 'connectorRef: by_password')
    const view = await runPipeline(lab.installation, podPipeline('musl', step))
    // A number that is not root's, whatever the image says.
    assert.match(await succeeds(view), /musl as 65601\n/)
  })
})

function hasMusl(): boolean {
  try {
    execFileSync('musl-gcc', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
