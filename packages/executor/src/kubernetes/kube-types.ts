// The parts of Kubernetes objects that this package writes and reads, as they stand in JSON
// (https://kubernetes.io/docs/reference/kubernetes-api/). Only fields that have been stable since v1.14 are used.

export interface ObjectMeta {
  readonly name?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller: boolean
  readonly blockOwnerDeletion: boolean
}

export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

export interface KubeList<T extends KubeObject> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items: readonly T[]
}

export interface Lease extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseTransitions?: number }
}

export interface Secret extends KubeObject {
  readonly type: string
  readonly immutable: true
  /** Base64. */
  readonly data: Readonly<Record<string, string>>
}

export interface ContainerSecurity {
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly procMount?: string
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly seccompProfile?: { readonly type: string; readonly localhostProfile?: string }
  readonly seLinuxOptions?: Readonly<Record<string, string>>
  readonly windowsOptions?: { readonly hostProcess?: boolean }
  readonly appArmorProfile?: { readonly type: string }
}

export interface PodSecurity {
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly fsGroup?: number
  readonly fsGroupChangePolicy?: string
  readonly seccompProfile?: { readonly type: string; readonly localhostProfile?: string }
  readonly seLinuxOptions?: Readonly<Record<string, string>>
  readonly windowsOptions?: { readonly hostProcess?: boolean }
  readonly appArmorProfile?: { readonly type: string }
  readonly sysctls?: readonly { readonly name: string; readonly value: string }[]
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly imagePullPolicy?: string
  readonly command?: readonly string[]
  readonly workingDir?: string
  readonly env?: readonly { readonly name: string; readonly value: string }[]
  readonly resources?: {
    readonly limits?: Readonly<Record<string, string>>
    readonly requests?: Readonly<Record<string, string>>
  }
  readonly volumeMounts?: readonly VolumeMount[]
  readonly securityContext?: ContainerSecurity
  readonly ports?: readonly { readonly containerPort: number; readonly hostPort?: number }[]
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
}

export interface Volume {
  readonly name: string
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string }
  readonly secret?: { readonly secretName: string; readonly defaultMode?: number; readonly optional?: boolean }
  readonly projected?: {
    readonly defaultMode?: number
    readonly sources: readonly { readonly secret: { readonly name: string } }[]
  }
  readonly configMap?: { readonly name: string; readonly optional?: boolean }
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean }
  readonly hostPath?: { readonly path: string; readonly type?: string }
}

export interface PodSpec {
  readonly restartPolicy?: string
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly securityContext?: PodSecurity
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
  readonly enableServiceLinks?: boolean
  readonly shareProcessNamespace?: boolean
  readonly terminationGracePeriodSeconds?: number
  readonly imagePullSecrets?: readonly { readonly name: string }[]
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly tolerations?: readonly object[]
  readonly priorityClassName?: string
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[]
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly nodeName?: string
  readonly dnsConfig?: object
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt?: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly signal?: number
    readonly reason?: string
    readonly message?: string
    readonly startedAt?: string | null
  }
}

export interface ContainerStatus {
  readonly name: string
  readonly image?: string
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

export interface Pod extends KubeObject {
  readonly spec: PodSpec
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
    }[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

export interface ClusterEvent extends KubeObject {
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly uid?: string }
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly lastTimestamp?: string | null
  readonly firstTimestamp?: string | null
  readonly eventTime?: string | null
}

export interface NetworkPolicy extends KubeObject {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> }
    readonly policyTypes: readonly string[]
    readonly ingress?: readonly object[]
    readonly egress: readonly NetworkPolicyRule[]
  }
}

export interface NetworkPolicyRule {
  readonly to?: readonly { readonly ipBlock: { readonly cidr: string } }[]
  readonly ports?: readonly { readonly protocol: string; readonly port: number }[]
}
