import type { KubeList, Lease } from '@sluice/executor'
import { type TestKube, waitFor } from '@sluice/testkit'

/** What all objects of a cluster have. */
export type ClusterObject = Pick<Lease, 'kind' | 'metadata'>
export type ObjectKind = 'anchors' | 'pods' | 'secrets' | 'policies'

const paths: Readonly<Record<ObjectKind, (namespace: string) => string>> = {
  anchors: (namespace) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
  pods: (namespace) => `/api/v1/namespaces/${namespace}/pods`,
  secrets: (namespace) => `/api/v1/namespaces/${namespace}/secrets`,
  policies: (namespace) => `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
}

interface Place {
  readonly kube: TestKube
  readonly namespace: string
}

/** Objects of ours of one kind: of one execution, or all. */
export async function listOurs<T extends ClusterObject>(
  { kube, namespace }: Place,
  kind: ObjectKind,
  executionId?: string,
): Promise<readonly T[]> {
  const ours = 'app.kubernetes.io/managed-by=sluice'
  const labelSelector = executionId === undefined ? ours : `${ours},sluice.dev/execution=${executionId}`
  return (await kube.admin.insist<KubeList<T>>('GET', paths[kind](namespace), { query: { labelSelector } })).body.items
}

/**
 * Waits until nothing of ours is in the namespace: no anchor, pod, Secret or policy. A kubelet that could not stop a pod's sandbox at once
 * removes the pod with the next of its collections of dead containers, which come once a minute; hence more than one. `explain` tells what else
 * is known where it is in vain.
 */
export async function waitUntilClean(place: Place, timeoutMs = 150_000, explain: () => string = () => ''): Promise<void> {
  let left: readonly string[] = []
  const isClean = async (): Promise<boolean> => {
    const found = await Promise.all(
      (Object.keys(paths) as ObjectKind[]).map(async (kind) =>
        (await listOurs(place, kind)).map(({ metadata }) => `${metadata.name ?? ''} (${kind}) ${JSON.stringify(metadata)}`),
      ),
    )
    left = found.flat()
    return left.length === 0
  }
  await waitFor(isClean, { timeoutMs, intervalMs: 100, what: () => `these to be gone: ${left.join(', ')}\n${explain()}` })
}
