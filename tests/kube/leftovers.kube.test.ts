import { ok } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { skipWithoutKube, waitFor } from '@sluice/testkit'
import { type KubeInstallation, openKubeInstallation } from '../support/kube-installation.ts'
import { listOurs, waitUntilClean } from '../support/our-objects.ts'
import { podPipeline, runStep, testPlace } from '../support/pod-pipelines.ts'
import { pushImages } from '../support/test-images.ts'

const timeScale = 20
/** Ten minutes, and what it takes to look, to stop a pod and to collect what it owned. */
const slackMs = 600_000 / timeScale
const removalMs = 45_000

// The life of an attempt and the slack after it have to go by, however they are scaled.
if (process.env['SLUICE_TEST_FULL'] === '1')
  describe('what delegates left that never came back', { skip: skipWithoutKube() }, () => {
    let lab: KubeInstallation

    before(async () => {
      lab = await openKubeInstallation({ timeScale, delegateEnv: { TEST_VALUE: 'of-no-interest' } })
      const image = `${lab.registry.host}/${pushImages(lab.registry, 'test', ['busybox']).busybox}`
      const step = runStep('work', image, 'sleep 2', 'envVariables: {VALUE: <+secrets.getValue("value")>}').replace('2m', '10s')
      await lab.installation.apply(`
connector: { identifier: k8s, ${testPlace}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }
---
secret: { identifier: value, ${testPlace}, spec: { provider: env, variable: TEST_VALUE } }
---${podPipeline('left', step).replace('3m', '10s')}`)
    })
    after(() => lab?.[Symbol.asyncDispose]())

    /** The delegate is gone with its folder but for the sealing key, which all replicas share: its successor knows nothing of what it did. */
    const forgetDelegate = async (): Promise<void> => {
      const { delegate, delegateDir } = lab.installation
      await delegate?.killGroup('SIGKILL')
      const identityFile = join(delegateDir, 'identity.json')
      const { seal } = JSON.parse(readFileSync(identityFile, 'utf8')) as { readonly seal: object }
      const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
      rmSync(delegateDir, { recursive: true })
      mkdirSync(delegateDir, { mode: 0o700 })
      writeFileSync(identityFile, JSON.stringify({ version: 1, auth: { publicKey: x, privateKey: d }, seal }), { mode: 0o600 })
    }

    it('is gone ten minutes after the end of its life', async (t) => {
      const { installation } = lab
      // Before any step has begun: a runner with an outcome that nobody has taken keeps it for a day.
      const points = ['preparing', 'prepared', 'placed']
      for (const point of points) {
        await forgetDelegate()
        await installation.startDelegate({ killAt: point })
        await installation.run('left')
        await waitFor(() => installation.delegate?.isRunning !== true, {
          timeoutMs: 90_000,
          what: () => `"${point}":\n${installation.delegate?.output.slice(-3000) ?? ''}`,
        })
      }
      await forgetDelegate()
      for (const kind of ['pods', 'secrets'] as const) ok((await listOurs(lab, kind)).length > 0, `${kind} are left`)
      const left = await listOurs(lab, 'anchors')
      const ends = left.map(
        ({ metadata }) =>
          Date.parse(metadata.creationTimestamp ?? '') + Number(metadata.annotations?.['sluice.dev/not-after-ms']),
      )
      const overAt = Math.max(...ends.filter((end) => !Number.isNaN(end)))
      await installation.startDelegate()
      await waitUntilClean(lab, overAt + slackMs + removalMs - Date.now())
      t.diagnostic(`${String(left.length)} attempts, gone ${String(Date.now() - overAt)} ms after the end of the last life`)
    })
  })
