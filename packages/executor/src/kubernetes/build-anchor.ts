import type { KubernetesPlan, PodAttempt, PodOwner } from './kubernetes-plan.ts'
import type { Lease, ObjectMeta } from './kube-types.ts'
import { annotationNames, labelNames, managedByValue, objectNames, ownedBy } from './object-names.ts'

/**
 * The object that owns all others of an attempt: deleting it deletes everything. Written once, never renewed: a Lease only because that kind
 * holds nothing secret and everybody has it. What an adopting delegate needs to know stands on it.
 */
export function buildAnchor(attempt: Pick<PodAttempt, 'attemptId' | 'epoch'>, owner: PodOwner, plan: KubernetesPlan): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: objectNames(attempt.attemptId).anchor,
      namespace: plan.namespace,
      labels: ownLabels(attempt.attemptId, owner, plan),
      annotations: {
        ...userAnnotations(plan),
        [annotationNames.notAfterMs]: String(plan.notAfterMs),
        [annotationNames.initTimeoutMs]: String(plan.infra.initTimeoutMs),
      },
    },
    spec: { holderIdentity: owner.instanceId, leaseTransitions: attempt.epoch },
  }
}

/** Says that the pod is about to be created; found by its own label, since it is no anchor. */
export function buildMarker(attemptId: string, owner: PodOwner, namespace: string, anchor: ObjectMeta): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: objectNames(attemptId).marker,
      namespace,
      labels: {
        [labelNames.managedBy]: managedByValue,
        [labelNames.attempt]: attemptId,
        [labelNames.placedBy]: owner.instanceId,
      },
      ownerReferences: [ownedBy(anchor)],
    },
    spec: { holderIdentity: owner.instanceId },
  }
}

/** Metadata of an object that the anchor owns. */
export function ownedMetadata(
  name: string,
  attemptId: string,
  anchor: ObjectMeta,
  owner: PodOwner,
  plan: KubernetesPlan,
): ObjectMeta {
  return {
    name,
    namespace: plan.namespace,
    labels: ownLabels(attemptId, owner, plan),
    ownerReferences: [ownedBy(anchor)],
  }
}

export function userAnnotations({ userNames }: KubernetesPlan): Record<string, string> {
  return {
    [annotationNames.project]: userNames.project,
    [annotationNames.pipeline]: userNames.pipeline,
    [annotationNames.group]: userNames.group,
  }
}

function ownLabels(attemptId: string, owner: PodOwner, plan: KubernetesPlan): Record<string, string> {
  return {
    [labelNames.managedBy]: managedByValue,
    [labelNames.delegate]: owner.delegateId,
    [labelNames.instance]: owner.instanceId,
    [labelNames.attempt]: attemptId,
    [labelNames.task]: plan.taskId,
    [labelNames.execution]: plan.executionId,
  }
}
