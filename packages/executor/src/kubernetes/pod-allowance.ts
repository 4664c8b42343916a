import type { Diagnostic } from '@sluice/base'
import type { PodSecurityRule } from './pod-security.ts'

/**
 * What a delegate's policy may allow pods beyond the standard "restricted": the rules that may be broken, and what of the namespace may be
 * mounted.
 */
export interface PodAllowance {
  readonly rules: readonly PodRule[]
  /** Folders of nodes that may be mounted, with everything below; only with rule `hostPath`. */
  readonly hostPaths: readonly string[]
  /** Names or globs of Secrets and of claims that steps may mount. Ours are never among them. */
  readonly secrets: readonly string[]
}

/**
 * Beside the rules of the standard three of ours. `serviceAccountToken`: the token of the pod's service account is mounted. `hostAliases`,
 * `dnsConfig`: those fields of a pod overlay.
 */
export type PodRule = PodSecurityRule | 'serviceAccountToken' | 'hostAliases' | 'dnsConfig'

/** Those that a policy can allow; what stands in none of them can be asked for nowhere. */
export const podRules: readonly PodRule[] = [
  'privileged',
  'capabilitiesBaseline',
  'hostNamespaces',
  'hostPath',
  'appArmor',
  'seLinux',
  'procMount',
  'seccompBaseline',
  'sysctls',
  'restrictedVolumes',
  'allowPrivilegeEscalation',
  'runAsNonRoot',
  'runAsUser',
  'capabilitiesRestricted',
  'serviceAccountToken',
  'hostAliases',
  'dnsConfig',
]

export const noAllowance: PodAllowance = { rules: [], hostPaths: [], secrets: [] }

/** Something that a task asks for and this delegate does not give; `field` as Kubernetes calls it. */
export function refusal(field: string, message: string, hint: string): Diagnostic {
  return { severity: 'error', code: 'POD_REFUSED', message, hint, file: field }
}
