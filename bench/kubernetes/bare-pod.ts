import { podLayout } from '@sluice/contract'
import { runnerContainer } from '@sluice/executor'
import { testPullSecret, waitFor } from '@sluice/testkit'
import type { KubeLab } from './lab.ts'

/**
 * Creates a pod of the runners' image whose one container ends at once, waits until the cluster says so, and removes it. Resolves to the time
 * from the request to that word, in milliseconds.
 */
export async function timeBarePod(lab: KubeLab, index: number): Promise<number> {
  const { kube, namespace } = lab.kube
  const name = `bare-${String(index)}`
  const path = `/api/v1/namespaces/${namespace}/pods`
  const security = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
  }
  const body = {
    metadata: { name, labels: { 'sluice.dev/attempt': name } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsUser: podLayout.runnerUser, seccompProfile: { type: 'RuntimeDefault' } },
      imagePullSecrets: [{ name: testPullSecret }],
      containers: [
        {
          name: runnerContainer,
          image: lab.image,
          command: [podLayout.imageBusybox, 'true'],
          resources: { requests: { cpu: '100m', memory: '192Mi' }, limits: { cpu: '1', memory: '512Mi' } },
          securityContext: security,
        },
      ],
    },
  }
  const askedAt = Date.now()
  await kube.admin.call('POST', path, { body })
  const objects = lab.objects.of(name)
  await waitFor(() => objects.endedAt !== undefined, { timeoutMs: 60_000, intervalMs: 5, what: 'a bare pod to end' })
  await kube.admin.insist('DELETE', `${path}/${name}`)
  await waitFor(() => objects.goneAt !== undefined, { timeoutMs: 60_000, what: 'a bare pod to go' })
  return (objects.endedAt ?? 0) - askedAt
}
