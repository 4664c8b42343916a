import type { Logger } from '@sluice/base'
import { judgePod, mayHaveStarted } from './judge-pod.ts'
import { type KubeClient, KubeError } from './kube-client.ts'
import type { KubeList, Lease, Pod } from './kube-types.ts'
import { annotationNames, labelNames } from './object-names.ts'

export interface SweepOptions {
  readonly client: KubeClient
  readonly namespaces: readonly string[]
  readonly delegateId: string
  /** How long after the end of an attempt's life everything of it is removed. */
  readonly slackMs: number
  /**
   * Makes sure that a runner which still runs gets no permit any more and holds none. False when that cannot be known: then it is left.
   */
  readonly mayEnd: (attemptId: string) => Promise<boolean>
  readonly logger: Logger
}

/**
 * Deletes anchors whose life and slack are over, by the API server's clock, whoever of this delegate's instances made them: what crashes
 * left. A pod whose runner runs, or may run, is left alone unless it certainly holds no permit. Resolves to the ids of what was deleted.
 */
export async function sweepAnchors(options: SweepOptions): Promise<string[]> {
  const { client, namespaces, delegateId, logger } = options
  const swept: string[] = []
  for (const namespace of namespaces) {
    const query = { labelSelector: `${labelNames.delegate}=${delegateId}` }
    const { body, nowMs } = await client.call<KubeList<Lease>>('GET', anchorsPath(namespace), { query })
    for (const anchor of body.items) {
      const attemptId = anchor.metadata.labels?.[labelNames.attempt] ?? ''
      if (nowMs < endOfLifeMs(anchor) + options.slackMs || anchor.metadata.deletionTimestamp !== undefined) continue
      if ((await mayBeAlive(client, namespace, anchor)) && !(await options.mayEnd(attemptId))) {
        logger.warn({ attemptId, namespace }, 'A pod is over its life, but its runner may be changing a database: it is left.')
        continue
      }
      await deleteAnchor(client, namespace, anchor.metadata.name ?? '', anchor.metadata.uid ?? '')
      logger.warn({ attemptId, namespace }, 'What was left of an attempt was removed.')
      swept.push(attemptId)
    }
  }
  return swept
}

export function anchorsPath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
}

/** Deletes an anchor and with it, through the garbage collector, everything it owns. One that is gone or another's is no error. */
export async function deleteAnchor(client: KubeClient, namespace: string, name: string, uid: string): Promise<void> {
  const body = { propagationPolicy: 'Background', preconditions: { uid } }
  await client.insist('DELETE', `${anchorsPath(namespace)}/${name}`, { body }).catch((error: unknown) => {
    if (!(error instanceof KubeError) || (error.status !== 404 && error.status !== 409)) throw error
  })
}

/** An anchor without a readable life is over at once: nothing of ours is without one. */
function endOfLifeMs({ metadata }: Lease): number {
  const created = Date.parse(metadata.creationTimestamp ?? '')
  const lifeMs = Number(metadata.annotations?.[annotationNames.notAfterMs])
  return (Number.isNaN(created) ? 0 : created) + (Number.isFinite(lifeMs) ? lifeMs : 0)
}

async function mayBeAlive(client: KubeClient, namespace: string, anchor: Lease): Promise<boolean> {
  try {
    const { body } = await client.call<Pod>('GET', `/api/v1/namespaces/${namespace}/pods/${anchor.metadata.name ?? ''}`)
    const isOurs = body.metadata.ownerReferences?.some(({ uid }) => uid === anchor.metadata.uid) === true
    return isOurs && mayHaveStarted(body) && judgePod(body).end === undefined
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return false
    throw error
  }
}
