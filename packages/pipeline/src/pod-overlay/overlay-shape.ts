/**
 * What may stand in one place of a pod overlay, and how it is merged. Mappings are merged key by key; a list is merged by the key of its
 * items where the Kubernetes API merges it so in a strategic merge patch (`mergeKey`), and else replaces the list that is there
 * (https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/).
 */
export type OverlayShape =
  | { readonly kind: 'text' | 'flag' | 'whole' | 'quantity' }
  /** Any mapping: what is in it is for the API server to judge. */
  | { readonly kind: 'object' }
  /** A mapping of texts. */
  | { readonly kind: 'texts' }
  | OverlayMap
  | OverlayList

export interface OverlayMap {
  readonly kind: 'map'
  readonly fields: Readonly<Record<string, OverlayShape>>
  /** Fields that Kubernetes has and no overlay may set, with what to do instead. */
  readonly kept: Readonly<Record<string, string>>
}

export interface OverlayList {
  readonly kind: 'list'
  readonly of: OverlayShape
  readonly mergeKey?: string
}

const text: OverlayShape = { kind: 'text' }
const flag: OverlayShape = { kind: 'flag' }
const whole: OverlayShape = { kind: 'whole' }
const object: OverlayShape = { kind: 'object' }
const texts: OverlayShape = { kind: 'texts' }

function map(fields: OverlayMap['fields'], kept: OverlayMap['kept'] = {}): OverlayMap {
  return { kind: 'map', fields, kept }
}

function list(of: OverlayShape, mergeKey?: string): OverlayList {
  return { kind: 'list', of, ...(mergeKey === undefined ? {} : { mergeKey }) }
}

/** The same hint for every name of a list. */
function because(hint: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, hint]))
}

const quantities = map({ cpu: { kind: 'quantity' }, memory: { kind: 'quantity' }, 'ephemeral-storage': { kind: 'quantity' } })

const container = map(
  {
    name: text,
    resources: map({ limits: quantities, requests: quantities }, { claims: 'Leave it out: no devices are claimed.' }),
    volumeMounts: list(map({ name: text, mountPath: text, readOnly: flag, subPath: text }), 'mountPath'),
  },
  {
    ...because(
      'Images, commands and variables belong to the steps: use image, command and envVariables of the Run step.',
      'image command args workingDir env envFrom stdin stdinOnce tty',
    ),
    imagePullPolicy: 'Use imagePullPolicy of stepGroupInfra.',
    securityContext: 'Use containerSecurityContext, runAsUser and runAsNonRoot of stepGroupInfra.',
    ...because(
      'Leave it out: Sluice decides when containers start and end.',
      'lifecycle livenessProbe readinessProbe startupProbe restartPolicy restartPolicyRules resizePolicy terminationMessagePath terminationMessagePolicy',
    ),
    ...because('Leave it out: nothing connects to step groups.', 'ports'),
    volumeDevices: 'Leave it out: volumes are mounted, by volumeMounts.',
  },
)

const podSecurity = map(
  {
    supplementalGroups: list(whole),
    supplementalGroupsPolicy: text,
    fsGroupChangePolicy: text,
    seLinuxChangePolicy: text,
    sysctls: list(map({ name: text, value: text })),
    seLinuxOptions: texts,
    appArmorProfile: map({ type: text, localhostProfile: text }),
  },
  {
    ...because(
      'Users and groups of the step containers are set by runAsUser, runAsNonRoot and containerSecurityContext of stepGroupInfra.',
      'runAsUser runAsGroup runAsNonRoot fsGroup',
    ),
    seccompProfile: 'Leave it out: every container has the profile RuntimeDefault.',
    windowsOptions: 'Leave it out: pods run on Linux.',
  },
)

/**
 * The fields of a PodSpec that `podSpecOverlay` may set, and those that it may not because the protocol, the way of the secrets or the judgement
 * of how a pod ended rely on them (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec). What stands in
 * neither is unknown.
 */
export const podOverlayShape: OverlayMap = map(
  {
    affinity: object,
    containers: list(container, 'name'),
    dnsConfig: object,
    dnsPolicy: text,
    hostAliases: list(map({ ip: text, hostnames: list(text) }), 'ip'),
    hostNetwork: flag,
    hostUsers: flag,
    hostname: text,
    nodeSelector: texts,
    preemptionPolicy: text,
    priorityClassName: text,
    runtimeClassName: text,
    schedulerName: text,
    securityContext: podSecurity,
    setHostnameAsFQDN: flag,
    subdomain: text,
    terminationGracePeriodSeconds: whole,
    tolerations: list(object),
    topologySpreadConstraints: list(object),
    volumes: list(object, 'name'),
  },
  {
    activeDeadlineSeconds: 'A deadline of the pod would end a statement in the middle. Use timeout of the steps.',
    automountServiceAccountToken: 'Use automountServiceAccountToken of stepGroupInfra.',
    enableServiceLinks: 'Leave it out: steps get no variables but their own.',
    ...because('Leave it out: the pod has the containers of its steps, and no others.', 'initContainers ephemeralContainers'),
    ...because('Steps are kept from each other’s processes. Leave it out.', 'shareProcessNamespace hostPID hostIPC'),
    imagePullSecrets: 'Use connectorRef of the steps, or registryCredentials: serviceAccount in the settings of the account.',
    nodeName: 'Use nodeSelector or affinity: the scheduler chooses the node.',
    os: 'Use os of stepGroupInfra.',
    restartPolicy: 'Leave it out: a runner is started once.',
    ...because('Use serviceAccountName of stepGroupInfra.', 'serviceAccountName serviceAccount'),
    ...because('Leave it out: the cluster sets it.', 'overhead priority'),
    ...because('Leave it out: step groups do not use it.', 'readinessGates schedulingGates resourceClaims resources'),
  },
)

/** The shape of a field, whatever of it is an overlay's to set. */
export function shapeOf({ fields }: OverlayMap, name: string): OverlayShape | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}
