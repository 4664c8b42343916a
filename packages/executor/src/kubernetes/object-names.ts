import { AppError, idSuffix } from '@sluice/base'
import type { ObjectMeta, OwnerReference } from './kube-types.ts'

/** Names of an attempt's objects. They follow from its id alone, so that nothing of one attempt can exist twice. */
export interface ObjectNames {
  readonly anchor: string
  /** Stands from just before the pod is created: without a pod beside it, a runner may have been here. */
  readonly marker: string
  readonly pod: string
  /** Task, token and, in runtime mode, the ticket. */
  readonly run: string
  readonly networkPolicy: string
  /** One of the Secrets that hold values. */
  values(index: number): string
  /** One of the Secrets of registries. */
  pull(index: number): string
}

/** The beginning of every name that is ours; no pipeline may name objects that begin like it. */
export const ownNamePrefix = 'sluice-'

/** Throws `AppError('invalid', 'ATTEMPT_ID_INVALID')` for what no id is and no object's name could be made from. */
export function objectNames(attemptId: string): ObjectNames {
  const suffix = idSuffix(attemptId)
  if (!/^[a-z]{1,8}_[0-9a-z]{1,40}$/.test(attemptId)) {
    throw new AppError(
      'invalid',
      'ATTEMPT_ID_INVALID',
      'The attempt id has characters that no Kubernetes object’s name may have.',
    )
  }
  const base = `${ownNamePrefix}${suffix}`
  return {
    anchor: base,
    marker: `${base}-placed`,
    pod: base,
    run: `${base}-run`,
    networkPolicy: base,
    values: (index) => `${base}-values-${index}`,
    pull: (index) => `${base}-pull-${index}`,
  }
}

/** Beginning of our labels and annotations; no pipeline may set any below it. */
export const ownDomain = 'sluice.dev/'

/** Labels carry our own ids and nothing that users have written; annotations carry the rest. */
export const labelNames = {
  managedBy: 'app.kubernetes.io/managed-by',
  delegate: 'sluice.dev/delegate',
  instance: 'sluice.dev/instance',
  attempt: 'sluice.dev/attempt',
  task: 'sluice.dev/task',
  execution: 'sluice.dev/execution',
  /** On markers only. */
  placedBy: 'sluice.dev/placed-by',
} as const

export const annotationNames = {
  /** Life of the attempt from the anchor's creation, in milliseconds: both on the API server's clock. */
  notAfterMs: 'sluice.dev/not-after-ms',
  initTimeoutMs: 'sluice.dev/init-timeout-ms',
  /** Which call created the pod: tells a repeated call whose answer was lost from somebody else's. */
  placement: 'sluice.dev/placement',
  project: 'sluice.dev/project',
  pipeline: 'sluice.dev/pipeline',
  group: 'sluice.dev/step-group',
} as const

export const managedByValue = 'sluice'

/** The anchor as the owner of everything else. Without `blockOwnerDeletion`, which would need rights on finalizers. */
export function ownedBy(anchor: ObjectMeta): OwnerReference {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    name: anchor.name ?? '',
    uid: anchor.uid ?? '',
    controller: true,
    blockOwnerDeletion: false,
  }
}
