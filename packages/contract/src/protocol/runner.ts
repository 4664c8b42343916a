import { limits } from '@sluice/base'
import { z } from 'zod'
import { slotValue } from './task-spec.ts'

// Calls of one attempt: the runner makes them with its attempt token (through the delegate's relay or directly); the delegate reports
// placement facts through the same `events` call with its own token.

export const nextRequest = z.object({
  epoch: z.number().int(),
  bootId: z.string(),
  /** Steps the runner is working on: orders for these are not repeated. */
  running: z.array(z.string()).max(200),
})
/** What a step is to do, fully evaluated: nothing in it is scanned for expressions again. */
export const stepOrder = z.object({
  stepRunId: z.string(),
  type: z.string(),
  timeoutMs: z.number().int(),
  /** Fields of the step type, e.g. `{tag}` for DBSchemaApply, `{tag}` or `{changeSetCount}` for DBSchemaRollback. */
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** The commit that this execution already resolved for the step's source. */
  pinnedCommit: z.string().optional(),
  /** Anchor tag to write where nothing else names one (decision 25). */
  anchorTag: z.string(),
  /** Run steps only. Slots are those of the task's step; a literal is text, whatever it looks like. */
  run: z
    .object({
      command: z.array(slotValue).max(512),
      env: z.array(z.object({ name: z.string().max(256), value: z.array(slotValue).max(512) })).max(500),
    })
    .optional(),
})
export type StepOrder = z.infer<typeof stepOrder>
/** The slot of an output of type Secret: its value never leaves the runner that has it. */
export function secretOutputSlot(stepRunId: string, name: string): string {
  return `output:${stepRunId}:${name}`
}

export const cancelOrder = z.object({ stepRunId: z.string(), mode: z.enum(['graceful', 'interrupt', 'force']) })
/** Answered at once when there is anything new, else held for `pollHoldMs`. Orders repeat until `step.started` arrives. */
export const nextReply = z.object({
  orders: z.array(stepOrder),
  cancels: z.array(cancelOrder),
  /** No step will come any more: seal the logs, call complete, end. */
  done: z.boolean(),
})

const changesetRef = { id: z.string(), author: z.string(), path: z.string() }
const failure = z.object({
  kind: z.enum(['step', 'infrastructure', 'timeout']),
  code: z.string().max(128),
  message: z.string().max(16_384),
  hint: z.string().max(4096).optional(),
})
export type ReportedFailure = z.infer<typeof failure>

/** One event of a cluster: kept as it is, shown on request. */
export const kubernetesEvent = z.object({
  /** RFC 3339, as the cluster says it. */
  at: z.string().max(64),
  type: z.string().max(64),
  /** `Pod/sluice-…`. */
  object: z.string().max(512),
  reason: z.string().max(256),
  message: z.string().max(4096),
  count: z.number().int().optional(),
})
export type KubernetesEvent = z.infer<typeof kubernetesEvent>

/** Facts about an attempt. Only the runner states step outcomes; only the delegate states placement facts (decision 7). */
export const attemptEvent = z.discriminatedUnion('type', [
  // From the delegate.
  z.object({ type: z.literal('attempt.preparing') }),
  z.object({ type: z.literal('attempt.running'), place: z.string().max(512) }),
  z.object({
    type: z.literal('attempt.gone'),
    /** `placement`: it never started. `exited`: the runner ended without completing. `killed`, `missing`: as seen on adoption. */
    reason: z.enum(['placement', 'secret', 'policy', 'exited', 'killed', 'missing']),
    message: z.string().max(8192),
    exitCode: z.number().int().nullable().optional(),
    signal: z.string().nullable().optional(),
    /** What to do next. */
    hint: z.string().max(4096).optional(),
    /** Placing it again would come to the same: an image that is not there, a refused object. */
    final: z.boolean().optional(),
  }),
  /** The attempt waits for something outside: an image, a node, a quota. Said in words, again when it changes. */
  z.object({ type: z.literal('attempt.waiting'), what: z.string().max(4096), hint: z.string().max(4096).optional() }),
  /** Kubernetes events of the attempt's objects, as the cluster tells them. */
  z.object({ type: z.literal('attempt.kubernetesEvents'), events: z.array(kubernetesEvent).min(1).max(100) }),
  // From the runner.
  z.object({ type: z.literal('step.started'), stepRunId: z.string() }),
  z.object({ type: z.literal('source.resolved'), stepRunId: z.string(), sourceKey: z.string(), commit: z.string() }),
  z.object({
    type: z.literal('plan.ready'),
    stepRunId: z.string(),
    digest: z.string(),
    total: z.number().int(),
    /** At most 1,000 a message; `more` says that another plan.ready with the rest follows. */
    changesets: z.array(z.object(changesetRef)).max(1000),
    more: z.boolean(),
  }),
  z.object({
    type: z.literal('changeset.finished'),
    stepRunId: z.string(),
    ...changesetRef,
    state: z.enum(['applied', 'reran', 'markedRan', 'rolledBack', 'failed']),
    checksum: z.string().optional(),
    description: z.string().max(512).optional(),
    order: z.number().int().optional(),
    durationMs: z.number(),
    statements: z.number().int(),
    message: z.string().max(16_384).optional(),
  }),
  z.object({ type: z.literal('step.waiting'), stepRunId: z.string(), what: z.string().max(1024) }),
  z.object({
    type: z.literal('step.finished'),
    stepRunId: z.string(),
    outcome: z.enum(['Succeeded', 'Failed', 'Cancelled', 'Unknown']),
    failure: failure.optional(),
    outputs: z.record(z.string(), z.string().nullable()).optional(),
    /** Counts and the history's last tag, for the instance's page. */
    summary: z
      .object({
        applied: z.number().int(),
        skipped: z.number().int(),
        rolledBack: z.number().int(),
        lastTag: z.string().nullable(),
      })
      .optional(),
  }),
  z.object({
    type: z.literal('inspection.finished'),
    stepRunId: z.string(),
    finding: z.enum(['noneApplied', 'allApplied', 'partlyApplied', 'cannotTell']),
    appliedCount: z.number().int(),
    expectedCount: z.number().int(),
    liveSessions: z.number().int(),
    lockHolder: z.string().nullable(),
    message: z.string().max(8192),
  }),
])
export type AttemptEvent = z.infer<typeof attemptEvent>

export const eventsRequest = z.object({
  epoch: z.number().int(),
  source: z.enum(['runner', 'delegate']),
  bootId: z.string(),
  /** `seq` starts at 1 per (attempt, source, bootId) and has no gaps. The same seq with another body is refused: 422 `EVENT_CONFLICT`. */
  events: z
    .array(z.object({ seq: z.number().int().min(1), event: attemptEvent }))
    .min(1)
    .max(500),
})
export const eventsReply = z.object({ lastSeq: z.number().int() })

export const permitRequest = z.object({
  epoch: z.number().int(),
  bootId: z.string(),
  /** Random, held in the runner's memory: the same nonce gets the same permit, any other is refused. */
  nonce: z.string().min(16).max(128),
  targetKey: z.string().max(1024),
  /** The database server's own identity, so that two names of one database are one target. */
  serverIdentity: z.string().max(512).optional(),
  planDigest: z.string().max(128),
  commit: z.string().max(64).optional(),
  changesetCount: z.number().int(),
})
/** Errors: 409 PERMIT_ALREADY_ISSUED, 409 ATTEMPT_FENCED, 410 STEP_CANCELLED, 412 STEP_NOT_RUNNING, 423 TARGET_LOCKED (details.holder, details.retryAfterMs). */
export const permitReply = z.object({
  permitId: z.string(),
  /** Fence of the target: grows with every permit. */ fence: z.number().int(),
})

export const runnerHeartbeatRequest = z.object({
  epoch: z.number().int(),
  bootId: z.string(),
  running: z.array(z.string()).max(200),
})
export const runnerHeartbeatReply = z.object({ cancels: z.array(cancelOrder), heartbeatMs: z.number().int() })

/** PUT /attempts/{attemptId}/logs/{stream}?offset=N with raw or gzip bytes. `stream` is a step run's id or the attempt's own id. */
export const logAppendReply = z.object({
  nextOffset: z.number().int(),
  /** How soon to send again: shorter while somebody watches. */
  intervalMs: z.number().int(),
})
export const logGap = z.object({ offset: z.number().int(), length: z.number().int() })
export const logSealRequest = z.object({
  epoch: z.number().int(),
  length: z
    .number()
    .int()
    .min(0)
    .max(limits.logBytesMax + 4096),
  /** SHA-256 (hex) of all bytes. 409 LOG_MISMATCH with details.rewindTo when the stored bytes differ. */
  sha256: z.string().length(64),
  gaps: z.array(logGap).max(1000),
})

export const completeRequest = z.object({
  epoch: z.number().int(),
  bootId: z.string(),
  steps: z.array(z.object({ stepRunId: z.string(), outcome: z.string() })).max(200),
})
export const emptyReply = z.object({})
