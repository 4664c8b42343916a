import { createHash, createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createToken } from '@sluice/base'
import { explainRefusal, judgePod, type KubeClient, KubeError, type Lease, type Pod, runnerContainer } from '@sluice/executor'
import { type DoctorSettings, failedCheck } from './delegate-doctor-settings.ts'
import type { Check } from './doctor.ts'

/**
 * What the pod does: a TLS handshake with the relay, as a runner begins, tried for ten seconds. It prints one line of JSON. The relay's
 * certificate is its own, so authorities are not asked; its key is compared with the pin where that is known.
 */
const probe = `
const { connect } = require('node:tls'), { createHash } = require('node:crypto')
const say = (answer) => { console.log('DOCTOR ' + JSON.stringify(answer)); process.exit(0) }
const text = process.env.RELAY
if (!text) say({})
const url = new URL(text), host = url.hostname.replace(/^\\[|\\]$/g, '')
let last = 'no answer'
setTimeout(() => say({ error: last + ', tried for 10 s' }), 10000)
const attempt = () => {
  const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false, minVersion: 'TLSv1.3' }, () => {
    const key = socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' })
    say({ pin: createHash('sha256').update(key).digest('base64') })
  })
  socket.on('error', (error) => { last = error.message; setTimeout(attempt, 500) })
}
attempt()
`

const answerLine = /^DOCTOR (.*)$/m

interface ProbeAnswer {
  readonly pin?: string
  readonly error?: string
}

const leftoverMs = 600_000

/** Starts one small pod as a delegate would, and looks whether it comes up and reaches the relay. It is gone afterwards. */
export async function checkPod(
  client: KubeClient,
  namespace: string,
  settings: DoctorSettings,
  signal: AbortSignal,
): Promise<Check[]> {
  const podName = `pod in ${namespace}`
  const { image, relayUrl } = settings
  if (image === undefined) {
    const hint = 'Give --image, or set SLUICE_DELEGATE_IMAGE to the image of Sluice of the delegate’s version.'
    return [{ name: podName, ok: false, detail: 'no image is known', hint }]
  }
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
  const name = `sluice-doctor-${createToken()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 10)}`
  const labels = { 'app.kubernetes.io/managed-by': 'sluice', 'sluice.dev/doctor': 'true' }
  await removeLeftovers(client, leases, signal)
  const { body: anchor } = await client.call<Lease>('POST', leases, {
    body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, labels }, spec: {} },
    signal,
  })
  try {
    const pod = podOf(name, labels, anchor, image, settings)
    await client.call('POST', `/api/v1/namespaces/${namespace}/pods`, { body: pod, signal }).catch((error: unknown) => {
      throw explainRefusal(error, 'pod', namespace)
    })
    const come = await waitForPod(client, `/api/v1/namespaces/${namespace}/pods/${name}`, settings.podTimeoutMs, signal)
    if (come !== undefined) return [{ name: podName, ok: false, ...come }]
    const up: Check = { name: podName, ok: true, detail: `${image} was pulled and started` }
    const log = await readAnswer(client, `/api/v1/namespaces/${namespace}/pods/${name}/log`, signal)
    return relayUrl === undefined ? [up] : [up, await judgeRelay(log, relayUrl, settings)]
  } catch (error) {
    signal.throwIfAborted()
    return [failedCheck(podName, error)]
  } finally {
    await client.insist('DELETE', `${leases}/${name}`, { body: { propagationPolicy: 'Background' } }).catch(() => {})
  }
}

/** The pod's log. A node may report a container's end before the last of its output can be read: an answer has five seconds to come. */
async function readAnswer(client: KubeClient, path: string, signal: AbortSignal): Promise<string> {
  const until = performance.now() + 5000
  for (;;) {
    const log = await client.readTail(path, { container: runnerContainer }, 64 * 1024, signal)
    if (answerLine.test(log) || performance.now() > until) return log
    await sleep(250, undefined, { signal })
  }
}

async function judgeRelay(log: string, relayUrl: string, { dir }: DoctorSettings): Promise<Check> {
  const name = 'relay from a pod'
  const line = answerLine.exec(log)?.[1]
  if (line === undefined)
    return { name, ok: false, detail: `the pod said nothing: ${log.slice(-300)}`, hint: 'Is the image Sluice’s?' }
  const { pin, error } = JSON.parse(line) as ProbeAnswer
  if (pin === undefined) {
    const hint =
      'Is the delegate running? Do SLUICE_DELEGATE_RELAY_URL and the Service lead to it, and do network policies let pods of this namespace connect?'
    return { name, ok: false, detail: `${relayUrl} is not reached: ${error ?? 'no reason was given'}`, hint }
  }
  const expected = await readPin(dir)
  if (expected !== undefined && expected !== pin) {
    const hint =
      'Each instance needs an address of its own: set SLUICE_DELEGATE_RELAY_URL to one that leads to this instance alone.'
    return { name, ok: false, detail: `something else answers at ${relayUrl}: its key is another`, hint }
  }
  return {
    name,
    ok: true,
    detail: expected === undefined ? `${relayUrl} answers` : `${relayUrl} answers with this delegate’s key`,
  }
}

/** The pin of the relay's key, where this is the delegate's machine. */
async function readPin(dir: string | undefined): Promise<string | undefined> {
  if (dir === undefined) return undefined
  try {
    const key = createPublicKey(await readFile(join(dir, 'relay-key.pem'), 'utf8'))
    return createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('base64')
  } catch {
    return undefined
  }
}

/** Undefined when the pod has done its work; else what stood in its way. */
async function waitForPod(
  client: KubeClient,
  path: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Pick<Check, 'detail' | 'hint'> | undefined> {
  const until = performance.now() + timeoutMs
  // A first failed pull may be a hiccup, as for the delegate itself.
  let failingSince: number | undefined
  for (;;) {
    const { body } = await client.call<Pod>('GET', path, { signal })
    const { end, trouble } = judgePod(body)
    if (end !== undefined) {
      return end.how === 'completed'
        ? undefined
        : { detail: end.detail ?? `its container ended (${end.how})`, ...(end.hint === undefined ? {} : { hint: end.hint }) }
    }
    const isFailing = trouble?.ends === 'soon'
    failingSince = isFailing ? (failingSince ?? performance.now()) : undefined
    const isHopeless = trouble?.ends === 'never' || (failingSince !== undefined && performance.now() - failingSince > 15_000)
    if (trouble !== undefined && (isHopeless || performance.now() > until)) return { detail: trouble.what, hint: trouble.hint }
    if (performance.now() > until) {
      return { detail: `it did not end within ${timeoutMs / 1000} s`, hint: 'Look at its events: kubectl get events.' }
    }
    await sleep(500, undefined, { signal })
  }
}

/** Of doctors that were killed. */
async function removeLeftovers(client: KubeClient, leases: string, signal: AbortSignal): Promise<void> {
  const { body, nowMs } = await client.call<{ items: readonly Lease[] }>('GET', leases, {
    query: { labelSelector: 'sluice.dev/doctor=true' },
    signal,
  })
  for (const { metadata } of body.items) {
    if (nowMs - Date.parse(metadata.creationTimestamp ?? '') < leftoverMs) continue
    await client
      .call('DELETE', `${leases}/${metadata.name ?? ''}`, { body: { propagationPolicy: 'Background' }, signal })
      .catch((error: unknown) => {
        if (!(error instanceof KubeError)) throw error
      })
  }
}

function podOf(
  name: string,
  labels: Readonly<Record<string, string>>,
  { metadata }: Lease,
  image: string,
  { imagePullSecrets, relayUrl, podTimeoutMs }: DoctorSettings,
): object {
  const owner = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name, uid: metadata.uid, controller: true }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, ownerReferences: [owner] },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      activeDeadlineSeconds: Math.ceil(podTimeoutMs / 1000) + 60,
      imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret })),
      securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: runnerContainer,
          image,
          command: ['/usr/local/bin/node', '-e', probe],
          env: relayUrl === undefined ? [] : [{ name: 'RELAY', value: relayUrl }],
          resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  }
}
