import type { Clock } from '@sluice/base'
import { judgePod } from './judge-pod.ts'
import type { KubeClient } from './kube-client.ts'
import type { KubeList, KubeObject, Lease, Pod } from './kube-types.ts'
import type { PodOwner } from './kubernetes-plan.ts'
import { annotationNames, labelNames } from './object-names.ts'
import { type PlacedPod, createPlacedPod, settle } from './placed-pod.ts'
import { anchorsPath } from './sweep-anchors.ts'

/** A delegate that is started while the API server is away waits this long for it. */
const adoptionPatienceMs = 60_000

/**
 * What an earlier process of the same instance left in the cluster, by labels. An anchor without a pod: `prepared`; with the marker of a pod that
 * was about to be created, and no pod, the runner may have been here: `missing`.
 */
export async function adoptPods(
  client: KubeClient,
  namespaces: readonly string[],
  { instanceId }: PodOwner,
  clock: Clock,
): Promise<PlacedPod[]> {
  const found = await Promise.all(namespaces.map((namespace) => adoptIn(client, namespace, instanceId, clock)))
  return found.flat()
}

async function adoptIn(client: KubeClient, namespace: string, instanceId: string, clock: Clock): Promise<PlacedPod[]> {
  const list = async <T extends KubeObject>(path: string, label: string): Promise<{ items: readonly T[]; nowMs: number }> => {
    const query = { labelSelector: `${label}=${instanceId}` }
    const { body, nowMs } = await client.insist<KubeList<T>>('GET', path, { query, patience: { forMs: adoptionPatienceMs } })
    return { items: body.items, nowMs }
  }
  // Anchors first: a pod that is listed has its anchor in the list unless that is being deleted.
  const anchors = await list<Lease>(anchorsPath(namespace), labelNames.instance)
  const [markers, pods] = await Promise.all([
    list<Lease>(anchorsPath(namespace), labelNames.placedBy),
    list<Pod>(`/api/v1/namespaces/${namespace}/pods`, labelNames.instance),
  ])
  const marked = new Set(markers.items.map(attemptOf))
  return anchors.items.flatMap((anchor) => {
    const attemptId = attemptOf(anchor)
    const { uid, deletionTimestamp, annotations } = anchor.metadata
    if (attemptId === '' || deletionTimestamp !== undefined) return []
    const placed = createPlacedPod({
      attemptId,
      epoch: anchor.spec?.leaseTransitions ?? 0,
      namespace,
      anchorUid: uid ?? '',
      attemptToken: '',
      plan: undefined,
      initTimeoutMs: Number(annotations?.[annotationNames.initTimeoutMs] ?? '480000'),
    })
    const pod = pods.items.find(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    if (pod !== undefined) {
      placed.phase = 'running'
      placed.pod = pod
      placed.podUid = pod.metadata.uid
      const { hasStarted, end } = judgePod(pod)
      placed.hasStarted = hasStarted
      if (end !== undefined) settle(placed, end)
      placed.placedAt = clock.monotonic() - Math.max(0, pods.nowMs - Date.parse(pod.metadata.creationTimestamp ?? ''))
    } else if (marked.has(attemptId)) {
      settle(placed, { how: 'missing', exitCode: null, signal: null })
    }
    return [placed]
  })
}

function attemptOf({ metadata }: KubeObject): string {
  return metadata.labels?.[labelNames.attempt] ?? ''
}
