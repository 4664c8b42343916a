import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { executionEndpoints, type ExecutionView, operationEndpoints } from '@sluice/contract'
import type { Pod } from '@sluice/executor'
import { skipWithoutKube, waitFor } from '@sluice/testkit'
import { failuresOf, stepsOf } from '../support/execution-steps.ts'
import { readEtcd } from '../support/etcd-keys.ts'
import { type KubeInstallation, openKubeInstallation } from '../support/kube-installation.ts'
import { assertSucceeded, podPipeline, runPipeline, runStep } from '../support/pod-pipelines.ts'
import { type ImageKind, pushImages } from '../support/test-images.ts'

const head = 'orgIdentifier: default, projectIdentifier: default'

describe('step groups in pods', { skip: skipWithoutKube() }, () => {
  let lab: KubeInstallation
  let images: Record<ImageKind, string>

  before(async () => {
    lab = await openKubeInstallation({ delegateEnv: { TEST_TOKEN: 'canary-token-4f1c' } })
    images = pushImages(lab.registry, 'test')
    const { installation, registry, jdbcUrl, target } = lab
    const repository = installation.createRepository('shop')
    repository.commit({
      'changelog.sql':
        '--liquibase formatted sql\n--changeset ada:1\ncreate table shop (id int primary key);\n--rollback drop table shop;\n',
    })
    await installation.apply(`
secret: { identifier: registry_password, ${head}, spec: { provider: sealed } }
---
secret: { identifier: database_password, ${head}, spec: { provider: sealed } }
---
secret: { identifier: token, ${head}, spec: { provider: env, variable: TEST_TOKEN } }
---
connector: { identifier: k8s, ${head}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }
---
connector:
  identifier: registry
  orgIdentifier: default
  projectIdentifier: default
  type: DockerRegistry
  spec:
    dockerRegistryUrl: http://${registry.host}
    auth: { type: UsernamePassword, spec: { username: ${registry.user}, passwordRef: registry_password } }
---
connector: { identifier: shop_git, ${head}, type: Git, spec: { url: ${lab.gitUrl('shop')} } }
---
connector:
  identifier: shop_db
  orgIdentifier: default
  projectIdentifier: default
  type: Jdbc
  spec:
    connectionUrl: ${jdbcUrl}
    auth: { type: UsernamePassword, spec: { username: ${target.user}, passwordRef: database_password } }
---
dbSchema: { identifier: shop, migrationType: Liquibase, changelog: { connector: shop_git, location: changelog.sql } }
---
dbInstance: { identifier: shop_instance, dbSchema: shop, connector: shop_db, branch: main }
`)
    await installation.setSecret('registry_password', registry.password, [registry.host])
    await installation.setSecret('database_password', target.password, [jdbcUrl])
  })
  after(() => lab?.[Symbol.asyncDispose]())

  const pipelineOf = (name: string, steps: string): string =>
    podPipeline(name, steps, { pipeline: 'variables: [{name: token, type: Secret, value: <+secrets.getValue("token")>}]' })
  const runGroup = (name: string, steps: string): Promise<ExecutionView> =>
    runPipeline(lab.installation, pipelineOf(name, steps), 120_000)
  const script = (identifier: string, image: string, command: string, more = ''): string =>
    runStep(identifier, image, command, `connectorRef: registry\n${more}`)
  const streamOf = (view: ExecutionView, identifier: string): string =>
    stepsOf(view).find((candidate) => candidate.identifier === identifier)?.stepRunId ?? ''
  const logOf = (view: ExecutionView, identifier: string): Promise<string> =>
    lab.installation.readWholeLog(view.id, streamOf(view, identifier))
  const logSoFar = (view: ExecutionView, identifier: string): Promise<string> =>
    lab.installation.readLog(view.id, streamOf(view, identifier))
  const succeeded = (view: ExecutionView): Promise<void> => assertSucceeded(lab.installation, view)

  it('apply a change to PostgreSQL, and a second time nothing', async () => {
    const apply = '- step: {identifier: apply, type: DBSchemaApply, spec: {dbSchema: shop, dbInstance: shop_instance}}'
    const first = await runGroup('apply', apply)
    await succeeded(first)
    assert.equal(stepsOf(first)[0]?.counts?.applied, 1)
    const second = await runGroup('apply', apply)
    await succeeded(second)
    assert.equal(stepsOf(second)[0]?.counts?.applied ?? 0, 0)
    const history = await lab.target.query("select count(*)::int as n from databasechangelog where id = '1' and author = 'ada'")
    assert.equal(history[0]?.['n'], 1)
  })

  it('run scripts in images of every kind, with outputs into later steps and secrets masked', async () => {
    const view = await runGroup(
      'images',
      [
        script(
          'busybox',
          images.busybox,
          'id -u\nGREETING="hello there"\nPRIVATE="generated-secret-77"\necho "shared" >"$PWD/file"',
          'outputVariables: [{name: GREETING}, {name: PRIVATE, type: Secret}]',
        ),
        script(
          'glibc',
          images.glibc,
          'id -u; cat file\necho "<+execution.steps.pod.steps.busybox.output.outputVariables.GREETING> from bash"\necho "token is $TOKEN"',
          'shell: Bash\nenvVariables: {TOKEN: <+pipeline.variables.token>}',
        ),
        script(
          'bare',
          images.bare,
          'echo "no shell here"\n[ "$P" = generated-secret-77 ] && echo "private came through: $P"',
          'envVariables: {P: <+execution.steps.pod.steps.busybox.output.outputVariables.PRIVATE>}',
        ),
      ].join('\n'),
    )
    await succeeded(view)
    const [busybox, glibc, bare] = await Promise.all(['busybox', 'glibc', 'bare'].map((name) => logOf(view, name)))
    assert.match(busybox ?? '', / 65601\n/)
    assert.match(glibc ?? '', / 65602\n[^]*shared\n[^]*hello there from bash\n/)
    assert.match(glibc ?? '', /token is \*+\n/)
    assert.match(bare ?? '', /no shell here\n[^]*private came through: \*+\n/)
    assert.equal(stepsOf(view)[0]?.outputs?.['GREETING'], 'hello there')
    assert.ok(!JSON.stringify(view).includes('generated-secret-77'))
  })

  it('keep a step from the runner’s files, other steps’ values and other containers’ processes', async () => {
    const view = await runGroup(
      'isolation',
      [
        script(
          'one',
          images.busybox,
          'sleep 1; env | grep -c TOKEN; ls /sluice',
          'envVariables: {TOKEN: <+pipeline.variables.token>}',
        ),
        script(
          'two',
          images.busybox,
          'ls /sluice; ls /sluice/slots /sluice/task /sluice/containers 2>&1 || true\nps\necho x 2>/dev/null >/sluice/bin/entry || echo "bin is read-only"\necho x 2>/dev/null >/etc/x || echo "root is read-only"\nls /var/run/secrets 2>&1 || true',
        ),
      ].join('\n'),
    )
    await succeeded(view)
    const log = await logOf(view, 'two')
    assert.match(log, /bin is read-only/)
    assert.match(log, /root is read-only/)
    assert.ok(!/node|runner/.test(log.replaceAll('/sluice', '')), log)
    for (const folder of ['slots', 'task', 'containers']) assert.match(log, new RegExp(`/sluice/${folder}: No such file`))
    assert.match(log, /\/var\/run\/secrets: No such file/)
  })

  it('say how a script failed, was killed for time, or could not be started', async () => {
    const failing = await runGroup('failing', script('fails', images.glibc, 'echo before; ls /nowhere; echo after'))
    assert.equal(failing.state, 'Failed')
    assert.equal(stepsOf(failing)[0]?.failure?.code, 'SCRIPT_FAILED')
    const log = await logOf(failing, 'fails')
    assert.match(log, /before\n[^]*No such file/)
    assert.ok(!log.includes('after'))
    const late = await runGroup(
      'late',
      script('slow', images.busybox, 'echo begun; sleep 300').replace('timeout: 2m', 'timeout: 2s'),
    )
    assert.equal(stepsOf(late)[0]?.failure?.code, 'STEP_TIMEOUT')
    assert.match(await logOf(late, 'slow'), /begun/)
    const missing = await runGroup('missing', script('bash', images.bare, 'echo x', 'shell: Bash'))
    assert.equal(stepsOf(missing)[0]?.state, 'Failed')
    assert.match(await logOf(missing, 'bash'), /no program "bash"/)
  })

  it('have what a pod overlay adds, and refuse in words what the delegate does not allow', async () => {
    const { installation, kube, namespace } = lab
    const withOverlay = (name: string, overlay: string): string =>
      podPipeline(name, script('waits', images.busybox, 'while :; do sleep 0.2; done'), {
        infra: `, podSpecOverlay: ${JSON.stringify(overlay)}`,
      })
    const overlay = `spec:
  terminationGracePeriodSeconds: 40
  tolerations: [{key: dedicated, operator: Exists}]
  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}
  volumes: [{name: facts, downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}]
  containers: [{name: c1, volumeMounts: [{name: facts, mountPath: /facts}], resources: {requests: {ephemeral-storage: 1Mi}}}]
`
    await installation.apply(withOverlay('overlay', overlay))
    const id = await installation.run('overlay')
    const pod = await waitFor(
      async () => {
        const { body } = await kube.admin.call<{ items: Pod[] }>('GET', `/api/v1/namespaces/${namespace}/pods`)
        return body.items.find(({ spec }) => spec.terminationGracePeriodSeconds === 40)
      },
      { timeoutMs: 90_000, what: 'the pod with the overlay' },
    )
    const { spec } = pod
    assert.ok(JSON.stringify(spec.tolerations).includes('"dedicated"'))
    const step = spec.containers.find(({ name }) => name === 'c1')
    assert.equal(step?.resources?.requests?.['ephemeral-storage'], '1Mi')
    assert.ok(step.volumeMounts?.some(({ mountPath }) => mountPath === '/facts'))
    assert.equal(spec.securityContext?.runAsNonRoot, true)
    await installation.client.call(executionEndpoints.cancel, { params: { executionId: id }, body: {} })
    assert.equal((await installation.waitForExecution(id)).state, 'Cancelled')
    const refused = await runPipeline(
      installation,
      withOverlay('refused', 'spec: {hostNetwork: true, hostAliases: [{ip: 10.0.0.1, hostnames: [db]}]}'),
    )
    assert.equal(refused.state, 'Failed')
    const said = failuresOf(refused)
    for (const part of ['spec.hostNetwork', 'hostNamespaces', 'spec.hostAliases', 'pods.allow'])
      assert.ok(said.includes(part), said)
  })

  it('in runtime mode leave no value in the cluster’s storage but what its kubelet needs', async () => {
    const { installation, kube, namespace, target } = lab
    await installation.client.call(operationEndpoints.updateSettings, { body: { secrets: 'runtime' } })
    const seen: string[] = []
    const etcd = process.env['SLUICE_TEST_ETCD']
    const stored = new Map<string, Buffer[]>()
    const watching = new AbortController()
    const kinds = ['secrets', 'pods', 'events', 'configmaps']
    const watch = async (): Promise<void> => {
      while (!watching.signal.aborted) {
        for (const kind of kinds) {
          const { body } = await kube.admin.call<object>('GET', `/api/v1/namespaces/${namespace}/${kind}`)
          seen.push(JSON.stringify(body))
        }
        if (etcd !== undefined)
          for (const { key, value } of await readEtcd(etcd)) stored.set(key, [...(stored.get(key) ?? []), value])
        await new Promise((resolve) => setTimeout(resolve, etcd === undefined ? 100 : 400))
      }
    }
    const watched = watch()
    const apply = '- step: {identifier: apply, type: DBSchemaApply, spec: {dbSchema: shop, dbInstance: shop_instance}}'
    const view = await runGroup(
      'runtime',
      `${apply}\n${script('uses', images.busybox, 'sleep 1; [ "$T" = canary-token-4f1c ] && echo "it came"', 'envVariables: {T: <+pipeline.variables.token>}')}`,
    )
    watching.abort()
    await watched
    await installation.client.call(operationEndpoints.updateSettings, { body: { secrets: 'kubernetes' } })
    await succeeded(view)
    assert.match(await logOf(view, 'uses'), /it came/)
    assert.ok(
      seen.some((text) => text.includes('kubernetes.io/dockercfg')),
      'the attempt’s objects were not seen',
    )
    for (const canary of ['canary-token-4f1c', target.password]) {
      for (const needle of [canary, Buffer.from(canary).toString('base64').replace(/=+$/, '')]) {
        assert.equal(seen.filter((text) => text.includes(needle)).length, 0)
        const keys = [...stored].flatMap(([key, values]) => (values.some((value) => value.includes(needle)) ? key : []))
        assert.deepEqual(keys, [])
      }
    }
    if (etcd === undefined) return
    // The dump sees what it should: the registry's password, in registry Secrets of this namespace and nowhere else.
    const ofRegistry = [...stored].flatMap(([key, values]) =>
      key.includes(`/${namespace}/`) && values.some((value) => value.includes(lab.registry.password)) ? key : [],
    )
    assert.ok(
      ofRegistry.some((key) => key.endsWith('-pull-0')),
      ofRegistry.join('\n'),
    )
    for (const key of ofRegistry) assert.match(key, /^\/registry\/secrets\/[^/]+\/(?:sluice-\w+-pull-\d+|test-registry)$/)
  })

  it('stop a script when its execution is cancelled, and run steps side by side', async () => {
    const { installation } = lab
    const sleeper = script(
      'sleeper',
      images.busybox,
      "trap 'echo asked to end; exit 3' TERM; echo up; while :; do sleep 0.1; done",
    )
    await installation.apply(
      pipelineOf(
        'cancelled',
        `- parallel:\n${`${sleeper}\n${script('other', images.busybox, 'echo done')}`.replaceAll(/^/gm, '    ')}`,
      ),
    )
    const id = await installation.run('cancelled')
    await waitFor(
      async () => {
        const view = await installation.getExecution(id)
        const logs = await Promise.all(['sleeper', 'other'].map((name) => logSoFar(view, name).catch(() => '')))
        return (logs[0]?.includes('up') ?? false) && (logs[1]?.includes('done') ?? false)
      },
      { timeoutMs: 90_000 },
    )
    await installation.client.call(executionEndpoints.cancel, { params: { executionId: id }, body: {} })
    const view = await installation.waitForExecution(id)
    assert.equal(view.state, 'Cancelled')
    assert.match(await logOf(view, 'sleeper'), /asked to end/)
  })

  it('show a log while it is written, and have it whole at the end although the pod is gone', async () => {
    const { installation, kube, namespace } = lab
    const command = 'for i in $(seq 1 2000); do echo "line $i of the log"; done\nsleep 3\necho last'
    await runGroup('warm', script('warm', images.busybox, 'true'))
    await installation.apply(pipelineOf('live', script('live', images.busybox, command)))
    const id = await installation.run('live')
    await waitFor(
      async () => {
        const view = await installation.getExecution(id)
        return view.state === 'Running' && (await logSoFar(view, 'live').catch(() => '')).includes('line 2000 of')
      },
      { timeoutMs: 90_000 },
    )
    const view = await installation.waitForExecution(id)
    await succeeded(view)
    const log = await logOf(view, 'live')
    assert.equal(log.match(/line \d+ of the log\n/g)?.length, 2000)
    assert.match(log, /last\n/)
    let left: readonly object[] = []
    const isClean = async (): Promise<boolean> => {
      left = (await kube.admin.call<{ items: object[] }>('GET', `/api/v1/namespaces/${namespace}/pods`)).body.items
      return left.length === 0
    }
    const what = (): string => `no pod to be left; ${JSON.stringify(left)}\n${installation.delegate?.output.slice(-4000) ?? ''}`
    // A kubelet says a few things a second at most: on a busy node its last word on a pod may take more than a minute.
    await waitFor(isClean, { timeoutMs: 180_000, what })
  })
})
