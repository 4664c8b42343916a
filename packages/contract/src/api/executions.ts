import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { entityRef, identifier, timestamp } from '../identifiers.ts'
import { pageOf, pageQuery } from '../paging.ts'

export const executionState = z.enum(['Running', 'Succeeded', 'Failed', 'Cancelled', 'Unknown'])
export const nodeState = z.enum([
  'Pending',
  'Queued',
  'Running',
  'Succeeded',
  'Failed',
  'Skipped',
  'Cancelled',
  'Unknown',
  'NotStarted',
])
export type NodeState = z.infer<typeof nodeState>

export const failureView = z.object({ kind: z.string(), code: z.string(), message: z.string(), hint: z.string().optional() })

const nodeReason = z.string().optional().meta({
  description: 'Why it was skipped or cancelled, in a sentence: what failed before it, or its condition with its text.',
})

/** One row of the execution list. */
export const executionSummary = z
  .object({
    id: z.string(),
    sequence: z.number().int(),
    orgIdentifier: identifier,
    projectIdentifier: identifier,
    pipelineIdentifier: identifier,
    pipelineName: z.string(),
    state: executionState,
    cancelRequested: z.boolean(),
    triggeredBy: z.string(),
    startedAt: timestamp,
    endedAt: timestamp.optional(),
    /** DB instances that its steps work on. */
    dbInstances: z.array(z.string()),
    stepCounts: z.record(z.string(), z.number().int()),
  })
  .meta({ id: 'ExecutionSummary' })
export type ExecutionSummary = z.infer<typeof executionSummary>

export const inspectionView = z
  .object({
    state: z.enum(['running', 'finished', 'failed']),
    finding: z.enum(['noneApplied', 'allApplied', 'partlyApplied', 'cannotTell']).optional(),
    appliedCount: z.number().int().optional(),
    expectedCount: z.number().int().optional(),
    liveSessions: z.number().int().optional(),
    lockHolder: z.string().nullable().optional(),
    message: z.string().optional(),
    at: timestamp.optional(),
  })
  .meta({ id: 'Inspection' })

export const stepView = z
  .object({
    kind: z.literal('step'),
    stepRunId: z.string(),
    identifier: z.string(),
    name: z.string(),
    /** `stage/group/step`. */
    path: z.string(),
    type: z.string(),
    state: nodeState,
    startedAt: timestamp.optional(),
    endedAt: timestamp.optional(),
    failure: failureView.optional(),
    reason: nodeReason,
    outputs: z.record(z.string(), z.string().nullable()).optional(),
    dbSchema: z.string().optional(),
    dbInstance: z.string().optional(),
    targetKey: z.string().optional(),
    /** What it is waiting for now, in words. */
    waitingFor: z.string().optional(),
    commit: z.string().optional(),
    counts: z
      .object({ planned: z.number().int(), applied: z.number().int(), rolledBack: z.number().int(), failed: z.number().int() })
      .optional(),
    permit: z.object({ permitId: z.string(), fence: z.number().int(), grantedAt: timestamp, open: z.boolean() }).optional(),
    log: z.object({ stream: z.string(), length: z.number().int(), sealed: z.boolean(), gaps: z.number().int() }).optional(),
    /** Beside an Unknown: what looking at the database found, and the command that resolves it. */
    inspection: inspectionView.optional(),
    resolution: z.object({ as: z.string(), by: z.string(), reason: z.string(), at: timestamp }).optional(),
  })
  .meta({ id: 'StepRun' })
export type StepView = z.infer<typeof stepView>

export const groupView = z
  .object({
    kind: z.literal('stepGroup'),
    groupId: z.string(),
    identifier: z.string(),
    name: z.string(),
    /** A step outside of any group runs in a group made for it. */
    implicit: z.boolean(),
    state: nodeState,
    startedAt: timestamp.optional(),
    endedAt: timestamp.optional(),
    failure: failureView.optional(),
    reason: nodeReason,
    attempt: z
      .object({
        attemptId: z.string(),
        number: z.number().int(),
        state: z.string(),
        delegateName: z.string().optional(),
        place: z.string().optional(),
        contact: z.enum(['ok', 'lost']).optional(),
        /** What it waits for outside of us, such as an image or a node, and what to do about it. */
        waitingFor: z.string().optional(),
        waitingHint: z.string().optional(),
        log: z.object({ stream: z.string(), length: z.number().int(), sealed: z.boolean() }).optional(),
      })
      .optional(),
    /** Steps, and steps that run side by side. */
    nodes: z.array(z.union([stepView, z.object({ kind: z.literal('parallel'), nodes: z.array(stepView) })])),
  })
  .meta({ id: 'StepGroupRun' })
export const stageView = z
  .object({
    identifier: z.string(),
    name: z.string(),
    state: nodeState,
    startedAt: timestamp.optional(),
    endedAt: timestamp.optional(),
    reason: nodeReason,
    nodes: z.array(z.union([groupView, z.object({ kind: z.literal('parallel'), nodes: z.array(groupView) })])),
  })
  .meta({ id: 'StageRun' })

export const executionView = executionSummary
  .extend({
    /** Grows with every change: the event stream names it. */
    version: z.number().int(),
    inputs: z.record(z.string(), z.string()),
    failure: failureView.optional(),
    notes: z.array(z.string()),
    stages: z.array(stageView),
  })
  .meta({ id: 'Execution' })
export type ExecutionView = z.infer<typeof executionView>

export const changesetView = z
  .object({
    stepRunId: z.string(),
    dbInstance: z.string(),
    id: z.string(),
    author: z.string(),
    path: z.string(),
    state: z.enum(['applied', 'reran', 'markedRan', 'rolledBack', 'failed']),
    durationMs: z.number(),
    statements: z.number().int(),
    checksum: z.string().optional(),
    description: z.string().optional(),
    message: z.string().optional(),
    at: timestamp,
  })
  .meta({ id: 'ChangesetRun' })

/** Why a task waits: every delegate with every reason it does not fit. */
export const selectionTrace = z
  .object({
    tasks: z.array(
      z.object({
        taskId: z.string(),
        groupPath: z.string(),
        state: z.string(),
        queuedForMs: z.number().int(),
        selectors: z.array(z.string()),
        delegates: z.array(z.object({ name: z.string(), fits: z.boolean(), reasons: z.array(z.string()) })),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'SelectionTrace' })

/** What a cluster said about the pods of an execution, as it said it. */
export const kubernetesEventView = z
  .object({
    attemptId: z.string(),
    groupPath: z.string(),
    at: z.string(),
    type: z.string(),
    object: z.string(),
    reason: z.string(),
    message: z.string(),
    count: z.number().int().optional(),
  })
  .meta({ id: 'KubernetesEvent' })
export type KubernetesEventView = z.infer<typeof kubernetesEventView>

export const runInput = z
  .strictObject({
    pipelineIdentifier: identifier,
    orgIdentifier: identifier.default('default'),
    projectIdentifier: identifier.default('default'),
    inputs: z.record(z.string(), z.string().max(65_536)).default({}),
    /** The same key within a day starts nothing new and answers with the first execution. */
    idempotencyKey: z.string().min(1).max(128).optional(),
  })
  .meta({ id: 'RunInput' })

const byId = z.object({ executionId: z.string() })
const byStep = z.object({ executionId: z.string(), stepRunId: z.string() })

export const executionEndpoints = {
  run: endpoint('executions.run', {
    method: 'POST',
    path: '/api/v1/executions',
    access: 'operator',
    module: true,
    status: 201,
    summary: 'Start a pipeline.',
    body: runInput,
    reply: executionSummary,
  }),
  list: endpoint('executions.list', {
    method: 'GET',
    path: '/api/v1/executions',
    access: 'viewer',
    summary: 'List executions, newest first.',
    query: z.object({
      ...pageQuery.shape,
      orgIdentifier: identifier.optional(),
      projectIdentifier: identifier.optional(),
      pipelineIdentifier: identifier.optional(),
      state: executionState.optional(),
      dbInstance: entityRef.optional(),
    }),
    reply: pageOf(executionSummary),
  }),
  get: endpoint('executions.get', {
    method: 'GET',
    path: '/api/v1/executions/{executionId}',
    access: 'viewer',
    summary: 'One execution with its graph.',
    params: byId,
    reply: executionView,
  }),
  events: endpoint('executions.events', {
    method: 'GET',
    path: '/api/v1/executions/{executionId}/events',
    access: 'viewer',
    kind: 'stream',
    summary: 'Server-sent `execution` events carrying the whole ExecutionView on every change; `end` when it is final.',
    params: byId,
    reply: executionView,
  }),
  listEvents: endpoint('executions.listEvents', {
    method: 'GET',
    path: '/api/v1/execution-events',
    access: 'viewer',
    kind: 'stream',
    summary: 'Server-sent `executions` events carrying an ExecutionSummary whenever one changes.',
    query: z.object({ orgIdentifier: identifier.optional(), projectIdentifier: identifier.optional() }),
    reply: executionSummary,
  }),
  changesets: endpoint('executions.changesets', {
    method: 'GET',
    path: '/api/v1/executions/{executionId}/changesets',
    access: 'viewer',
    summary: 'What was applied or rolled back, in order.',
    params: byId,
    query: z.object({ ...pageQuery.shape, stepRunId: z.string().optional() }),
    reply: pageOf(changesetView),
  }),
  kubernetesEvents: endpoint('executions.kubernetesEvents', {
    method: 'GET',
    path: '/api/v1/executions/{executionId}/kubernetes-events',
    access: 'viewer',
    summary: 'What clusters said about its pods, at most the first 5,000 events.',
    params: byId,
    reply: z.object({ items: z.array(kubernetesEventView) }),
  }),
  selection: endpoint('executions.selection', {
    method: 'GET',
    path: '/api/v1/executions/{executionId}/selection',
    access: 'viewer',
    summary: 'Why its tasks are waiting: the selection trace.',
    params: byId,
    reply: selectionTrace,
  }),
  log: endpoint('executions.log', {
    method: 'GET',
    path: '/api/v1/executions/{executionId}/logs/{stream}',
    access: 'viewer',
    kind: 'bytes',
    summary: 'Masked log bytes from an offset. Headers: x-sluice-next-offset, x-sluice-sealed, x-sluice-gaps.',
    params: z.object({ executionId: z.string(), stream: z.string() }),
    query: z.object({
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(8 * 1024 * 1024)
        .default(1024 * 1024),
    }),
    reply: z.unknown(),
  }),
  logStream: endpoint('executions.logStream', {
    method: 'GET',
    path: '/api/v1/executions/{executionId}/logs/{stream}/events',
    access: 'viewer',
    kind: 'stream',
    summary:
      'Server-sent `log` events `{offset, text}`; the event id is the next byte offset, so Last-Event-ID resumes exactly; `end` after the seal.',
    params: z.object({ executionId: z.string(), stream: z.string() }),
    query: z.object({ offset: z.coerce.number().int().min(0).default(0) }),
    reply: z.object({ offset: z.number(), text: z.string() }),
  }),
  cancel: endpoint('executions.cancel', {
    method: 'POST',
    path: '/api/v1/executions/{executionId}/cancel',
    access: 'operator',
    summary: 'Ask an execution to stop.',
    params: byId,
    body: z.strictObject({ reason: z.string().max(1024).optional() }),
    reply: executionSummary,
  }),
  resolve: endpoint('executions.resolve', {
    method: 'POST',
    path: '/api/v1/executions/{executionId}/steps/{stepRunId}/resolve',
    access: 'operator',
    summary: 'Say what became of a step whose outcome is Unknown; frees its target.',
    params: byStep,
    body: z.strictObject({ as: z.enum(['succeeded', 'failed', 'not-started']), reason: z.string().min(3).max(4096) }),
    reply: executionSummary,
  }),
  inspect: endpoint('executions.inspect', {
    method: 'POST',
    path: '/api/v1/executions/{executionId}/steps/{stepRunId}/inspect',
    access: 'operator',
    summary: 'Look at the database of an Unknown step again.',
    params: byStep,
    reply: z.object({}),
  }),
} as const
