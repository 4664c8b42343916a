import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { requireOrSkip } from '@sluice/testkit'
import { checkPodSecurity, jobNamespaceRules, ownNamespaceRules, type RoleRule } from '@sluice/executor'
import { parseAllDocuments } from 'yaml'
import { openHelmTools } from './helm-tools.ts'
import { chartFolder, plainManifests, renderChart, renderPlainManifest, runTool } from './render-chart.ts'

const tools = await openHelmTools()
const helm = tools ?? { helm: 'helm', kubectl: 'kubectl' }

type Pod = Parameters<typeof checkPodSecurity>[0]

interface Rendered {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly RoleRule[]
  readonly spec?: { readonly template?: { readonly spec: Pod['spec'] } }
}

async function render(values: object, namespace = 'sluice'): Promise<Rendered[]> {
  return parseAllDocuments(await renderChart(helm, namespace, values)).flatMap(
    (document) => (document.toJS() as Rendered | null) ?? [],
  )
}

const all = {
  image: { repository: 'registry.example.com/sluice' },
  controlPlane: {
    enabled: true,
    publicUrl: 'https://sluice.example.com',
    database: { existingSecret: 'database' },
    tls: { existingSecret: 'tls' },
  },
  delegate: {
    serverUrl: 'https://sluice.example.com',
    token: { existingSecret: 'token' },
    jobNamespaces: ['jobs', 'jobs-eu'],
    replicas: 2,
    networkPolicyPerAttempt: true,
    podDisruptionBudget: { enabled: true },
    policy: { allowScripts: true },
    serverCA: { pem: 'PEM' },
    persistence: { enabled: true },
  },
}

describe('the chart', { skip: requireOrSkip('Helm (Linux on x64, or SLUICE_TEST_HELM)', tools !== undefined) }, () => {
  it('passes helm lint', async () => {
    const output = await runTool(helm.helm, ['lint', chartFolder, '--strict', '--values', '-'], JSON.stringify(all))
    match(output, /0 chart\(s\) failed/)
  })

  it('gives a delegate the documented rights and no others', async () => {
    for (const networkPolicyPerAttempt of [true, false]) {
      const objects = await render({ ...all, delegate: { ...all.delegate, networkPolicyPerAttempt } })
      const rulesIn = (namespace: string): (readonly RoleRule[] | undefined)[] =>
        objects.flatMap(({ kind, metadata, rules }) => (kind === 'Role' && metadata.namespace === namespace ? [rules] : []))
      for (const namespace of ['jobs', 'jobs-eu']) {
        deepEqual(rulesIn(namespace), [jobNamespaceRules({ networkPolicy: networkPolicyPerAttempt })])
      }
      const names = ['sluice-delegate-keys', 'sluice-delegate-0-keys', 'sluice-delegate-1-keys']
      deepEqual(rulesIn('sluice'), [ownNamespaceRules(names)])
      deepEqual(
        objects.filter(({ kind }) => kind.startsWith('Cluster')).map(({ kind }) => kind),
        [],
      )
    }
  })

  it('makes pods that meet the standard "restricted" with a read-only root', async () => {
    const specs = (await render(all)).flatMap(({ spec }) => spec?.template?.spec ?? [])
    equal(specs.length, 2)
    for (const spec of specs) {
      deepEqual(checkPodSecurity({ metadata: {}, spec }), [])
      for (const container of spec.containers) equal(container.securityContext?.readOnlyRootFilesystem, true)
    }
  })

  it('refuses one namespace for the delegate and its jobs', async () => {
    await rejects(render(all, 'jobs-eu'), /"jobs-eu", the release's own namespace/)
  })

  it('says everything that is missing at once', async () => {
    await rejects(render({ controlPlane: { enabled: true } }), (error: Error) =>
      [
        'image.repository',
        'delegate.serverUrl',
        'delegate.token',
        'controlPlane.publicUrl',
        'controlPlane.database',
        'controlPlane.tls',
      ].every((what) => error.message.includes(what)),
    )
  })

  it('refuses one address of the relay for several instances', async () => {
    await rejects(render({ ...all, delegate: { ...all.delegate, relay: { url: 'https://relay.example.com' } } }), /no \{name\}/)
  })

  it('refuses values that it does not know, and plain HTTP', async () => {
    const { delegate } = all
    await rejects(render({ ...all, delegate: { ...delegate, replica: 2 } }), /replica/)
    await rejects(render({ ...all, delegate: { ...delegate, serverUrl: 'http://sluice.example.com' } }), /serverUrl/)
  })

  it('has the version of the product', () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
    const chart = readFileSync(join(chartFolder, 'Chart.yaml'), 'utf8')
    match(chart, new RegExp(`^version: ${version}\nappVersion: ${version}$`, 'm'))
  })

  it('is what the plain manifests say (npm run generate)', async () => {
    for (const name of Object.keys(plainManifests) as (keyof typeof plainManifests)[]) {
      const text = readFileSync(join(import.meta.dirname, 'manifests', name), 'utf8')
      equal(text, await renderPlainManifest(helm, name), name)
    }
  })
})
