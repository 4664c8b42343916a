import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import type { RunTaskStep, TaskSpec } from '@sluice/contract'
import { openTestRunner } from '../protocol/testing/test-runner.ts'
import { create, openTestShop, stepsOf, type TestShop } from '../protocol/testing/test-shop.ts'

const place = { orgIdentifier: 'default', projectIdentifier: 'default' }
type Scope = Parameters<typeof openTestShop>[0]

/** A shop with a cluster and registries, and a delegate that can place pods. */
async function openPodShop(scope: Scope): Promise<TestShop> {
  const shop = await openTestShop(scope)
  const { server } = shop
  const connector = (identifier: string, type: string, spec: object) =>
    create(server, 'connectors', { identifier, ...place, type, spec })
  await create(server, 'secrets', { identifier: 'reg_pw', ...place, spec: { provider: 'env', variable: 'REGISTRY_PASSWORD' } })
  await create(server, 'secrets', { identifier: 'reg_config', ...place, spec: { provider: 'file', path: 'config.json' } })
  await create(server, 'secrets', { identifier: 'token', ...place, spec: { provider: 'env', variable: 'TOKEN' } })
  await connector('k8s', 'K8sCluster', { credential: { type: 'InheritFromDelegate' } })
  await connector('other_k8s', 'K8sCluster', {
    credential: { type: 'ManualConfig', spec: { masterUrl: 'https://k', serviceAccountTokenRef: 'token' } },
  })
  const auth = { type: 'UsernamePassword', spec: { username: 'puller', passwordRef: 'reg_pw' } }
  await connector('images', 'DockerRegistry', { dockerRegistryUrl: 'https://r.example.com/team', auth })
  await connector('tools', 'DockerRegistry', {
    dockerRegistryUrl: 'https://tools.example.com',
    auth: { type: 'DockerConfig', spec: { configRef: 'reg_config' } },
    images: { runner: 'ours/sluice:9' },
  })
  return shop
}

async function runYaml(shop: TestShop, identifier: string, group: string): Promise<string> {
  const yaml = `pipeline:
  identifier: ${identifier}
  variables: [{name: who, type: String, value: ada}, {name: secret_token, type: Secret, value: <+secrets.getValue("token")>}]
  stages:
    - stage:
        identifier: main
        type: Custom
        spec:
          execution:
            steps:
              - stepGroup:
                  identifier: g1
${group
  .trim()
  .split('\n')
  .map((line) => `                  ${line}`)
  .join('\n')}
`
  await create(shop.server, 'pipelines', { identifier, yaml })
  const { status, body } = await shop.server.call('POST', '/api/v1/executions', { body: { pipelineIdentifier: identifier } })
  equal(status, 201, JSON.stringify(body))
  return (body as { id: string }).id
}

function scripts(task: TaskSpec): RunTaskStep[] {
  return task.steps.flatMap((step) => (step.kind === 'run' ? [step] : []))
}

const infra =
  'stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k8s, namespace: jobs, labels: {run: <+pipeline.name>}}}'
const apply = (identifier: string, more = '') =>
  `{step: {identifier: ${identifier}, type: DBSchemaApply, spec: {dbSchema: shop, dbInstance: dev${more}}}}`
const run = (identifier: string, spec: string) => `{step: {identifier: ${identifier}, type: Run, spec: {${spec}}}}`

describe('planning a group for a pod', () => {
  it('takes the runner’s image from the connector of the database steps, with the largest limits, and its credentials as slots', async (t) => {
    const shop = await openPodShop(t)
    const delegate = await shop.delegate()
    delegate.executors = ['process', 'kubernetes']
    await runYaml(
      shop,
      'p1',
      `${infra}
steps:
  - ${apply('a', ', connectorRef: images, resources: {limits: {cpu: 500m, memory: 1Gi}}')}
  - ${apply('b', ', connectorRef: images, resources: {limits: {cpu: 1, memory: 512Mi}}')}`,
    )
    const offer = await delegate.nextOffer()
    equal(offer.infraType, 'kubernetes')
    const { task } = await delegate.accept(offer)
    ok(task.infra.type === 'kubernetes')
    equal(task.infra.namespace, 'jobs')
    deepEqual(task.infra.labels, { run: 'p1' })
    equal(task.infra.pullSecrets, 'connectors')
    match(task.infra.runner.image ?? '', /^r\.example\.com\/team\/sluice:\d/)
    deepEqual(task.infra.runner.resources, { limits: { cpu: '1', memory: '1Gi' } })
    deepEqual(task.containers, [])
    const [registry] = task.registries
    equal(registry?.form, 'dockercfg')
    equal(registry.host, 'r.example.com')
    const slot = registry.password?.kind === 'slot' ? registry.password.slot : ''
    const secret = task.secrets.find((candidate) => candidate.slot === slot)
    deepEqual([secret?.use, secret?.audience], ['registry', 'r.example.com'])
    ok(task.notAfterMs > task.infra.initTimeoutMs)
  })

  it('shares a container only between scripts with the same image and secrets that never run together', async (t) => {
    const shop = await openPodShop(t)
    const delegate = await shop.delegate()
    delegate.executors = ['kubernetes']
    const executionId = await runYaml(
      shop,
      'p2',
      `${infra}
steps:
  - ${run('a', 'command: ls, image: busybox')}
  - ${run('b', 'command: id, image: busybox')}
  - ${run('c', 'command: use <+pipeline.variables.secret_token>, image: busybox, connectorRef: tools')}
  - parallel:
      - ${run('d', 'command: ls, image: busybox')}
      - ${run('e', 'command: ls, image: busybox')}
  - ${run('f', 'command: echo <+pipeline.variables.who>, image: busybox, envVariables: {T: <+secrets.getValue("token")>}, connectorRef: tools')}`,
    )
    const accepted = await delegate.accept(await delegate.nextOffer())
    const { task } = accepted
    deepEqual(
      scripts(task).map((step) => [step.path.split('/').at(-1), step.container]),
      [
        ['a', 'c1'],
        ['b', 'c1'],
        ['c', 'c2'],
        ['d', 'c1'],
        ['e', 'c3'],
        ['f', 'c2'],
      ],
    )
    deepEqual(
      task.containers.map(({ id, image, slots }) => [id, image, slots.length]),
      [
        ['c1', 'busybox', 0],
        ['c2', 'tools.example.com/busybox', 1],
        ['c3', 'busybox', 0],
      ],
    )
    equal(task.registries[0]?.form, 'dockerconfigjson')
    ok(task.infra.type === 'kubernetes')
    equal(task.infra.runner.image, undefined)
    const [secret] = task.secrets
    deepEqual([secret?.use, secret?.audience], ['step', 'pipeline://default/default/p2'])

    // The orders come one after another, with slots in the place of secrets and text as text.
    const runner = openTestRunner(shop.url, accepted)
    const parts: unknown[] = []
    for (let index = 0; index < 6; index++) {
      const { stepRunId, run: script } = await runner.nextOrder()
      parts.push(script?.command)
      const finished = { type: 'step.finished' as const, stepRunId, outcome: 'Succeeded' as const }
      await runner.report({ type: 'step.started', stepRunId }, finished)
    }
    deepEqual(parts[2], [
      { kind: 'literal', text: 'use ' },
      { kind: 'slot', slot: secret?.slot },
    ])
    deepEqual(parts[5], [
      { kind: 'literal', text: 'echo ' },
      { kind: 'literal', text: 'ada' },
    ])
    await shop.until(executionId, 'Succeeded')
  })

  it('waits for a delegate that can place pods, and says so of the others', async (t) => {
    const shop = await openPodShop(t)
    const delegate = await shop.delegate()
    await delegate.poll()
    const executionId = await runYaml(shop, 'p3', `${infra}\nsteps: [${run('a', 'command: ls, image: busybox')}]`)
    const path = `/api/v1/executions/${executionId}/selection`
    await waitFor(
      async () => /cannot place step groups in pods/.test(JSON.stringify((await shop.server.call('GET', path)).body)),
      { timeoutMs: 20_000 },
    )
    deepEqual(
      (await delegate.poll()).filter((command) => command.type === 'offer'),
      [],
    )
    delegate.executors = ['kubernetes']
    equal((await delegate.nextOffer()).infraType, 'kubernetes')
  })

  it('names all that is missing or does not fit at once', async (t) => {
    const shop = await openPodShop(t)
    const executionId = await runYaml(
      shop,
      'p4',
      `stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: other_k8s}}
steps:
  - ${run('a', 'command: ls, image: "quay.io/x/y", connectorRef: images')}
  - ${run('b', 'command: ls, image: "not an image"')}
  - ${run('c', 'command: ls, image: x, connectorRef: nowhere')}
  - ${run('d', 'command: ls, image: x, connectorRef: repo')}`,
    )
    const view = await shop.until(executionId, 'Failed')
    const message = JSON.stringify(view)
    for (const part of [
      'has credentials of its own, which cannot be used yet',
      'is in another registry than its connector',
      'is not the name of an image',
      'the connector \\"nowhere\\" does not exist',
      'the connector \\"repo\\" is not one for an image registry',
    ]) {
      ok(message.includes(part), `${part}\n${message}`)
    }
  })

  it('obeys the account’s and the project’s settings, of which the stricter counts', async (t) => {
    const shop = await openPodShop(t)
    const delegate = await shop.delegate()
    delegate.executors = ['kubernetes']
    const patch = { registryCredentials: 'serviceAccount', imageRegistry: 'mirror.local', runnerImage: 'r.local/sluice:7' }
    equal((await shop.server.call('PATCH', '/api/v1/settings', { body: patch })).status, 200)
    const project = await shop.server.call('GET', '/api/v1/projects/default?orgIdentifier=default')
    const { spec, meta } = project.body as { spec: object; meta: { version: number } }
    const changed = await shop.server.call('PUT', '/api/v1/projects/default?orgIdentifier=default', {
      body: { ...spec, secrets: 'runtime' },
      headers: { 'if-match': `"${String(meta.version)}"` },
    })
    equal(changed.status, 200, JSON.stringify(changed.body))
    await runYaml(
      shop,
      'p5',
      `${infra}\nsteps: [${run('a', 'command: ls, image: busybox')}, ${run('b', 'command: ls, image: tool, connectorRef: tools')}]`,
    )
    const { task } = await delegate.accept(await delegate.nextOffer())
    ok(task.infra.type === 'kubernetes')
    equal(task.infra.pullSecrets, 'serviceAccount')
    equal(task.infra.runner.image, 'r.local/sluice:7')
    deepEqual(task.registries, [])
    equal(task.secretMode, 'runtime')
    deepEqual(
      task.containers.map(({ image }) => image),
      ['mirror.local/busybox', 'tools.example.com/tool'],
    )
  })

  it('keeps the values of one step group out of the cluster’s storage where the group says so', async (t) => {
    const shop = await openPodShop(t)
    const delegate = await shop.delegate()
    delegate.executors = ['kubernetes']
    await runYaml(shop, 'p7', `${infra}\nsecrets: runtime\nsteps: [${run('a', 'command: ls, image: busybox')}]`)
    equal((await delegate.accept(await delegate.nextOffer())).task.secretMode, 'runtime')
    await runYaml(shop, 'p8', `${infra}\nsecrets: kubernetes\nsteps: [${run('a', 'command: ls, image: busybox')}]`)
    equal((await delegate.accept(await delegate.nextOffer())).task.secretMode, 'kubernetes')
  })

  it('carries a pod overlay with the values of its expressions, and says what of it cannot be merged', async (t) => {
    const shop = await openPodShop(t)
    const delegate = await shop.delegate()
    delegate.executors = ['kubernetes']
    const withOverlay = (identifier: string, overlay: string) =>
      runYaml(
        shop,
        identifier,
        `stepGroupInfra:
  type: KubernetesDirect
  spec:
    connectorRef: k8s
    podSpecOverlay: ${overlay}
steps: [${run('a', 'command: ls, image: busybox')}]`,
      )
    const yaml = `|
      spec:
        terminationGracePeriodSeconds: 300
        nodeSelector: {owner: <+pipeline.variables.who>, run: "<+pipeline.sequenceId>"}`
    await withOverlay('p9', yaml)
    const { task } = await delegate.accept(await delegate.nextOffer())
    ok(task.infra.type === 'kubernetes')
    deepEqual(task.infra.podSpecOverlay, { terminationGracePeriodSeconds: 300, nodeSelector: { owner: 'ada', run: '1' } })
    // What cannot be seen when the pipeline is stored.
    const failed = await shop.until(await withOverlay('p10', '{hostNetwork: <+pipeline.variables.who>}'), 'Failed')
    match(JSON.stringify(failed), /POD_OVERLAY_INVALID[^}]*hostNetwork\\" has to be true or false, but it is the text \\"ada/)
  })

  it('shows what a pod waits for, keeps the cluster’s events, and gives up at once where another try is useless', async (t) => {
    const shop = await openPodShop(t)
    const delegate = await shop.delegate()
    delegate.executors = ['kubernetes']
    const executionId = await runYaml(shop, 'p6', `${infra}\nsteps: [${run('a', 'command: ls, image: busybox')}]`)
    const offer = await delegate.nextOffer()
    await delegate.accept(offer)
    const event = {
      at: '2026-01-01T00:00:00Z',
      type: 'Warning',
      object: 'Pod/sluice-x',
      reason: 'Failed',
      message: '401 Unauthorized',
    }
    await delegate.report(offer, 1, { type: 'attempt.kubernetesEvents', events: [event] })
    await delegate.report(offer, 2, { type: 'attempt.waiting', what: 'The image "busybox" is being pulled.', hint: 'Wait.' })
    const [group] = (await shop.view(executionId)).stages[0]?.nodes ?? []
    ok(group?.kind === 'stepGroup')
    deepEqual([group.attempt?.waitingFor, group.attempt?.waitingHint], ['The image "busybox" is being pulled.', 'Wait.'])
    await delegate.report(offer, 3, {
      type: 'attempt.gone',
      reason: 'placement',
      message: 'The image cannot be pulled: 401.',
      hint: 'Correct the connector’s password.',
      final: true,
    })
    const view = await shop.until(executionId, 'Failed')
    match(JSON.stringify(view), /The image cannot be pulled: 401\..*Correct the connector’s password/)
    equal(stepsOf(view)[0]?.state, 'Skipped')
    const { body } = await shop.server.call('GET', `/api/v1/executions/${executionId}/kubernetes-events`)
    deepEqual((body as { items: object[] }).items, [{ attemptId: offer.attemptId, groupPath: 'main/g1', ...event }])
  })
})
