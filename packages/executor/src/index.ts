export type {
  AttemptEnd,
  AttemptPlan,
  ClusterEventRecord,
  Executor,
  PlacedAttempt,
  PlaceNotice,
  PlacePhase,
  SignalResult,
  SlotValues,
} from './executor.ts'
export { makeFolder, writeFileAtomic } from './atomic-file.ts'
export { createDummyExecutor, createDummyWorld } from './dummy-executor.ts'
export type { DummyBehaviour, DummyExecutor, DummyWorld } from './dummy-executor.ts'
export { createProcessExecutor } from './process-executor.ts'
export type { ProcessExecutorOptions } from './process-executor.ts'
export { identifyProcess, isRunning, machineBoot } from './process-identity.ts'
export type { ProcessIdentity } from './process-identity.ts'
export { buildPod, runnerContainer } from './kubernetes/build-pod.ts'
export { buildSecrets } from './kubernetes/build-secrets.ts'
export { checkOverlay } from './kubernetes/check-overlay.ts'
export { noAllowance, podRules } from './kubernetes/pod-allowance.ts'
export type { PodAllowance, PodRule } from './kubernetes/pod-allowance.ts'
export { explainRefusal } from './kubernetes/explain-refusal.ts'
export { judgePod } from './kubernetes/judge-pod.ts'
export { judgePlan } from './kubernetes/judge-plan.ts'
export { createKubeClient, KubeError } from './kubernetes/kube-client.ts'
export type { KubeAnswer, KubeClient } from './kubernetes/kube-client.ts'
export { openKubeConnection } from './kubernetes/kube-connection.ts'
export type { KubeConnection, KubeConnectionOptions } from './kubernetes/kube-connection.ts'
export type { Container as PodContainer, KubeList, Lease, Pod, PodSpec } from './kubernetes/kube-types.ts'
export type { KubernetesPlan, NetworkAddress, PodDefaults, PodOwner } from './kubernetes/kubernetes-plan.ts'
export { createKubernetesExecutor } from './kubernetes/kubernetes-executor.ts'
export type { KubernetesExecutor } from './kubernetes/kubernetes-executor.ts'
export type { KubernetesExecutorOptions, PermitView, PodRelay, TicketBox } from './kubernetes/pod-registry.ts'
export { checkPodSecurity } from './kubernetes/pod-security.ts'
export type { PodSecurityRule, PodSecurityViolation } from './kubernetes/pod-security.ts'
export { jobNamespaceRules, ownNamespaceRules } from './kubernetes/delegate-role.ts'
export type { RoleRule } from './kubernetes/delegate-role.ts'
export { createRoutingExecutor } from './routing-executor.ts'
