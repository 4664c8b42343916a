/** Git transports that a policy can allow. `file` is not among them: local repositories are allowed by folder. */
export type GitProtocol = 'https' | 'ssh' | 'http' | 'git'

export const gitProtocols: readonly GitProtocol[] = ['https', 'ssh', 'http', 'git']

/** A name or glob, for all projects or some. */
export interface SecretRule {
  readonly name: string
  /** `org/project` globs; absent means every project that the policy allows. */
  readonly projects?: readonly string[] | undefined
}

/** What pods may have beyond the Pod Security Standard "restricted". */
export interface PodPolicy {
  /** Rules that pods may break, by name: `runAsUser`, `hostPath`, … */
  readonly allow: readonly string[]
  /** Folders of nodes that pods may mount, with rule `hostPath`. */
  readonly hostPaths: readonly string[]
  /** Names or globs of the namespace's Secrets that steps may mount. */
  readonly secrets: readonly string[]
  /** `runtime`: no value ever gets into the cluster's store, whatever the control plane asks for. */
  readonly secretMode?: 'runtime' | undefined
}

/** Rules that `pods.allow` may name: those of the standard that a step group can ask to break. */
export const podPolicyRules = [
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
] as const

/**
 * What a delegate does for its control plane, decided on the delegate's own side. Where a list is absent there is no limit, an empty
 * list allows nothing.
 */
export interface DelegatePolicy {
  /** The file it came from, for hints. */
  readonly file?: string | undefined
  /** `org/project` globs. */
  readonly projects?: readonly string[] | undefined
  /** Beginnings of image names. */
  readonly images?: readonly string[] | undefined
  /** `host:port/database` globs, with or without `engine://`. */
  readonly targets?: readonly string[] | undefined
  readonly secrets: {
    readonly env: readonly SecretRule[]
    readonly file?: { readonly root: string; readonly names?: readonly SecretRule[] | undefined } | undefined
  }
  readonly git: {
    readonly protocols: readonly GitProtocol[]
    /** Host globs. */
    readonly hosts?: readonly string[] | undefined
    /** Absolute folders under which local repositories may lie. */
    readonly allowLocalPaths: readonly string[]
  }
  /** Whether steps with commands of the pipeline's author run. */
  readonly allowScripts: boolean
  /** Kubernetes namespaces for pods. */
  readonly namespaces?: readonly string[] | undefined
  /** Service accounts that pods may name; absent allows `default` alone. */
  readonly serviceAccounts?: readonly string[] | undefined
  /** What pods may have beyond the Pod Security Standard "restricted"; absent allows nothing beyond it. */
  readonly pods?: PodPolicy | undefined
  /** How many attempts run at a time; absent leaves it to the delegate's own setting. */
  readonly maxAttempts?: number | undefined
}

/**
 * Without a policy file: sealed secrets and built-in steps only. No environment variables, no files, no scripts; Git over https and ssh;
 * every project and target.
 */
export const defaultPolicy: DelegatePolicy = {
  secrets: { env: [] },
  git: { protocols: ['https', 'ssh'], allowLocalPaths: [] },
  allowScripts: false,
}
