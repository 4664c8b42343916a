import { randomUUID } from 'node:crypto'
import { AppError } from '@sluice/base'
import type { SlotValues } from '../executor.ts'
import { buildMarker } from './build-anchor.ts'
import { buildNetworkPolicy } from './build-network-policy.ts'
import { buildPod } from './build-pod.ts'
import { buildSecrets } from './build-secrets.ts'
import { explainRefusal } from './explain-refusal.ts'
import { type KubeClient, KubeError, type Patience } from './kube-client.ts'
import type { KubeObject, ObjectMeta, Pod } from './kube-types.ts'
import type { KubernetesPlan, NetworkAddress, PodAttempt, PodDefaults, PodOwner } from './kubernetes-plan.ts'
import { annotationNames } from './object-names.ts'

export interface PodCreation {
  readonly client: KubeClient
  readonly attempt: PodAttempt
  readonly owner: PodOwner
  readonly plan: KubernetesPlan
  readonly defaults: PodDefaults
  readonly anchor: ObjectMeta
  readonly relayAddress: NetworkAddress
  readonly values: SlotValues
  readonly ticket: string | undefined
  readonly patience: Patience
}

/**
 * Makes everything that the anchor owns: Secrets and the marker at once, then the network policy, then the pod. Throws
 * `AppError('unavailable', 'PLACEMENT_FAILED')` with the cluster's reason, or `AppError('conflict', 'ATTEMPT_PLACED')` when the pod of this
 * attempt exists already and somebody else made it.
 */
export async function createObjects(creation: PodCreation): Promise<Pod> {
  const { attempt, owner, plan, anchor, defaults } = creation
  const { namespace } = plan
  const secrets = buildSecrets(attempt, owner, plan, anchor, creation)
  await Promise.all([
    create(
      creation,
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
      buildMarker(attempt.attemptId, owner, namespace, anchor),
    ),
    ...[secrets.run, ...secrets.values, ...secrets.pull].map((secret) =>
      create(creation, `/api/v1/namespaces/${namespace}/secrets`, secret),
    ),
    ...(defaults.networkPolicy
      ? [
          create(
            creation,
            `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
            buildNetworkPolicy(attempt, owner, plan, anchor, creation.relayAddress),
          ),
        ]
      : []),
  ])
  const nameOf = ({ metadata }: KubeObject): string => metadata.name ?? ''
  const pod = buildPod(attempt, owner, plan, defaults, anchor, {
    run: nameOf(secrets.run),
    values: secrets.values.map(nameOf),
    pull: secrets.pull.map(nameOf),
  })
  return createPod(creation, pod)
}

/** Whoever creates it names itself in it, so that a repeated call whose answer was lost finds its own pod. */
async function createPod({ client, plan, attempt, patience }: PodCreation, pod: Pod): Promise<Pod> {
  const placement = randomUUID()
  const annotations = { ...pod.metadata.annotations, [annotationNames.placement]: placement }
  const body = { ...pod, metadata: { ...pod.metadata, annotations } }
  const path = `/api/v1/namespaces/${plan.namespace}/pods`
  // Elsewhere the API server drops a field that it does not know without a word (old ones always do): in an overlay that is a mistake.
  const query = plan.infra.podSpecOverlay === undefined ? {} : { query: { fieldValidation: 'Strict' } }
  try {
    return (await client.insist<Pod>('POST', path, { body, patience, ...query })).body
  } catch (error) {
    if (!isConflict(error)) throw explainRefusal(error, 'pod of the step group', plan.namespace)
    const { body: there } = await client.insist<Pod>('GET', `${path}/${pod.metadata.name ?? ''}`, { patience })
    if (there.metadata.annotations?.[annotationNames.placement] === placement) return there
    throw new AppError('conflict', 'ATTEMPT_PLACED', `The attempt "${attempt.attemptId}" was placed before.`, {
      hint: 'A runner is started once for an attempt, whatever became of it.',
      cause: error,
    })
  }
}

/**
 * Creates one object. One of its name that exists already is taken for our own, from a call whose answer was lost: the name is the
 * attempt's, and the pod, which is last, decides who places it.
 */
async function create({ client, plan, patience }: PodCreation, path: string, body: KubeObject): Promise<void> {
  try {
    await client.insist('POST', path, { body, patience })
  } catch (error) {
    if (isConflict(error)) return
    throw explainRefusal(error, `${body.kind ?? 'object'} "${body.metadata.name ?? ''}"`, plan.namespace)
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.status === 409 && error.reason === 'AlreadyExists'
}
