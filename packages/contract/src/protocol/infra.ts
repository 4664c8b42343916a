import { z } from 'zod'

// Where a step group runs. What a pipeline's author may ask of a pod stands here; whether a delegate grants it is its own policy's word.

/** A Kubernetes quantity as written: `500m`, `2Gi`. */
export const quantity = z
  .string()
  .regex(/^[0-9]+(?:\.[0-9]+)?(?:m|k|[KMGTPE]i?)?$/)
  .max(32)
export const containerResources = z.object({
  limits: z.object({ cpu: quantity.optional(), memory: quantity.optional() }).optional(),
  requests: z.object({ cpu: quantity.optional(), memory: quantity.optional() }).optional(),
})
export type ContainerResources = z.infer<typeof containerResources>

export const pullPolicy = z.enum(['Always', 'IfNotPresent', 'Never'])
export type PullPolicy = z.infer<typeof pullPolicy>

/** `containerSecurityContext` of the group, for its step containers. */
export const containerSecurityContext = z.object({
  allowPrivilegeEscalation: z.boolean().optional(),
  privileged: z.boolean().optional(),
  procMount: z.string().max(64).optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.number().int().min(0).optional(),
  runAsGroup: z.number().int().min(0).optional(),
  capabilities: z
    .object({ add: z.array(z.string().max(64)).max(64).optional(), drop: z.array(z.string().max(64)).max(64).optional() })
    .optional(),
})
export type ContainerSecurityContext = z.infer<typeof containerSecurityContext>

export const toleration = z.object({
  key: z.string().max(317).optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().max(63).optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.number().int().optional(),
})
export type Toleration = z.infer<typeof toleration>

const mountPath = z.string().startsWith('/').max(512)
/** A volume that all step containers and the runner mount at the same path. */
export const podVolume = z.discriminatedUnion('type', [
  z.object({ type: z.literal('EmptyDir'), mountPath, medium: z.enum(['', 'Memory']).optional(), size: quantity.optional() }),
  z.object({ type: z.literal('HostPath'), mountPath, path: mountPath, hostPathType: z.string().max(32).optional() }),
  z.object({
    type: z.literal('PersistentVolumeClaim'),
    mountPath,
    claimName: z.string().max(253),
    readOnly: z.boolean().optional(),
  }),
  z.object({ type: z.literal('ConfigMap'), mountPath, configMapName: z.string().max(253), optional: z.boolean().optional() }),
  z.object({ type: z.literal('Secret'), mountPath, secretName: z.string().max(253), optional: z.boolean().optional() }),
])
export type PodVolume = z.infer<typeof podVolume>

/** The runner is a child process of the delegate. */
export const processInfra = z.object({ type: z.literal('process') })

/** One pod for the group. Absent fields are the delegate's to decide. */
export const kubernetesInfra = z.object({
  type: z.literal('kubernetes'),
  /** The cluster connector, for messages; its credential is always the delegate's own. */
  connector: z.string(),
  namespace: z.string().max(63).optional(),
  serviceAccountName: z.string().max(253).optional(),
  automountServiceAccountToken: z.boolean().optional(),
  nodeSelector: z.record(z.string().max(317), z.string().max(63)).optional(),
  tolerations: z.array(toleration).max(50).optional(),
  labels: z.record(z.string().max(317), z.string().max(63)).optional(),
  annotations: z.record(z.string().max(317), z.string().max(16_384)).optional(),
  priorityClassName: z.string().max(253).optional(),
  /** A partial PodSpec that the delegate merges over its pod, as far as it and its policy allow. */
  podSpecOverlay: z.record(z.string(), z.unknown()).optional(),
  containerSecurityContext: containerSecurityContext.optional(),
  /** For all step containers that do not say otherwise. */
  runAsUser: z.number().int().min(0).optional(),
  os: z.literal('Linux').optional(),
  /** For step containers that name no resources of their own. */
  resources: containerResources.optional(),
  volumes: z.array(podVolume).max(50).optional(),
  /** More paths that the group's containers share: an emptyDir each. */
  sharedPaths: z.array(mountPath).max(20).optional(),
  /** Names for 127.0.0.1 in the pod's /etc/hosts. */
  hostNames: z.array(z.string().max(253)).max(50).optional(),
  /** How long pod, images and containers may take until the runner runs. */
  initTimeoutMs: z.number().int().positive(),
  /** `connectors`: Secrets made from `registries`. `serviceAccount`: none are made, the service account's own are relied on. */
  pullSecrets: z.enum(['connectors', 'serviceAccount']),
  runner: z.object({
    /** Absent: the image that the delegate is configured with. */
    image: z.string().max(1024).optional(),
    pullPolicy: pullPolicy.optional(),
    resources: containerResources.optional(),
  }),
})
export type KubernetesInfra = z.infer<typeof kubernetesInfra>

export const infra = z.discriminatedUnion('type', [processInfra, kubernetesInfra])
export type Infra = z.infer<typeof infra>

/**
 * A container beside the runner, for `Run` steps. Steps share one only with the same image and the same secrets, and never when they may
 * run at the same time: a container runs one step after another.
 */
export const stepContainer = z.object({
  /** `c1`, `c2` …: names its volumes `ctl-c1`, `secrets-c1`. */
  id: z.string().regex(/^c[1-9][0-9]{0,3}$/),
  image: z.string().min(1).max(1024),
  pullPolicy: pullPolicy.optional(),
  resources: containerResources.optional(),
  runAsUser: z.number().int().min(0).optional(),
  privileged: z.boolean().optional(),
  stepRunIds: z.array(z.string()).min(1).max(200),
  /** The slots whose values may get into this container, and no others. */
  slots: z.array(z.string()).max(500),
})
export type StepContainer = z.infer<typeof stepContainer>
