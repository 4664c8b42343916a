import type { ClusterEventRecord } from '../executor.ts'
import type { KubeClient } from './kube-client.ts'
import type { ClusterEvent, KubeList } from './kube-types.ts'

const eventsMax = 100

/** The events that a cluster keeps about one object (for an hour, as a rule), oldest first. */
export async function listEvents(
  client: KubeClient,
  namespace: string,
  uid: string,
  signal?: AbortSignal,
): Promise<ClusterEventRecord[]> {
  const { body } = await client.call<KubeList<ClusterEvent>>('GET', `/api/v1/namespaces/${namespace}/events`, {
    query: { fieldSelector: `involvedObject.uid=${uid}`, limit: eventsMax },
    signal,
  })
  return body.items.map(recordOf).toSorted((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0))
}

function recordOf(event: ClusterEvent): ClusterEventRecord {
  const { involvedObject, lastTimestamp, eventTime, firstTimestamp, metadata, count } = event
  return {
    at: clip(lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? '', 64),
    type: clip(event.type ?? 'Normal', 64),
    object: clip(`${involvedObject?.kind ?? 'Pod'}/${involvedObject?.name ?? ''}`, 512),
    reason: clip(event.reason ?? '', 256),
    message: clip(event.message ?? '', 4096),
    ...(count === undefined ? {} : { count }),
  }
}

function clip(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1)}…`
}
