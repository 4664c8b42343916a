import type { Container, ContainerSecurity, Pod, PodSecurity, Volume } from './kube-types.ts'

/**
 * What a pod must not have, by name: the checks of the Pod Security Standard "restricted", which include those of "baseline"
 * (https://kubernetes.io/docs/concepts/security/pod-security-standards/, checks of `k8s.io/pod-security-admission/policy`), and three of
 * ours: `serviceAccountToken`, `ownSecrets` and `ownPaths`.
 */
export type PodSecurityRule =
  | 'hostNamespaces'
  | 'privileged'
  | 'capabilitiesBaseline'
  | 'hostPath'
  | 'hostPorts'
  | 'appArmor'
  | 'seLinux'
  | 'procMount'
  | 'seccompBaseline'
  | 'sysctls'
  | 'windowsHostProcess'
  | 'restrictedVolumes'
  | 'allowPrivilegeEscalation'
  | 'runAsNonRoot'
  | 'runAsUser'
  | 'seccompRestricted'
  | 'capabilitiesRestricted'

/** One field of a pod that breaks a rule. */
export interface PodSecurityViolation {
  readonly rule: PodSecurityRule
  /** `spec.containers[1].securityContext.privileged`. */
  readonly field: string
  /** The container, where it is about one. */
  readonly container?: string | undefined
  /** What is wrong, as the end of a sentence: `must not be true`. */
  readonly problem: string
}

const baselineCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

const seLinuxTypes = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'])

const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
])

const restrictedVolumeKinds = new Set([
  'name',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

/** Everything in a pod that the standard "restricted" forbids; empty for one that it admits. */
export function checkPodSecurity(pod: Pick<Pod, 'metadata' | 'spec'>): PodSecurityViolation[] {
  const { spec } = pod
  const security = spec.securityContext ?? {}
  const containers = [...listed('spec.initContainers', spec.initContainers), ...listed('spec.containers', spec.containers)]
  return [
    ...(['hostNetwork', 'hostPID', 'hostIPC'] as const).flatMap((name) =>
      spec[name] === true ? [violation('hostNamespaces', `spec.${name}`, 'must not be true')] : [],
    ),
    ...annotationViolations(pod.metadata.annotations ?? {}),
    ...(spec.volumes ?? []).flatMap((volume, index) => volumeViolations(volume, `spec.volumes[${index}]`)),
    ...sharedViolations(security, 'spec.securityContext'),
    ...podViolations(security),
    ...containers.flatMap((listedContainer) => containerViolations(listedContainer, security)),
  ]
}

interface Listed {
  readonly container: Container
  readonly path: string
}

function listed(path: string, containers: readonly Container[] | undefined): Listed[] {
  return (containers ?? []).map((container, index) => ({ container, path: `${path}[${index}]` }))
}

function violation(rule: PodSecurityRule, field: string, problem: string, container?: string): PodSecurityViolation {
  return { rule, field, problem, ...(container === undefined ? {} : { container }) }
}

/** Before there were fields, profiles were set by annotations, and old kubelets still read them. */
function annotationViolations(annotations: Readonly<Record<string, string>>): PodSecurityViolation[] {
  return Object.entries(annotations).flatMap(([name, value]) => {
    const field = `metadata.annotations["${name}"]`
    if (name.startsWith('container.apparmor.security.beta.kubernetes.io/')) {
      const isAllowed = value === '' || value === 'runtime/default' || value.startsWith('localhost/')
      return isAllowed ? [] : [violation('appArmor', field, 'must be "runtime/default" or a localhost profile')]
    }
    if (
      name === 'seccomp.security.alpha.kubernetes.io/pod' ||
      name.startsWith('container.seccomp.security.alpha.kubernetes.io/')
    ) {
      const isAllowed = ['runtime/default', 'docker/default'].includes(value) || value.startsWith('localhost/')
      return isAllowed ? [] : [violation('seccompBaseline', field, 'must be "runtime/default" or a localhost profile')]
    }
    return []
  })
}

function volumeViolations(volume: Volume, path: string): PodSecurityViolation[] {
  if (volume.hostPath !== undefined) return [violation('hostPath', `${path}.hostPath`, 'must not be set')]
  return Object.keys(volume).flatMap((kind) =>
    restrictedVolumeKinds.has(kind)
      ? []
      : [violation('restrictedVolumes', `${path}.${kind}`, 'is a kind of volume that is not allowed')],
  )
}

type Shared = Pick<
  PodSecurity & ContainerSecurity,
  'windowsOptions' | 'seLinuxOptions' | 'appArmorProfile' | 'seccompProfile' | 'runAsUser'
>

/** What means the same on a pod and on a container. */
function sharedViolations(security: Shared, path: string, container?: string): PodSecurityViolation[] {
  const found: PodSecurityViolation[] = []
  const add = (rule: PodSecurityRule, name: string, problem: string): void => {
    found.push(violation(rule, `${path}.${name}`, problem, container))
  }
  if (security.windowsOptions?.hostProcess === true) add('windowsHostProcess', 'windowsOptions.hostProcess', 'must not be true')
  const { seLinuxOptions, appArmorProfile, seccompProfile } = security
  if (!seLinuxTypes.has(seLinuxOptions?.['type'] ?? '')) add('seLinux', 'seLinuxOptions.type', 'must be a container type')
  for (const name of ['user', 'role']) {
    if ((seLinuxOptions?.[name] ?? '') !== '') add('seLinux', `seLinuxOptions.${name}`, 'must not be set')
  }
  if (appArmorProfile !== undefined && !['RuntimeDefault', 'Localhost'].includes(appArmorProfile.type)) {
    add('appArmor', 'appArmorProfile.type', 'must be RuntimeDefault or Localhost')
  }
  if (seccompProfile !== undefined && !['RuntimeDefault', 'Localhost'].includes(seccompProfile.type)) {
    add('seccompBaseline', 'seccompProfile.type', 'must be RuntimeDefault or Localhost')
  }
  if (security.runAsUser === 0) add('runAsUser', 'runAsUser', 'must not be 0')
  return found
}

function podViolations(security: PodSecurity): PodSecurityViolation[] {
  const found = (security.sysctls ?? []).flatMap(({ name }, index) =>
    safeSysctls.has(name) ? [] : [violation('sysctls', `spec.securityContext.sysctls[${index}]`, `must not set "${name}"`)],
  )
  if (security.runAsNonRoot === false) {
    found.push(violation('runAsNonRoot', 'spec.securityContext.runAsNonRoot', 'must not be false'))
  }
  return found
}

function containerViolations({ container, path }: Listed, pod: PodSecurity): PodSecurityViolation[] {
  const security = container.securityContext ?? {}
  const base = `${path}.securityContext`
  const found = sharedViolations(security, base, container.name)
  const add = (rule: PodSecurityRule, field: string, problem: string): void => {
    found.push(violation(rule, field, problem, container.name))
  }
  if (security.privileged === true) add('privileged', `${base}.privileged`, 'must not be true')
  if (security.procMount !== undefined && security.procMount !== 'Default')
    add('procMount', `${base}.procMount`, 'must be Default')
  if (security.allowPrivilegeEscalation !== false) {
    add('allowPrivilegeEscalation', `${base}.allowPrivilegeEscalation`, 'must be false')
  }
  // A container's own word counts before the pod's.
  const nonRoot = security.runAsNonRoot ?? pod.runAsNonRoot
  if (nonRoot !== true) add('runAsNonRoot', `${base}.runAsNonRoot`, 'must be true')
  if ((security.seccompProfile ?? pod.seccompProfile) === undefined) {
    add('seccompRestricted', `${base}.seccompProfile.type`, 'must be RuntimeDefault or Localhost')
  }
  const { add: added = [], drop = [] } = security.capabilities ?? {}
  for (const capability of added) {
    if (capability === 'NET_BIND_SERVICE') continue
    const rule = baselineCapabilities.has(capability) ? 'capabilitiesRestricted' : 'capabilitiesBaseline'
    add(rule, `${base}.capabilities.add`, `must not have "${capability}"`)
  }
  if (!drop.includes('ALL')) add('capabilitiesRestricted', `${base}.capabilities.drop`, 'must have "ALL"')
  for (const [index, port] of (container.ports ?? []).entries()) {
    if ((port.hostPort ?? 0) !== 0) add('hostPorts', `${path}.ports[${index}].hostPort`, 'must not be set')
  }
  return found
}
