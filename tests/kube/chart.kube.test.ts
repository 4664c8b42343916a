import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { operationEndpoints } from '@sluice/contract'
import { jobNamespaceRules, ownNamespaceRules, type RoleRule } from '@sluice/executor'
import {
  openTempDir,
  openTestDatabase,
  openTestKube,
  requireOrSkip,
  skipWithoutKube,
  type TestKube,
  testImage,
  testPullSecret,
  waitFor,
} from '@sluice/testkit'
import { openHelmTools } from '../../packaging/helm-tools.ts'
import { chartFolder, plainManifests, renderPlainManifest, runTool } from '../../packaging/render-chart.ts'
import { stepsOf } from '../support/execution-steps.ts'
import { type Installation, openInstallation } from '../support/installation.ts'
import { forwardTo, type Reach, serveGit } from '../support/reach-from-pods.ts'
import { hasDns, routeService } from '../support/route-service.ts'
import { createCertificate, serveTls, type TestCertificate } from '../support/serve-tls.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

const tools = await openHelmTools()
const helm = tools ?? { helm: 'helm', kubectl: 'kubectl' }
const skip = skipWithoutKube() || requireOrSkip('Helm (Linux on x64, or SLUICE_TEST_HELM)', tools !== undefined)
const head = 'orgIdentifier: default, projectIdentifier: default'

describe('an installation from the chart', { skip }, () => {
  let kube: TestKube
  let own: string
  let jobs: string
  let image: { repository: string; tag: string; pullSecrets: string[] }
  let certificate: TestCertificate
  const opened: AsyncDisposable[] = []
  const keep = <T extends AsyncDisposable>(one: T): T => {
    opened.push(one)
    return one
  }

  before(async () => {
    kube = await openTestKube()
    own = await kube.namespace()
    jobs = await kube.namespace()
    await testImage(kube, own)
    const name = await testImage(kube, jobs)
    const colon = name.lastIndexOf(':')
    image = { repository: name.slice(0, colon), tag: name.slice(colon + 1), pullSecrets: [testPullSecret] }
    const folder = keep(await openTempDir())
    certificate = createCertificate(folder.path, [kube.hostAddress, '127.0.0.1'])
  })
  after(async () => {
    for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
    await kube?.close()
  })

  const kubectl = (args: readonly string[], input = ''): Promise<string> =>
    runTool(helm.kubectl, args, input, { KUBECONFIG: kube.kubeconfig })
  const install = async (release: string, values: object): Promise<string> => {
    const args = ['upgrade', '--install', release, chartFolder, '--namespace', own, '--values', '-', '--wait', '--timeout', '60s']
    try {
      return await runTool(helm.helm, args, JSON.stringify(values), { KUBECONFIG: kube.kubeconfig })
    } catch (cause) {
      const seen = await Promise.all([
        kubectl(['-n', own, 'get', 'pods,events']),
        kubectl(['-n', own, 'logs', '-l', `app.kubernetes.io/instance=${release}`, '--tail=30']),
      ]).catch(String)
      throw new Error(`${release} was not installed:\n${String(seen)}`, { cause })
    }
  }
  const createSecret = async (name: string, stringData: Readonly<Record<string, string>>, type = 'Opaque'): Promise<void> => {
    await kube.admin.insist('POST', `/api/v1/namespaces/${own}/secrets`, { body: { metadata: { name }, type, stringData } })
  }
  it('is taken by the API server as plain manifests too', async () => {
    for (const name of Object.keys(plainManifests) as (keyof typeof plainManifests)[]) {
      const text = (await renderPlainManifest(helm, name))
        .replaceAll(/^( *namespace:) sluice$/gm, `$1 ${own}`)
        .replaceAll(/^( *namespace:) sluice-jobs$/gm, `$1 ${jobs}`)
      const output = await kubectl(['apply', '--dry-run=server', '--validate=false', '-f', '-'], text)
      match(output, /serviceaccount\/\S+ created \(server dry run\)/)
      ok(!/error/i.test(output), output)
    }
  })

  it('runs a control plane that answers over TLS and hands out its first key', async () => {
    const database = await openTestDatabase()
    keep({ [Symbol.asyncDispose]: () => database.drop() })
    const local = new URL(database.url)
    const reach = keep(await forwardTo(kube.hostAddress, Number(local.port)))
    local.host = `${kube.hostAddress}:${String(reach.port)}`
    await createSecret('database', { url: local.href })
    await createSecret('tls', { 'tls.crt': certificate.certificate, 'tls.key': certificate.key }, 'kubernetes.io/tls')
    const controlPlane = {
      enabled: true,
      publicUrl: 'https://sluice.example.com',
      database: { existingSecret: 'database' },
      tls: { existingSecret: 'tls' },
    }
    const notes = await install('server', { image, controlPlane, delegate: { enabled: false } })
    match(notes, /exec deploy\/server-sluice-server -- cat/)
    const key = await kubectl(['-n', own, 'exec', 'deploy/server-sluice-server', '--', 'cat', '/var/lib/sluice/server/admin-key'])
    match(key, /^\S{20,}\s*$/)
  })

  it('runs a delegate with the documented rights that works a pipeline from inside the cluster', async () => {
    const installation: Installation = keep(await openInstallation({ timeScale: 4 }))
    const target: TestTarget = await openTestTarget()
    keep({ [Symbol.asyncDispose]: () => target.close() })
    const local = new URL(target.jdbcUrl.slice('jdbc:'.length))
    const database: Reach = keep(await forwardTo(kube.hostAddress, Number(local.port)))
    const git = keep(await serveGit(kube.hostAddress, `${installation.dir}/repositories`))
    const server = keep(await serveTls(kube.hostAddress, Number(new URL(installation.url).port), certificate))
    const { token } = await installation.client.call(operationEndpoints.createToken, { body: { approve: true } })
    await createSecret('token', { token })
    const route = keep(await routeService(kube.admin, kube.hostAddress, own, 'agent-sluice-delegate-0', 8443))
    // The tests' own cluster routes no Services, that of its API server included.
    const routesItself = await hasDns(kube.admin)
    const relay = routesItself ? {} : { relay: { url: `https://${kube.hostAddress}:${String(route.port)}` } }
    const inClusterEnv = routesItself
      ? []
      : [
          { name: 'KUBERNETES_SERVICE_HOST', value: kube.hostAddress },
          { name: 'KUBERNETES_SERVICE_PORT', value: new URL(kube.admin.origin).port || '443' },
        ]
    const delegate = {
      serverUrl: `https://${kube.hostAddress}:${String(server.port)}`,
      serverCA: { pem: certificate.certificate },
      token: { existingSecret: 'token' },
      jobNamespaces: [jobs],
      runnerPullSecrets: [testPullSecret],
      policy: { git: { protocols: ['https', 'http'] } },
      ...relay,
      networkPolicyPerAttempt: true,
      podGraceSeconds: 10,
      env: [{ name: 'SLUICE_TIME_SCALE', value: '4' }, ...inClusterEnv],
    }
    await install('agent', { image, delegate })
    await waitFor(
      async () => {
        const page = await installation.client.call(operationEndpoints.delegates, { query: { limit: 10 } })
        return page.items.some(({ name, health }) => name === 'agent-sluice-delegate' && health === 'connected')
      },
      { timeoutMs: 30_000 },
    )

    const user = `system:serviceaccount:${own}:agent-sluice-delegate`
    const rightsIn = async (namespace: string): Promise<string[]> =>
      readRights(await kubectl(['auth', 'can-i', '--list', '--no-headers', `--as=${user}`, '-n', namespace]))
    deepEqual(await rightsIn(jobs), describeRules(jobNamespaceRules({ networkPolicy: true })))
    const keySecrets = ['agent-sluice-delegate-keys', 'agent-sluice-delegate-0-keys']
    deepEqual(await rightsIn(own), describeRules(ownNamespaceRules(keySecrets)))
    deepEqual(await rightsIn('default'), [])

    const jdbcUrl = `jdbc:postgresql://${kube.hostAddress}:${String(database.port)}${local.pathname}`
    installation.createRepository('shop').commit({
      'changelog.sql': '--liquibase formatted sql\n--changeset ada:1\ncreate table shop (id int primary key);\n',
    })
    await installation.apply(`
secret: { identifier: password, ${head}, spec: { provider: sealed } }
---
connector: { identifier: k8s, ${head}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }
---
connector: { identifier: git, ${head}, type: Git, spec: { url: "http://${kube.hostAddress}:${String(git.port)}/shop/.git" } }
---
connector:
  identifier: db
  orgIdentifier: default
  projectIdentifier: default
  type: Jdbc
  spec: { connectionUrl: "${jdbcUrl}", auth: { type: UsernamePassword, spec: { username: ${target.user}, passwordRef: password } } }
---
dbSchema: { identifier: shop, migrationType: Liquibase, changelog: { connector: git, location: changelog.sql } }
---
dbInstance: { identifier: shop_instance, dbSchema: shop, connector: db, branch: main }
---
pipeline:
  identifier: deploy
  orgIdentifier: default
  projectIdentifier: default
  stages:
    - stage:
        identifier: main
        type: Custom
        spec:
          execution:
            steps:
              - stepGroup:
                  identifier: pod
                  stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k8s, initTimeout: 2m}}
                  steps:
                    - step: {identifier: apply, type: DBSchemaApply, spec: {dbSchema: shop, dbInstance: shop_instance}}
`)
    await installation.setSecret('password', target.password, [jdbcUrl])
    for (const applied of [1, 0]) {
      const view = await installation.waitForExecution(await installation.run('deploy'), { timeoutMs: 120_000 })
      const log = view.state === 'Succeeded' ? '' : await kubectl(['-n', own, 'logs', 'agent-sluice-delegate-0', '--tail=40'])
      equal(view.state, 'Succeeded', `${JSON.stringify(view, null, 1)}\n${log}`)
      equal(stepsOf(view)[0]?.counts?.applied ?? 0, applied)
    }
    const left = async (): Promise<number> => {
      const { body } = await kube.admin.call<{ items: unknown[] }>(
        'GET',
        `/apis/coordination.k8s.io/v1/namespaces/${jobs}/leases`,
      )
      return body.items.length
    }
    await waitFor(async () => (await left()) === 0, { timeoutMs: 60_000 })

    await runDoctor()
  })

  /** Inside the delegate's pod, as NOTES.txt says. */
  async function runDoctor(): Promise<void> {
    const output = await kubectl(['-n', own, 'exec', 'agent-sluice-delegate-0', '--', 'sluice', 'delegate', 'doctor', '--json'])
    const { ok: isOk, checks } = JSON.parse(output) as { ok: boolean; checks: { name: string; ok: boolean; detail: string }[] }
    ok(isOk, output)
    ok(
      checks.some(({ name }) => name.startsWith('relay')),
      output,
    )
  }
})

/** The lines of `kubectl auth can-i --list` that are about resources, without what every account may ask about itself. */
function readRights(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s/.test(line) && !line.startsWith('selfsubject'))
    .map((line) => {
      const [resource = ''] = line.split(/\s+/)
      const [, names = '', verbs = ''] = [...line.matchAll(/\[([^\]]*)\]/g)].map(([, inner = '']) => inner)
      return `${resource} [${names.split(' ').toSorted().join(' ')}] ${verbs}`
    })
    .toSorted()
}

/** The same for rules; kubectl has a line for each name. */
function describeRules(rules: readonly RoleRule[]): string[] {
  return rules
    .flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
      resources.flatMap((resource) => {
        const kind = [resource, ...apiGroups.filter((group) => group !== '')].join('.')
        return resourceNames.map((name) => `${kind} [${name}] ${verbs.join(' ')}`)
      }),
    )
    .toSorted()
}
