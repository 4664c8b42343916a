import { deepEqual, equal, fail } from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { operationEndpoints } from '@sluice/contract'
import { skipWithoutKube, type SpawnedProcess, waitFor } from '@sluice/testkit'
import { stepsOf } from '../support/execution-steps.ts'
import { type KubeInstallation, openKubeInstallation } from '../support/kube-installation.ts'
import { waitUntilClean } from '../support/our-objects.ts'
import { testPlace } from '../support/pod-pipelines.ts'
import { pushImages } from '../support/test-images.ts'

const runningCount = 30
/** So that all of them fit on one small node: they only wait. */
const requests = 'resources: {requests: {cpu: 10m, memory: 64Mi}}'
const infra = `podSpecOverlay: {containers: [{name: runner, ${requests}}, {name: c1, ${requests}}]}`

/** A delegate is replaced while its pods run and another takes what is new; then that one is replaced in its turn. */
if (process.env['SLUICE_TEST_FULL'] === '1')
  describe('a rolling upgrade of a delegate', { skip: skipWithoutKube() }, () => {
    let lab: KubeInstallation
    let image = ''
    let gate: Server
    let isOpen = false

    before(async () => {
      lab = await openKubeInstallation({ delegateEnv: { SLUICE_DELEGATE_CAPACITY: '40' } })
      const { installation, registry, kube } = lab
      image = `${registry.host}/${pushImages(registry, 'test', ['busybox']).busybox}`
      gate = createServer((_, response) => response.writeHead(isOpen ? 200 : 503).end())
      await new Promise<void>((resolve) => gate.listen(0, kube.hostAddress, resolve))
      await installation.apply(
        `connector: { identifier: k8s, ${testPlace}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }`,
      )
    })
    after(async () => {
      gate?.close()
      await lab?.[Symbol.asyncDispose]()
    })

    /** Starts groups, each in a pod of its own, whose steps run until the gate is opened. */
    const start = async (name: string, groups: number): Promise<string> => {
      const url = `http://${lab.kube.hostAddress}:${String((gate.address() as AddressInfo).port)}/`
      const group = (index: number): string => `
                  - stepGroup:
                      identifier: g${String(index)}
                      stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k8s, initTimeout: 5m, ${infra}}}
                      steps:
                        - step:
                            identifier: ${name}_${String(index)}
                            type: Run
                            timeout: 10m
                            spec:
                              image: ${image}
                              command: |
                                echo begun
                                until /bin/busybox wget -q -O /dev/null ${url} 2>/dev/null; do sleep 1; done
                                echo through`
      await lab.installation.apply(`
pipeline:
  identifier: ${name}
  orgIdentifier: default
  projectIdentifier: default
  stages:
    - stage:
        identifier: main
        type: Custom
        spec:
          execution:
            steps:
              - parallel:${Array.from({ length: groups }, (_, index) => group(index)).join('')}
`)
      return lab.installation.run(name)
    }
    const connectedCount = async (): Promise<number> => {
      const page = await lab.installation.client.call(operationEndpoints.delegates, { query: { limit: 100 } })
      return page.items.filter(({ health }) => health === 'connected').length
    }
    const allRun = async (id: string): Promise<boolean> => {
      const view = await lab.installation.getExecution(id)
      if (view.endedAt !== undefined) fail(JSON.stringify(view, null, 1))
      return stepsOf(view).every(({ state }) => state === 'Running')
    }
    /** A replica is asked to end, as its pod would be, and does so in good order; then its successor starts. */
    const replace = async (old: SpawnedProcess, startNext: () => Promise<SpawnedProcess>): Promise<SpawnedProcess> => {
      const { exitCode } = await old.kill('SIGTERM')
      equal(exitCode, 0, old.output.slice(-3000))
      const next = await startNext()
      await waitFor(async () => (await connectedCount()) === 2, { timeoutMs: 60_000, what: () => next.output.slice(-3000) })
      return next
    }

    it('fails none of the steps that run, places none again, and leaves nothing', async (t) => {
      const { installation } = lab
      const running = await start('before', runningCount)
      await waitFor(() => allRun(running), { timeoutMs: 300_000, intervalMs: 200, what: 'all steps to run' })
      t.diagnostic('all run')
      const second = await lab.addReplica({ SLUICE_DELEGATE_NAME: 'second' })
      const other = await second.start()
      await waitFor(async () => (await connectedCount()) === 2, { timeoutMs: 60_000, what: () => other.output.slice(-3000) })
      const first = installation.delegate
      if (first === undefined) throw new Error('There is no delegate.')

      const meanwhile = start('meanwhile', 2)
      await replace(first, () => installation.startDelegate())
      t.diagnostic('first replaced')
      const later = await meanwhile
      await waitFor(() => allRun(later), {
        timeoutMs: 120_000,
        intervalMs: 200,
        what: 'steps that were started meanwhile to run',
      })
      await replace(other, () => second.start())
      t.diagnostic('second replaced')

      isOpen = true
      for (const id of [running, later]) {
        const view = await installation.waitForExecution(id, { timeoutMs: 240_000 })
        equal(view.state, 'Succeeded', `${JSON.stringify(view, null, 1)}\n${installation.delegate?.output.slice(-4000) ?? ''}`)
        const groups = view.stages.flatMap(({ nodes }) =>
          nodes.flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node])),
        )
        const again = groups.filter(({ attempt }) => (attempt?.number ?? 1) > 1)
        // Of those that were handed back before they had a pod there may be some; of those that ran, none.
        if (id === running) deepEqual(again, [])
      }
      t.diagnostic(`${String(runningCount)} running and 2 new steps: all succeeded`)
      await waitUntilClean(lab)
    })
  })
