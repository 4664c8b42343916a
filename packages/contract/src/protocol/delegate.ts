import { z } from 'zod'
import { delegateTag } from '../identifiers.ts'
import { taskSpec } from './task-spec.ts'

// Every call below lives under /api/delegate/v1 (see endpoints.ts in this folder). Times are durations in milliseconds; each side counts
// on its own monotonic clock.

export const nonceReply = z.object({ nonce: z.string(), expiresInMs: z.number().int() })

/** The bytes that prove possession of the Ed25519 key: signed at enrolment and for every access token. */
export function proofText(purpose: 'enroll' | 'token', subject: string, nonce: string): string {
  return `sluice-${purpose}:v1:${subject}:${nonce}`
}

export const enrollRequest = z.object({
  /** The one-use enrolment token. */
  token: z.string().min(1).max(256),
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/),
  tags: z.array(delegateTag).max(50),
  /** This process's place, for people: host name or pod name. */
  instanceName: z.string().min(1).max(253),
  /** Ed25519 public key, raw 32 bytes as base64url. */
  authPublicKey: z.string().min(40).max(64),
  /** X25519 public key for sealing, raw 32 bytes as base64url. */
  sealPublicKey: z.string().min(40).max(64),
  nonce: z.string(),
  /** Ed25519 signature of `proofText('enroll', authPublicKey, nonce)`, base64url. */
  proof: z.string(),
  version: z.string().max(64),
  protocol: z.object({ min: z.number().int(), max: z.number().int() }),
})
export type EnrollRequest = z.infer<typeof enrollRequest>

export const enrollReply = z.object({
  delegateId: z.string(),
  instanceId: z.string(),
  protocol: z.number().int(),
  /** Whether secrets may be sealed to this delegate yet. */
  approved: z.boolean(),
})

export const tokenRequest = z.object({
  instanceId: z.string(),
  nonce: z.string(),
  /** Ed25519 signature of `proofText('token', instanceId, nonce)`, base64url. */
  signature: z.string(),
  version: z.string().max(64),
  protocol: z.object({ min: z.number().int(), max: z.number().int() }),
})
export const tokenReply = z.object({ accessToken: z.string(), expiresInMs: z.number().int(), protocol: z.number().int() })

/** Where a delegate instance can place step groups. What says nothing places processes only. */
export const executors = z
  .array(z.enum(['process', 'kubernetes']))
  .max(2)
  .default(['process'])

export const pollRequest = z.object({
  bootId: z.string(),
  executors,
  /** How many more attempts this instance takes now. */
  free: z.number().int().min(0).max(10_000),
  draining: z.boolean(),
})
export const delegateCommand = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('offer'),
    attemptId: z.string(),
    epoch: z.number().int(),
    scope: z.object({ org: z.string(), project: z.string() }),
    /** `process` or `kubernetes`, as in the task's `infra`. */
    infraType: z.string(),
    offerMs: z.number().int(),
  }),
  z.object({
    type: z.literal('cancel'),
    attemptId: z.string(),
    epoch: z.number().int(),
    mode: z.enum(['graceful', 'interrupt', 'force']),
  }),
  /** The attempt is over for the server: remove what is left of it. */
  z.object({ type: z.literal('cleanup'), attemptId: z.string() }),
  /** Stop taking work: an administrator drains this delegate. */
  z.object({ type: z.literal('drain') }),
])
export type DelegateCommand = z.infer<typeof delegateCommand>
/** 200 with commands at once or as soon as there are any; `commands` is empty after the hold. */
export const pollReply = z.object({ commands: z.array(delegateCommand) })

export const acceptRequest = z.object({ epoch: z.number().int(), bootId: z.string() })
/** Repeating accept with the same boot id gives the same task again (a lost reply); another instance gets 409 `ATTEMPT_FENCED`. */
export const acceptReply = z.object({
  task: taskSpec,
  /** For the runner: good for this attempt only. */
  attemptToken: z.string(),
  leaseMs: z.number().int(),
})
export const declineRequest = z.object({
  epoch: z.number().int(),
  bootId: z.string(),
  reason: z.object({
    code: z.enum(['policy', 'capacity', 'draining', 'secret', 'unsupported', 'error']),
    message: z.string().max(4096),
  }),
})

export const heartbeatRequest = z.object({
  bootId: z.string(),
  version: z.string().max(64),
  free: z.number().int(),
  draining: z.boolean(),
  attempts: z
    .array(z.object({ attemptId: z.string(), epoch: z.number().int(), phase: z.enum(['preparing', 'running', 'finishing']) }))
    .max(2000),
})
export const heartbeatReply = z.object({
  heartbeatMs: z.number().int(),
  drain: z.boolean(),
  attempts: z.array(
    z.object({
      attemptId: z.string(),
      /** `fenced`: another attempt took over or this one is over: stop caring for it and clean up (never kill an open permit). */
      verdict: z.enum(['ok', 'fenced']),
      leaseMs: z.number().int(),
      cancel: z.enum(['graceful', 'interrupt', 'force']).optional(),
      /** Whether a permit of the attempt is open. After a cancel none is granted any more, so then "no" stays true. */
      permitOpen: z.boolean().optional(),
    }),
  ),
})
