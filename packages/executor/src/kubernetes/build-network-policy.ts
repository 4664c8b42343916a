import { ownedMetadata } from './build-anchor.ts'
import type { KubernetesPlan, NetworkAddress, PodAttempt, PodOwner } from './kubernetes-plan.ts'
import type { NetworkPolicy, NetworkPolicyRule, ObjectMeta } from './kube-types.ts'
import { labelNames, objectNames } from './object-names.ts'

/**
 * What the attempt's pod may reach: name servers, the relay, and what its task names. Nothing may reach the pod. Policies know addresses only:
 * a host that is a name is allowed by its port to anywhere. A cluster whose network does not enforce policies ignores this.
 */
export function buildNetworkPolicy(
  attempt: PodAttempt,
  owner: PodOwner,
  plan: KubernetesPlan,
  anchor: ObjectMeta,
  relay: NetworkAddress,
): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: ownedMetadata(objectNames(attempt.attemptId).networkPolicy, attempt.attemptId, anchor, owner, plan),
    spec: {
      podSelector: { matchLabels: { [labelNames.attempt]: attempt.attemptId } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [nameServers, ...[relay, ...(plan.reaches ?? [])].map(allow)],
    },
  }
}

const nameServers: NetworkPolicyRule = {
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
}

function allow({ cidr, port }: NetworkAddress): NetworkPolicyRule {
  return {
    ...(cidr === '0.0.0.0/0' ? {} : { to: [{ ipBlock: { cidr } }] }),
    ...(port === undefined ? {} : { ports: [{ protocol: 'TCP', port }] }),
  }
}
