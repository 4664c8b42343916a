import { type Clock, type Logger, backoffMs } from '@sluice/base'
import { type KubeClient, KubeError } from './kube-client.ts'
import type { KubeList, Pod } from './kube-types.ts'

/** Follows the pods of one namespace that carry certain labels. */
export interface PodWatch {
  /** Resolves once the pods that were there at the beginning have been told. */
  readonly synced: Promise<void>
  stop(): void
}

export interface PodWatchOptions {
  readonly client: KubeClient
  readonly namespace: string
  readonly labelSelector: string
  readonly clock: Clock
  readonly logger: Logger
  /** Told of every state in order. `gone`: the pod is not there any more, with its last known state. */
  readonly onPod: (pod: Pod, is: 'present' | 'gone') => void
}

/**
 * Lists, then watches from there; lists again when the watch can not go on where it was (410). What vanished between two lists is told as
 * gone. Goes on until it is stopped, waiting longer the more often the server fails, at most 5 s.
 */
export function watchPods(options: PodWatchOptions): PodWatch {
  const { client, namespace, labelSelector, clock, logger, onPod } = options
  const path = `/api/v1/namespaces/${namespace}/pods`
  const stop = new AbortController()
  const synced = Promise.withResolvers<void>()
  synced.promise.catch(() => {})
  const known = new Map<string, Pod>()
  let resourceVersion: string | undefined

  const list = async (): Promise<void> => {
    const { body } = await client.call<KubeList<Pod>>('GET', path, { query: { labelSelector }, signal: stop.signal })
    const seen = new Set<string>()
    for (const pod of body.items) {
      seen.add(pod.metadata.uid ?? '')
      known.set(pod.metadata.uid ?? '', pod)
      onPod(pod, 'present')
    }
    for (const [uid, pod] of known) {
      if (seen.has(uid)) continue
      known.delete(uid)
      onPod(pod, 'gone')
    }
    resourceVersion = body.metadata.resourceVersion ?? ''
    synced.resolve()
  }

  const follow = (from: string): Promise<void> =>
    client.watch<Pod>(
      path,
      { labelSelector, resourceVersion: from },
      ({ type, object }) => {
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion
        if (type === 'BOOKMARK') return
        if (type === 'DELETED') known.delete(object.metadata.uid ?? '')
        else known.set(object.metadata.uid ?? '', object)
        onPod(object, type === 'DELETED' ? 'gone' : 'present')
      },
      stop.signal,
    )

  const run = async (): Promise<void> => {
    for (let failures = 0; !stop.signal.aborted;) {
      try {
        if (resourceVersion === undefined) await list()
        await follow(resourceVersion ?? '')
        failures = 0
      } catch (error) {
        if (stop.signal.aborted) return
        // The server has forgotten that version, or does not say: only a new list helps.
        const isExpired = error instanceof KubeError && (error.status === 410 || error.status < 500)
        if (isExpired) resourceVersion = undefined
        failures++
        logger[failures === 3 ? 'warn' : 'debug']({ namespace, error, failures }, 'Watching pods failed; trying again.')
        await clock.sleep(Math.max(1, backoffMs(failures, 100, 5_000)), stop.signal).catch(() => {})
      }
    }
  }

  void run().finally(() => {
    synced.reject(new Error('The watch was stopped.'))
  })
  return {
    synced: synced.promise,
    stop: () => {
      stop.abort()
    },
  }
}
