import { z } from 'zod'
import { infra, stepContainer } from './infra.ts'

/** A value that the control plane knows, or the slot of a secret that only the delegate can fill. */
export const slotValue = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('literal'), text: z.string() }),
  z.object({ kind: z.literal('slot'), slot: z.string() }),
])
export type SlotValue = z.infer<typeof slotValue>

/** A secret the task needs, as a reference. The value appears in no message of this protocol. */
export const secretSlot = z.object({
  /** Unique within the task. */
  slot: z.string().min(1).max(128),
  secretId: z.string(),
  scope: z.object({ org: z.string().optional(), project: z.string().optional() }),
  version: z.number().int(),
  type: z.enum(['SecretText', 'SecretFile']),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('sealed'), record: z.record(z.string(), z.unknown()) }),
    z.object({ kind: z.literal('env'), variable: z.string() }),
    z.object({ kind: z.literal('file'), path: z.string() }),
  ]),
  /** `registry`: user name, password or configuration file of an image registry. `step`: a Run step's command or environment. */
  use: z.enum(['databaseUser', 'databasePassword', 'gitUser', 'gitPassword', 'gitSshKey', 'registry', 'step']),
  /**
   * What the value will be presented to: a target key for database uses, a Git URL for Git uses, `host[:port]` for registries, and for
   * steps `stepAudience`. The delegate checks it.
   */
  audience: z.string(),
})
export type SecretSlot = z.infer<typeof secretSlot>

export const gitSource = z.object({
  type: z.literal('git'),
  url: z.string(),
  username: slotValue.optional(),
  password: slotValue.optional(),
  sshKey: slotValue.optional(),
  revision: z.object({ kind: z.enum(['branch', 'commit', 'tag']), name: z.string() }),
  /** Root changelog or migrations folder in the repository. */
  location: z.string(),
  /** Equal keys mean the same repository and revision: resolved once per execution. */
  sourceKey: z.string(),
})
export type GitSource = z.infer<typeof gitSource>

/** What a database step works on. */
export const databaseBinding = z.object({
  dbSchema: z.string(),
  dbInstance: z.string(),
  connector: z.string(),
  migrationType: z.enum(['Liquibase', 'Flyway']),
  /** JDBC URL without credentials. */
  connectionUrl: z.string(),
  /** Canonical `engine://host:port/database`: what permits lock. */
  targetKey: z.string(),
  username: slotValue.optional(),
  password: slotValue.optional(),
  /** Contexts to run, comma separated; absent runs everything. */
  context: z.string().optional(),
  properties: z.record(z.string(), z.string()),
  lockTimeoutMs: z.number().int().positive().optional(),
  statementTimeoutMs: z.number().int().positive().optional(),
  onPartial: z.enum(['stop', 'resume']).optional(),
})
export type DatabaseBinding = z.infer<typeof databaseBinding>

const anyStep = {
  stepRunId: z.string(),
  /** `stage/group/step`, for people. */
  path: z.string(),
  type: z.string(),
  timeoutMs: z.number().int(),
}

export const databaseTaskStep = z.object({
  /** Absent in tasks that were planned before there were other kinds. */
  kind: z.literal('database').default('database'),
  ...anyStep,
  database: databaseBinding,
  source: gitSource,
})
export type DatabaseTaskStep = z.infer<typeof databaseTaskStep>

export const stepShell = z.enum(['Sh', 'Bash', 'Python', 'Pwsh', 'Powershell'])
export type StepShell = z.infer<typeof stepShell>

/** A user's script. Its text and environment come with the order, because they may refer to outputs of earlier steps. */
export const runTaskStep = z.object({
  kind: z.literal('run'),
  ...anyStep,
  shell: stepShell,
  /** One of `containers`; absent where the group runs as a process. */
  container: z.string().optional(),
  /** The slots that its order may name. */
  slots: z.array(z.string()).max(500),
  /** The control plane's own note: which slot stands for which reference. */
  refs: z.record(z.string(), z.string()).default({}),
  outputVariables: z
    .array(z.object({ name: z.string().max(128), type: z.enum(['String', 'Secret']), variable: z.string().max(128) }))
    .max(100),
})
export type RunTaskStep = z.infer<typeof runTaskStep>

export const taskStep = z.union([runTaskStep, databaseTaskStep])
export type TaskStep = z.infer<typeof taskStep>

/** Credentials of one image registry, for the kubelet: they get into no container. */
export const registryCredential = z.object({
  /** `host[:port]`, lower case; Docker Hub is `docker.io`. */
  host: z.string().max(300),
  /** As the connector writes it: what Docker's configuration is keyed by. */
  url: z.string().max(2048),
  connector: z.string(),
  /** The Secret's form: from user name and password, or a whole configuration file. */
  form: z.enum(['dockercfg', 'dockerconfigjson']),
  username: slotValue.optional(),
  password: slotValue.optional(),
  /** Form `dockerconfigjson`. */
  config: slotValue.optional(),
})
export type RegistryCredential = z.infer<typeof registryCredential>

/** What a secret of a Run step is presented to: scripts of that pipeline. Sealed secrets are released by it (`--for` takes patterns). */
export function stepAudience(scope: { readonly org: string; readonly project: string }, pipeline: string): string {
  return `pipeline://${scope.org}/${scope.project}/${pipeline}`
}

/** All that a delegate gets when it accepts: one step group to place, or one inspection of a step whose outcome is unknown. */
export const taskSpec = z.object({
  protocol: z.number().int(),
  kind: z.enum(['stepGroup', 'inspection']),
  attemptId: z.string(),
  taskId: z.string(),
  /** Fence: grows with every attempt of the task. Every mutation carries it. */
  epoch: z.number().int(),
  executionId: z.string(),
  scope: z.object({ org: z.string(), project: z.string() }),
  pipelineIdentifier: z.string(),
  groupPath: z.string(),
  infra,
  /** `kubernetes`: values in a Secret of the pod's namespace. `runtime`: over the relay only, no value in etcd. Pods only. */
  secretMode: z.enum(['kubernetes', 'runtime']),
  /** Pods only: one per distinct image and set of secrets of the group's Run steps. */
  containers: z.array(stepContainer).max(50).default([]),
  registries: z.array(registryCredential).max(50).default([]),
  steps: z.array(taskStep).min(1).max(200),
  secrets: z.array(secretSlot).max(500),
  /** Life of the attempt as a duration: nothing of it runs longer (a step with an open permit excepted). */
  notAfterMs: z.number().int(),
  /** Log bytes kept per step. */
  logBytesMax: z.number().int(),
  /** kind `inspection` only: what the unknown step was about to do. */
  inspection: z
    .object({
      stepRunId: z.string(),
      attemptId: z.string(),
      /** Epoch of that attempt: with it its database sessions are recognised. */
      epoch: z.number().int(),
      direction: z.enum(['apply', 'rollback']),
      planDigest: z.string().optional(),
      commit: z.string().optional(),
      changesets: z.array(z.object({ id: z.string(), author: z.string(), path: z.string() })),
    })
    .optional(),
})
export type TaskSpec = z.infer<typeof taskSpec>
