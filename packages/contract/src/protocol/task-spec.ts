import { z } from 'zod'

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
  use: z.enum(['databaseUser', 'databasePassword', 'gitUser', 'gitPassword', 'gitSshKey', 'registry']),
  /** What the value will be presented to: a target key for database uses, a Git URL for Git uses. The delegate checks it. */
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
})
export type DatabaseBinding = z.infer<typeof databaseBinding>

export const taskStep = z.object({
  stepRunId: z.string(),
  /** `stage/group/step`, for people. */
  path: z.string(),
  type: z.string(),
  timeoutMs: z.number().int(),
  database: databaseBinding,
  source: gitSource,
})
export type TaskStep = z.infer<typeof taskStep>

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
  infra: z.object({ type: z.literal('process') }),
  secretMode: z.enum(['kubernetes', 'runtime']),
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
