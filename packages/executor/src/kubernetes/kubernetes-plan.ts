import type { KubernetesInfra, RegistryCredential, StepContainer } from '@sluice/contract'

/** What a task asks for, as far as a pod is made from it. The delegate maps its tasks to this. */
export interface KubernetesPlan {
  readonly namespace: string
  readonly taskId: string
  readonly executionId: string
  /** What users call these things: annotations for people. */
  readonly userNames: { readonly project: string; readonly pipeline: string; readonly group: string }
  readonly infra: KubernetesInfra
  readonly secretMode: 'kubernetes' | 'runtime'
  readonly containers: readonly StepContainer[]
  readonly registries: readonly RegistryCredential[]
  /** Slots whose values the runner gets; those of registries are for the kubelet alone. */
  readonly runnerSlots: readonly string[]
  /** Life of the attempt. */
  readonly notAfterMs: number
  /** The task file as the runner reads it: any JSON value without secret values. */
  readonly task: unknown
  /** What the pod may reach when network policies are on, as `host:port` of databases and Git hosts where they are addresses. */
  readonly reaches?: readonly NetworkAddress[] | undefined
}

/** An address range and, where known, a TCP port. */
export interface NetworkAddress {
  readonly cidr: string
  readonly port?: number | undefined
}

/** Settings of the delegate that every pod is made with. */
export interface PodDefaults {
  /** Image of the runner, and of the init container. */
  readonly runnerImage: string
  /** Secrets of the namespace that pull the runner's image where no connector does; they exist already. */
  readonly imagePullSecrets: readonly string[]
  /** How the runner is started. */
  readonly runnerCommand: readonly string[]
  /** Added to the runner's environment; never secrets. */
  readonly environment: Readonly<Record<string, string>>
  /** Seconds between SIGTERM and SIGKILL. */
  readonly terminationGraceSeconds: number
  readonly networkPolicy: boolean
}

/** Who makes the objects: ids of the delegate and its instance, as labels. */
export interface PodOwner {
  readonly delegateId: string
  readonly instanceId: string
}

/** One attempt to place. */
export interface PodAttempt {
  readonly attemptId: string
  readonly epoch: number
  readonly attemptToken: string
  /** Origin of the relay, `https://host:port`. */
  readonly relay: string
  /** Base64 SHA-256 of the relay certificate's public key. */
  readonly relayPin: string
}
