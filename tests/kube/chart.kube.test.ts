import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type DelegateView, operationEndpoints } from '@sluice/contract'
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
import { copyChart, retagTestImage } from '../support/newer-release.ts'
import { podPipeline } from '../support/pod-pipelines.ts'
import { forwardTo, type Reach, serveGit } from '../support/reach-from-pods.ts'
import { hasDns, routeService } from '../support/route-service.ts'
import { createCertificate, serveTls, type TestCertificate } from '../support/serve-tls.ts'
import type { TestRepository } from '../support/test-repository.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

const tools = await openHelmTools()
const helm = tools ?? { helm: 'helm', kubectl: 'kubectl' }
const skip = skipWithoutKube() || requireOrSkip('Helm (Linux on x64, or SLUICE_TEST_HELM)', tools !== undefined)
const firstChangeset = '--liquibase formatted sql\n--changeset ada:1\ncreate table shop (id int primary key);\n'
/** Goes on when the test says so. */
const waitingChangeset = `--changeset ada:2 splitStatements:false
do $$ begin while not exists (select from gate) loop perform pg_sleep(0.1); end loop; end $$;
`
const head = 'orgIdentifier: default, projectIdentifier: default'

describe('an installation from the chart', { skip }, () => {
  let kube: TestKube
  let own: string
  let jobs: string
  let image: { repository: string; tag: string; pullSecrets: string[] }
  let certificate: TestCertificate
  let installation: Installation
  let target: TestTarget
  let repository: TestRepository
  let serverValues: object
  let delegateValues: object
  let adminKey: string
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
  const install = async (release: string, values: object, chart = chartFolder): Promise<string> => {
    const args = ['upgrade', '--install', release, chart, '--namespace', own, '--values', '-', '--wait', '--timeout', '110s']
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
    serverValues = { controlPlane, delegate: { enabled: false } }
    const notes = await install('server', { image, ...serverValues })
    match(notes, /exec deploy\/server-sluice-server -- cat/)
    const key = await kubectl(['-n', own, 'exec', 'deploy/server-sluice-server', '--', 'cat', '/var/lib/sluice/server/admin-key'])
    match(key, /^\S{20,}\s*$/)
    adminKey = key.trim()
  })

  it('runs a delegate with the documented rights that works a pipeline from inside the cluster', async () => {
    // Nothing is hurried: leases are to outlast the replacement of a delegate as they do elsewhere.
    installation = keep(await openInstallation({ timeScale: 1 }))
    target = await openTestTarget()
    keep({ [Symbol.asyncDispose]: () => target.close() })
    const local = new URL(target.jdbcUrl.slice('jdbc:'.length))
    const database: Reach = keep(await forwardTo(kube.hostAddress, Number(local.port)))
    const git = keep(await serveGit(kube.hostAddress, `${installation.dir}/repositories`))
    const server = keep(await serveTls(kube.hostAddress, Number(new URL(installation.url).port), certificate))
    const { token } = await installation.client.call(operationEndpoints.createToken, { body: { approve: true } })
    await createSecret('token', { token })
    const route = keep(await routeService(kube.admin, kube.hostAddress, own, 'agent-sluice-delegate-0', 8443))
    // The tests' own cluster routes no Services; pods may not even reach its API server by the address that they are given.
    const routesItself = await hasDns(kube.admin)
    const api = new URL(kube.admin.origin)
    const isApiElsewhere = ['127.0.0.1', 'localhost', '[::1]'].includes(api.hostname)
    const relay = routesItself ? {} : { relay: { url: `https://${kube.hostAddress}:${String(route.port)}` } }
    const inClusterEnv = routesItself
      ? []
      : [
          { name: 'KUBERNETES_SERVICE_HOST', value: isApiElsewhere ? kube.hostAddress : api.hostname },
          { name: 'KUBERNETES_SERVICE_PORT', value: api.port || '443' },
        ]
    delegateValues = {
      serverUrl: `https://${kube.hostAddress}:${String(server.port)}`,
      serverCA: { pem: certificate.certificate },
      token: { existingSecret: 'token' },
      jobNamespaces: [jobs],
      runnerPullSecrets: [testPullSecret],
      policy: { git: { protocols: ['https', 'http'] } },
      ...relay,
      networkPolicyPerAttempt: true,
      podGraceSeconds: 10,
      env: inClusterEnv,
    }
    await install('agent', { image, delegate: delegateValues })
    await waitFor(async () => (await findDelegate())?.health === 'connected', { timeoutMs: 30_000 })

    const user = `system:serviceaccount:${own}:agent-sluice-delegate`
    const rightsIn = async (namespace: string): Promise<string[]> =>
      readRights(await kubectl(['auth', 'can-i', '--list', '--no-headers', `--as=${user}`, '-n', namespace]))
    deepEqual(await rightsIn(jobs), describeRules(jobNamespaceRules({ networkPolicy: true })))
    const keySecrets = ['agent-sluice-delegate-keys', 'agent-sluice-delegate-0-keys']
    deepEqual(await rightsIn(own), describeRules(ownNamespaceRules(keySecrets)))
    deepEqual(await rightsIn('default'), [])

    const jdbcUrl = `jdbc:postgresql://${kube.hostAddress}:${String(database.port)}${local.pathname}`
    repository = installation.createRepository('shop')
    repository.commit({ 'changelog.sql': firstChangeset })
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
${podPipeline('deploy', '- step: {identifier: apply, type: DBSchemaApply, spec: {dbSchema: shop, dbInstance: shop_instance}}')}`)
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

  it('is upgraded under a running step: the step ends well, and nothing that was known is lost', async () => {
    const newer = { ...image, tag: await retagTestImage(`${image.repository}:${image.tag}`, `${image.tag}-newer`) }
    // As released: the chart names its image's version itself.
    const chart = keep(await copyChart('0.1.1', newer.tag))
    const unversioned = { repository: image.repository, pullSecrets: image.pullSecrets }
    const before = await findDelegate()
    const keysBefore = await readKeys()

    await target.query('create table gate (is_open int)')
    await target.query(`grant select on gate to "${target.user}"`)
    repository.commit({ 'changelog.sql': `${firstChangeset}${waitingChangeset}` })
    const executionId = await installation.run('deploy')
    const isWaiting = async (): Promise<boolean> => {
      const found = await target.query(`select 1 from pg_stat_activity where usename = $1 and query like '%from gate%'`, [
        target.user,
      ])
      return found.length > 0
    }
    await waitFor(isWaiting, { timeoutMs: 120_000, what: () => 'the changeset to begin' })

    await Promise.all([
      install('server', { image: unversioned, ...serverValues }, chart.path),
      install('agent', { image: unversioned, delegate: { ...delegateValues, capacity: 7 } }, chart.path),
    ])
    // Its capacity is the new one, and the running step is its own again.
    let seen: DelegateView | undefined
    await waitFor(async () => (seen = await findDelegate())?.instances.some(({ free }) => free === 6) === true, {
      timeoutMs: 90_000,
      what: () => `the upgraded delegate to have one of seven places taken; ${JSON.stringify(seen)}`,
    })
    const images = await kubectl([
      '-n',
      own,
      'get',
      'pods',
      '-o',
      'jsonpath={range .items[*]}{.spec.containers[0].image}{"\\n"}{end}',
    ])
    ok(images.includes(`${newer.repository}:${newer.tag}`), images)
    equal((await installation.getExecution(executionId)).state, 'Running')
    equal(await isWaiting(), true)

    await target.query('insert into gate values (1)')
    const view = await installation.waitForExecution(executionId, { timeoutMs: 120_000 })
    equal(view.state, 'Succeeded', JSON.stringify(view, null, 1))
    equal(stepsOf(view)[0]?.counts?.applied, 1)

    // It is the same delegate, and opens what was sealed to it before.
    const delegate = await findDelegate()
    deepEqual([delegate?.id, delegate?.keyId, delegate?.health], [before?.id, before?.keyId, 'connected'])
    deepEqual(await readKeys(), keysBefore)
    const next = await installation.waitForExecution(await installation.run('deploy'), { timeoutMs: 120_000 })
    equal(next.state, 'Succeeded', JSON.stringify(next, null, 1))
    const rows = await target.query('select id from databasechangelog where author = $1 order by orderexecuted', ['ada'])
    deepEqual(
      rows.map(({ id }) => id),
      ['1', '2'],
    )
    // The control plane knows the key that its first pod handed out.
    const asked = [
      '--',
      'env',
      'NODE_EXTRA_CA_CERTS=/etc/sluice/tls/tls.crt',
      'SLUICE_URL=https://127.0.0.1:8400',
      `SLUICE_API_KEY=${adminKey}`,
      'sluice',
      'delegate',
      'list',
    ]
    await kubectl(['-n', own, 'exec', 'deploy/server-sluice-server', ...asked])
  })

  const findDelegate = async (): Promise<DelegateView | undefined> => {
    const page = await installation.client.call(operationEndpoints.delegates, { query: { limit: 10 } })
    return page.items.find(({ name }) => name === 'agent-sluice-delegate')
  }
  const readKeys = async (): Promise<unknown[]> =>
    Promise.all(
      ['agent-sluice-delegate-keys', 'agent-sluice-delegate-0-keys'].map(async (name) => {
        const { body } = await kube.admin.insist<{ data: unknown }>('GET', `/api/v1/namespaces/${own}/secrets/${name}`)
        return body.data
      }),
    )

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
