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

/** A pod that is marked for deletion goes with the kubelet's next collection of dead containers (once a minute) where its sandbox could not be stopped at once. */
const kubeletMs = 90_000

/**
 * Waits until nothing of ours is in the namespace: no anchor, pod, Secret or policy. For `timeoutMs` there may be anything, then for as long as a
 * kubelet takes only pods that are marked for deletion. `explain` tells what else is known where it is in vain.
 */
export async function waitUntilClean(place: Place, timeoutMs = 60_000, explain: () => string = () => ''): Promise<void> {
  let left: readonly string[] = []
  const isClean = async (mayGo: (object: ClusterObject) => boolean): Promise<boolean> => {
    const found = await Promise.all(
      (Object.keys(paths) as ObjectKind[]).map(async (kind) =>
        (await listOurs(place, kind))
          .filter((object) => kind !== 'pods' || !mayGo(object))
          .map((object) => describe(kind, object)),
      ),
    )
    left = found.flat()
    return left.length === 0
  }
  const what = (): string => `these to be gone: ${left.join(', ')}\n${explain()}`
  await waitFor(() => isClean(({ metadata }) => metadata.deletionTimestamp !== undefined), { timeoutMs, intervalMs: 100, what })
  await waitFor(() => isClean(() => false), { timeoutMs: kubeletMs, intervalMs: 100, what })
}

function describe(kind: ObjectKind, { metadata: { name = '', deletionTimestamp } }: ClusterObject): string {
  return `${name} (${kind}${deletionTimestamp === undefined ? '' : `, to go at ${deletionTimestamp}`})`
}
