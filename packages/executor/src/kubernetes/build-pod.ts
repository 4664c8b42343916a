import {
  type ContainerResources,
  type StepContainer,
  podLayout,
  podRunnerEnvironment,
  podSecretEnvironment,
  stepContainerCommand,
} from '@sluice/contract'
import { ownedMetadata, userAnnotations } from './build-anchor.ts'
import { overlayVolumes } from './build-volumes.ts'
import type { KubernetesPlan, PodAttempt, PodDefaults, PodOwner } from './kubernetes-plan.ts'
import type { Container, ContainerSecurity, ObjectMeta, Pod, PodSpec, Volume, VolumeMount } from './kube-types.ts'
import { mergePodOverlay } from './merge-pod-overlay.ts'
import { annotationNames, objectNames } from './object-names.ts'

/** Name of the runner's container. Step containers are called like their ids. */
export const runnerContainer = 'runner'

/** What a pod is made from besides its plan: names of Secrets that exist by then. */
export interface PodSecrets {
  readonly run: string
  readonly values: readonly string[]
  readonly pull: readonly string[]
}

/** What containers get that name no resources. Requests stay below small limits: a limit without its request sets both. */
const defaultResources = {
  runner: { requests: { cpu: '100m', memory: '192Mi' }, limits: { cpu: '1', memory: '512Mi' } },
  step: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '512Mi' } },
} as const

const sizes = {
  workspace: '10Gi',
  attempt: '2Gi',
  temporary: '2Gi',
  bin: '16Mi',
  ctl: '256Mi',
  secrets: '64Mi',
  shared: '10Gi',
} as const

/**
 * The pod of one attempt: the runner, and a container for every other image and set of secrets. It meets the Pod Security Standard
 * "restricted" with a read-only root, unless the plan's overlays say otherwise, which `checkPodSecurity` finds out afterwards.
 *
 * There is no `activeDeadlineSeconds`: it would kill a statement in the middle. The delegate ends pods, and never one with an open permit.
 */
export function buildPod(
  attempt: PodAttempt,
  owner: PodOwner,
  plan: KubernetesPlan,
  defaults: PodDefaults,
  anchor: ObjectMeta,
  secrets: PodSecrets,
): Pod {
  const { infra, containers } = plan
  const names = objectNames(attempt.attemptId)
  const metadata = ownedMetadata(names.pod, attempt.attemptId, anchor, owner, plan)
  const overlay = overlayVolumes(infra)
  const image = infra.runner.image ?? defaults.runnerImage
  // Kubernetes gives a pod its service account's pull secrets only where the pod names none itself.
  const pullSecrets = infra.pullSecrets === 'serviceAccount' ? [] : [...secrets.pull, ...defaults.imagePullSecrets]
  const withOverlay = (spec: PodSpec): PodSpec =>
    infra.podSpecOverlay === undefined ? spec : mergePodOverlay(spec, infra.podSpecOverlay)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      // Ours last: an overlay never replaces what is found by.
      labels: { ...infra.labels, ...metadata.labels },
      annotations: {
        // A migration is not to be moved for the sake of packing nodes.
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
        'karpenter.sh/do-not-disrupt': 'true',
        ...infra.annotations,
        ...userAnnotations(plan),
        [annotationNames.initTimeoutMs]: String(infra.initTimeoutMs),
      },
    },
    spec: withOverlay({
      restartPolicy: 'Never',
      serviceAccountName: infra.serviceAccountName ?? 'default',
      automountServiceAccountToken: infra.automountServiceAccountToken ?? false,
      enableServiceLinks: false,
      shareProcessNamespace: false,
      terminationGracePeriodSeconds: defaults.terminationGraceSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: podLayout.runnerUser,
        runAsGroup: podLayout.group,
        fsGroup: podLayout.group,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
      ...(infra.nodeSelector === undefined ? {} : { nodeSelector: infra.nodeSelector }),
      ...(infra.tolerations === undefined ? {} : { tolerations: infra.tolerations }),
      ...(infra.priorityClassName === undefined ? {} : { priorityClassName: infra.priorityClassName }),
      ...(infra.hostNames === undefined || infra.hostNames.length === 0
        ? {}
        : { hostAliases: [{ ip: '127.0.0.1', hostnames: infra.hostNames }] }),
      ...(containers.length === 0 ? {} : { initContainers: [installContainer(image, plan)] }),
      containers: [
        runner(attempt, plan, defaults, image, overlay.mounts),
        ...containers.map((container) => stepContainer(container, plan, overlay.mounts)),
      ],
      volumes: [...runnerVolumes(plan, secrets), ...containers.flatMap(stepVolumes), ...overlay.volumes],
    }),
  }
}

/** Beyond "restricted": a root that cannot be written. */
const hardened: ContainerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

function installContainer(image: string, { infra }: KubernetesPlan): Container {
  return {
    name: 'install',
    image,
    ...pullPolicyOf(infra.runner.pullPolicy),
    command: [podLayout.imageBusybox, 'cp', podLayout.imageBusybox, podLayout.imageEntry, podLayout.bin],
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '1', memory: '64Mi' } },
    volumeMounts: [{ name: 'bin', mountPath: podLayout.bin }],
    securityContext: { ...hardened, runAsUser: podLayout.runnerUser },
  }
}

function runner(
  attempt: PodAttempt,
  plan: KubernetesPlan,
  defaults: PodDefaults,
  image: string,
  overlayMounts: readonly VolumeMount[],
): Container {
  const { infra, containers, secretMode } = plan
  const environment = {
    ...defaults.environment,
    ...podRunnerEnvironment,
    ...podSecretEnvironment[secretMode],
    SLUICE_RELAY: attempt.relay,
    SLUICE_RELAY_PIN: attempt.relayPin,
    HOME: podLayout.attempt,
    TMPDIR: podLayout.temporary,
  }
  return {
    name: runnerContainer,
    image,
    ...pullPolicyOf(infra.runner.pullPolicy),
    command: defaults.runnerCommand,
    workingDir: podLayout.attempt,
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    resources: resourcesOf(infra.runner.resources, defaultResources.runner),
    volumeMounts: [
      { name: 'task', mountPath: podLayout.task, readOnly: true },
      ...(secretMode === 'kubernetes' ? [{ name: 'slots', mountPath: podLayout.slots, readOnly: true }] : []),
      { name: 'attempt', mountPath: podLayout.attempt },
      { name: 'workspace', mountPath: podLayout.workspace },
      { name: 'tmp-runner', mountPath: podLayout.temporary },
      ...containers.flatMap(({ id }) => [
        { name: `ctl-${id}`, mountPath: `${podLayout.containers}/${id}/ctl` },
        { name: `secrets-${id}`, mountPath: `${podLayout.containers}/${id}/secrets` },
      ]),
      ...overlayMounts,
    ],
    securityContext: { ...hardened, runAsUser: podLayout.runnerUser, runAsGroup: podLayout.group },
  }
}

function stepContainer(container: StepContainer, { infra }: KubernetesPlan, overlayMounts: readonly VolumeMount[]): Container {
  const { id } = container
  const { capabilities, ...security } = infra.containerSecurityContext ?? {}
  const user = container.runAsUser ?? infra.runAsUser ?? security.runAsUser ?? podLayout.stepUserBase + Number(id.slice(1))
  const isPrivileged = container.privileged ?? security.privileged
  return {
    name: id,
    image: container.image,
    ...pullPolicyOf(container.pullPolicy),
    command: stepContainerCommand(id),
    workingDir: podLayout.workspace,
    resources: resourcesOf(container.resources ?? infra.resources, defaultResources.step),
    volumeMounts: [
      { name: 'bin', mountPath: podLayout.bin, readOnly: true },
      { name: `ctl-${id}`, mountPath: podLayout.ctl },
      { name: `secrets-${id}`, mountPath: podLayout.secrets },
      { name: 'workspace', mountPath: podLayout.workspace },
      { name: `tmp-${id}`, mountPath: podLayout.temporary },
      ...overlayMounts,
    ],
    securityContext: withoutUndefined({
      ...hardened,
      ...security,
      // Kubernetes refuses the pair privileged and no escalation.
      ...(isPrivileged === true ? { privileged: true, allowPrivilegeEscalation: true } : {}),
      runAsUser: user,
      runAsGroup: security.runAsGroup ?? podLayout.group,
      runAsNonRoot: user !== 0 && security.runAsNonRoot !== false,
      capabilities: withoutUndefined({ drop: capabilities?.drop ?? ['ALL'], add: capabilities?.add }),
    }),
  }
}

function runnerVolumes({ secretMode, containers }: KubernetesPlan, secrets: PodSecrets): Volume[] {
  return [
    // 0440: with fsGroup the files belong to root and our group.
    { name: 'task', secret: { secretName: secrets.run, defaultMode: 0o440 } },
    ...(secretMode === 'kubernetes'
      ? [{ name: 'slots', projected: { defaultMode: 0o440, sources: secrets.values.map((name) => ({ secret: { name } })) } }]
      : []),
    { name: 'attempt', emptyDir: { sizeLimit: sizes.attempt } },
    { name: 'workspace', emptyDir: { sizeLimit: sizes.workspace } },
    { name: 'tmp-runner', emptyDir: { sizeLimit: sizes.temporary } },
    ...(containers.length === 0 ? [] : [{ name: 'bin', emptyDir: { sizeLimit: sizes.bin } }]),
  ]
}

function stepVolumes({ id }: StepContainer): Volume[] {
  return [
    { name: `ctl-${id}`, emptyDir: { sizeLimit: sizes.ctl } },
    { name: `secrets-${id}`, emptyDir: { medium: 'Memory', sizeLimit: sizes.secrets } },
    { name: `tmp-${id}`, emptyDir: { sizeLimit: sizes.temporary } },
  ]
}

function pullPolicyOf(policy: string | undefined): { imagePullPolicy?: string } {
  return policy === undefined ? {} : { imagePullPolicy: policy }
}

type Amounts = Readonly<Record<string, string>>

/** What was asked for; where nothing was said about a resource, the defaults. */
function resourcesOf(
  asked: ContainerResources | undefined,
  defaults: { readonly requests: Amounts; readonly limits: Amounts },
): { limits: Record<string, string>; requests: Record<string, string> } {
  const limits: Record<string, string> = withoutUndefined({ ...asked?.limits })
  const requests: Record<string, string> = withoutUndefined({ ...asked?.requests })
  for (const name of ['cpu', 'memory']) {
    if (limits[name] !== undefined || requests[name] !== undefined) continue
    Object.assign(limits, { [name]: defaults.limits[name] })
    Object.assign(requests, { [name]: defaults.requests[name] })
  }
  return { limits, requests }
}

/** JSON has no undefined, and comparing objects in tests should not either. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never
}
