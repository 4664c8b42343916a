import type { Diagnostic } from '@sluice/base'
import type { KubernetesInfra } from '@sluice/contract'
import type { Pod } from './kube-types.ts'
import { mountPathProblem } from './mount-paths.ts'
import { ownDomain, ownNamePrefix } from './object-names.ts'
import { type PodAllowance, refusal } from './pod-allowance.ts'
import { type PodSecurityViolation, checkPodSecurity } from './pod-security.ts'

/**
 * Everything that the overlays of a task ask for and this delegate does not give, by the built pod, so that nothing is judged that will not
 * be sent. Code `POD_REFUSED`; `file` is the field as a pipeline's author wrote it, where one can be named.
 */
export function checkOverlay(
  pod: Pod,
  overlay: { readonly infra: KubernetesInfra },
  allowance: PodAllowance,
  matches: (pattern: string, name: string) => boolean,
): Diagnostic[] {
  return [
    ...checkPodSecurity(pod).flatMap((found) => (isAllowed(found, pod, allowance) ? [] : securityDiagnostic(found))),
    ...tokenDiagnostics(pod, allowance),
    ...nameDiagnostics(overlay.infra),
    ...volumeDiagnostics(overlay.infra, allowance, matches),
  ]
}

function isAllowed(found: PodSecurityViolation, pod: Pod, allowance: PodAllowance): boolean {
  if (!allowance.rules.includes(found.rule)) return false
  if (found.rule !== 'hostPath') return true
  const index = Number(/\[(\d+)\]/.exec(found.field)?.[1])
  const path = pod.spec.volumes?.[index]?.hostPath?.path ?? ''
  return isBelowAny(path, allowance.hostPaths)
}

function isBelowAny(path: string, folders: readonly string[]): boolean {
  if (path.split('/').includes('..')) return false
  return folders.some((folder) => path === folder || path.startsWith(`${folder.replace(/\/+$/, '')}/`))
}

function securityDiagnostic({ rule, field, container, problem }: PodSecurityViolation): Diagnostic {
  const where = container === undefined ? `"${field}"` : `"${field}" (container "${container}")`
  return refusal(
    field,
    `${where} ${problem}: rule "${rule}" of the Pod Security Standard "restricted".`,
    `Leave it out, or have the delegate's operator add ${rule} to pods.allow in its policy file.`,
  )
}

function tokenDiagnostics(pod: Pod, { rules }: PodAllowance): Diagnostic[] {
  if (pod.spec.automountServiceAccountToken !== true || rules.includes('serviceAccountToken')) return []
  return [
    refusal(
      'spec.automountServiceAccountToken',
      '"automountServiceAccountToken" gives the service account\'s token to every step: this delegate does not allow it.',
      "Leave it out, or have the delegate's operator add serviceAccountToken to pods.allow in its policy file.",
    ),
  ]
}

/** What we find our objects by is not for others to set. */
function nameDiagnostics({ labels, annotations }: KubernetesInfra): Diagnostic[] {
  const kinds = { labels, annotations }
  return Object.entries(kinds).flatMap(([kind, entries]) =>
    Object.entries(entries ?? {}).flatMap(([name, value]) => {
      const field = `metadata.${kind}["${name}"]`
      if (name.startsWith(ownDomain) || name === 'app.kubernetes.io/managed-by') {
        return refusal(field, `The ${kind.slice(0, -1)} "${name}" is one of Sluice's own.`, 'Use another name.')
      }
      if (!isQualifiedName(name))
        return refusal(field, `"${name}" is no name for ${kind}.`, 'Write it as name or example.com/name.')
      const isValue = kind === 'annotations' || /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(value)
      return isValue
        ? []
        : refusal(field, `"${value}" is no value for a label.`, 'Use at most 63 letters, digits, "-", "_" and ".".')
    }),
  )
}

function isQualifiedName(name: string): boolean {
  return /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(name)
}

function volumeDiagnostics(
  infra: KubernetesInfra,
  allowance: PodAllowance,
  matches: (pattern: string, name: string) => boolean,
): Diagnostic[] {
  const paths = [...(infra.volumes ?? []).map(({ mountPath }) => mountPath), ...(infra.sharedPaths ?? [])]
  const found = paths.flatMap((path, index) => {
    const field = `mountPath "${path}"`
    const problem = mountPathProblem(path)
    if (problem !== undefined) return refusal(field, problem.message, problem.hint)
    return paths.indexOf(path) < index
      ? refusal(field, `Two volumes are mounted at "${path}".`, 'Give each a path of its own.')
      : []
  })
  const secrets = (infra.volumes ?? []).flatMap((volume) => {
    if (volume.type !== 'Secret') return []
    const { secretName } = volume
    // Also not by a policy that allows all: these are other attempts' values.
    const isOwn = secretName.startsWith(ownNamePrefix)
    if (!isOwn && allowance.secrets.some((pattern) => matches(pattern, secretName))) return []
    return refusal(
      `volume "${volume.mountPath}"`,
      isOwn
        ? `The Secret "${secretName}" is one of Sluice's own.`
        : `This delegate does not allow steps to mount the Secret "${secretName}".`,
      isOwn
        ? 'Use a Sluice secret instead.'
        : "Use a Sluice secret, or have the delegate's operator add it to pods.secrets in its policy file.",
    )
  })
  return [...found, ...secrets]
}
