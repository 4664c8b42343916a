import { runnerContainer, type KubeClient, type KubeList, type Pod } from '@sluice/executor'

/** When the objects of one attempt came and went, as this process saw it: milliseconds since 1970. */
export interface AttemptObjects {
  podAt?: number
  /** The runner's container is known to have started. */
  startedAt?: number
  /** The pod is known to have ended. */
  endedAt?: number
  /** The pod was marked for deletion; from here on its stop is the kubelet's. */
  podDeletedAt?: number
  podGoneAt?: number
  anchorGoneAt?: number
  /** The last object of all. */
  goneAt?: number
  /** What the runner printed; empty when it could not be read any more. */
  log?: Promise<string>
  readonly live: Set<string>
}

/** What is seen of all attempts of one namespace. */
export interface ObjectWatch extends AsyncDisposable {
  of(attemptId: string): AttemptObjects
}

type Kind = 'pods' | 'secrets' | 'leases'

const attemptLabel = 'sluice.dev/attempt'
const paths: Readonly<Record<Kind, (namespace: string) => string>> = {
  pods: (namespace) => `/api/v1/namespaces/${namespace}/pods`,
  secrets: (namespace) => `/api/v1/namespaces/${namespace}/secrets`,
  leases: (namespace) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
}

/** Follows everything of a namespace that belongs to attempts, from now on. */
export function watchAttemptObjects(client: KubeClient, namespace: string): ObjectWatch {
  const attempts = new Map<string, AttemptObjects>()
  const stop = new AbortController()
  const of = (attemptId: string): AttemptObjects => {
    const known = attempts.get(attemptId) ?? { live: new Set<string>() }
    attempts.set(attemptId, known)
    return known
  }
  const see = (kind: Kind, type: string, object: Pod): void => {
    const objects = of(object.metadata.labels?.[attemptLabel] ?? '')
    const uid = object.metadata.uid ?? ''
    const now = Date.now()
    if (type === 'DELETED') {
      objects.live.delete(uid)
      if (kind === 'pods') objects.podGoneAt = now
      if (kind === 'leases' && object.metadata.ownerReferences === undefined) objects.anchorGoneAt = now
      if (objects.live.size === 0) objects.goneAt = now
      return
    }
    objects.live.add(uid)
    if (kind === 'pods') seePod(objects, object, now)
  }
  const seePod = (objects: AttemptObjects, pod: Pod, now: number): void => {
    objects.podAt ??= now
    const state = pod.status?.containerStatuses?.find(({ name }) => name === runnerContainer)?.state
    if (state?.running !== undefined || state?.terminated !== undefined) {
      objects.startedAt ??= now
      // Until it ends: the log goes with the pod.
      objects.log ??= client
        .readTail(
          `${paths.pods(namespace)}/${pod.metadata.name ?? ''}/log`,
          { container: runnerContainer, follow: 'true' },
          65_536,
        )
        .catch(() => '')
    }
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') objects.endedAt ??= now
    if (pod.metadata.deletionTimestamp !== undefined) objects.podDeletedAt ??= now
  }
  const follow = async (kind: Kind): Promise<void> => {
    const path = paths[kind](namespace)
    const labelSelector = attemptLabel
    while (!stop.signal.aborted) {
      try {
        const { body } = await client.call<KubeList<Pod>>('GET', path, { query: { labelSelector }, signal: stop.signal })
        for (const object of body.items) see(kind, 'ADDED', object)
        let resourceVersion = body.metadata.resourceVersion ?? ''
        for (;;) {
          await client.watch<Pod>(
            path,
            { labelSelector, resourceVersion },
            ({ type, object }) => {
              resourceVersion = object.metadata.resourceVersion ?? resourceVersion
              if (type !== 'BOOKMARK') see(kind, type, object)
            },
            stop.signal,
          )
        }
      } catch {
        // Lists anew: what went meanwhile is never seen to go, and its attempt is left out of the figures.
        if (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
  }
  const following = Promise.all((['pods', 'secrets', 'leases'] as const).map(follow))
  return {
    of,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await following
    },
  }
}
