import { createHash, timingSafeEqual } from 'node:crypto'
import { createId } from '@sluice/base'
import { insertExecutionEvent } from './executions/inbox.ts'
import { isLive, lockAttempt } from './attempts/read-attempt.ts'
import { notify } from './notifications.ts'
import type { Queryable } from './queryable.ts'
import type { StepRunState } from './schema.ts'

export interface PermitRequestFacts {
  readonly attemptId: string
  readonly stepRunId: string
  readonly epoch: number
  /** Random, in the runner's memory only: tells a repeated request from another runner. */
  readonly nonce: string
  readonly targetKey: string
  readonly serverIdentity?: string | undefined
  readonly planDigest: string
  readonly commit?: string | undefined
  readonly changesetCount: number
  readonly at: number
}

/** Who has the target that a permit was asked for. */
export interface TargetHolder {
  readonly executionId: string
  readonly stepRunId: string
  readonly stepPath: string
  readonly pipelineIdentifier: string
  readonly stepState: StepRunState
  readonly targetKey: string
  /** RFC 3339. */
  readonly since: string
}

export type PermitAnswer =
  | { readonly outcome: 'granted'; readonly permitId: string; readonly fence: number }
  | { readonly outcome: 'fenced' | 'expired' | 'alreadyIssued' | 'cancelled' | 'notRunning' | 'targetMismatch' }
  | { readonly outcome: 'locked'; readonly holder: TargetHolder | undefined }

/** Thrown inside of the transaction, so that nothing of a refused permit stays. */
class Refused extends Error {
  readonly answer: PermitAnswer
  constructor(answer: PermitAnswer) {
    super(answer.outcome)
    this.answer = answer
  }
}

/**
 * Grants the one permit that a step run ever gets, or says why not. To be called in a transaction that is rolled back when
 * `isRefusal` says so of what it throws: permit, the target's new fence, the step's state and the execution's event are stored
 * together before any answer. Two keys forbid a second one: the step run's own, and that of the target while its permit is open.
 */
export async function grantPermit(connection: Queryable, request: PermitRequestFacts): Promise<PermitAnswer> {
  const attempt = await lockAttempt(connection, request.attemptId)
  if (attempt === undefined || attempt.epoch !== request.epoch || attempt.fence !== attempt.epoch)
    throw new Refused({ outcome: 'fenced' })
  const step = await lockStep(connection, request.stepRunId, request.attemptId)
  if (step === undefined) throw new Refused({ outcome: 'notRunning' })
  const nonceHash = createHash('sha256').update(request.nonce).digest('hex')
  const earlier = await findPermit(connection, request.stepRunId)
  if (earlier !== undefined) {
    const same =
      earlier.attemptId === request.attemptId && timingSafeEqual(Buffer.from(earlier.nonceHash), Buffer.from(nonceHash))
    if (!same) throw new Refused({ outcome: 'alreadyIssued' })
    // A runner whose answer was lost for so long that its attempt was given up must not begin now: the target may be somebody else's.
    if (earlier.released || !isLive(attempt)) throw new Refused({ outcome: 'fenced' })
    return { outcome: 'granted', permitId: earlier.permitId, fence: earlier.fence }
  }
  if (!isLive(attempt)) throw new Refused({ outcome: 'fenced' })
  if (step.cancelMode !== null || attempt.cancelMode !== null) throw new Refused({ outcome: 'cancelled' })
  if (attempt.expired) throw new Refused({ outcome: 'expired' })
  if (step.state !== 'offered' && step.state !== 'running') throw new Refused({ outcome: 'notRunning' })
  if (step.targetKey !== request.targetKey) throw new Refused({ outcome: 'targetMismatch' })
  return insertPermit(connection, request, { executionId: attempt.executionId, nonceHash })
}

/** The answer that a thrown refusal carries; undefined for any other error. */
export function refusalOf(error: unknown): PermitAnswer | undefined {
  return error instanceof Refused ? error.answer : undefined
}

async function insertPermit(
  connection: Queryable,
  request: PermitRequestFacts,
  { executionId, nonceHash }: { readonly executionId: string; readonly nonceHash: string },
): Promise<PermitAnswer> {
  // The fence's row is also the place where requests for one target queue up.
  const fences = await connection.query<{ fence: number }>({
    name: 'raise-target-fence',
    text: `
      insert into target_fences (target_key, fence) values ($1, 1)
      on conflict (target_key) do update set fence = target_fences.fence + 1 returning fence`,
    values: [request.targetKey],
  })
  const fence = fences.rows[0]?.fence ?? 0
  const permitId = createId('pmt')
  const inserted = await connection.query({
    name: 'insert-permit',
    text: `
      insert into permits (step_run_id, permit_id, execution_id, attempt_id, epoch, nonce_hash, target_key, server_identity, fence)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    values: [
      request.stepRunId,
      permitId,
      executionId,
      request.attemptId,
      request.epoch,
      nonceHash,
      request.targetKey,
      request.serverIdentity ?? null,
      fence,
    ],
  })
  if (inserted.rowCount !== 1) {
    throw new Refused({ outcome: 'locked', holder: await findHolder(connection, request.targetKey, request.serverIdentity) })
  }
  await connection.query({
    name: 'permit-step',
    text: `
      update step_runs set state = 'permitted', plan_digest = $2, commit_sha = coalesce($3, commit_sha), waiting_for = null,
        started_at = coalesce(started_at, now()),
        counts = coalesce(counts, '{"planned":0,"applied":0,"rolledBack":0,"failed":0}') || jsonb_build_object('planned', $4::integer)
      where id = $1`,
    values: [request.stepRunId, request.planDigest, request.commit ?? null, request.changesetCount],
  })
  const { stepRunId, attemptId, at } = request
  await insertExecutionEvent(connection, executionId, { type: 'stepPermitted', at, stepRunId, attemptId })
  return { outcome: 'granted', permitId, fence }
}

async function lockStep(
  connection: Queryable,
  stepRunId: string,
  attemptId: string,
): Promise<{ state: StepRunState; cancelMode: string | null; targetKey: string | null } | undefined> {
  const { rows } = await connection.query<{ state: StepRunState; cancelMode: string | null; targetKey: string | null }>({
    name: 'lock-step-for-permit',
    text: `
      select s.state, coalesce(s.cancel_mode, case when x.cancel_requested then 'graceful' end) as "cancelMode",
        s.target_key as "targetKey"
      from step_runs s join executions x on x.id = s.execution_id
      where s.id = $1 and s.attempt_id = $2 for no key update of s`,
    values: [stepRunId, attemptId],
  })
  return rows[0]
}

interface EarlierPermit {
  readonly permitId: string
  readonly attemptId: string
  readonly nonceHash: string
  readonly fence: number
  readonly released: boolean
}

async function findPermit(connection: Queryable, stepRunId: string): Promise<EarlierPermit | undefined> {
  const { rows } = await connection.query<EarlierPermit & Record<string, unknown>>({
    name: 'find-permit',
    text: `
      select permit_id as "permitId", attempt_id as "attemptId", nonce_hash as "nonceHash", fence, released_at is not null as released
      from permits where step_run_id = $1`,
    values: [stepRunId],
  })
  return rows[0]
}

async function findHolder(
  connection: Queryable,
  targetKey: string,
  serverIdentity: string | undefined,
): Promise<TargetHolder | undefined> {
  const { rows } = await connection.query<Omit<TargetHolder, 'since'> & { grantedAt: Date }>({
    name: 'find-target-holder',
    text: `
      select p.execution_id as "executionId", p.step_run_id as "stepRunId", s.path as "stepPath", s.state as "stepState",
        x.pipeline_identifier as "pipelineIdentifier", p.target_key as "targetKey", p.granted_at as "grantedAt"
      from permits p join step_runs s on s.id = p.step_run_id join executions x on x.id = p.execution_id
      where p.released_at is null and (p.target_key = $1 or p.server_identity = $2) limit 1`,
    values: [targetKey, serverIdentity ?? null],
  })
  const row = rows[0]
  if (row === undefined) return undefined
  const { grantedAt, ...holder } = row
  return { ...holder, since: grantedAt.toISOString() }
}

/** Frees the target of a step: its outcome is known, or a person said what it was. */
export async function releasePermit(connection: Queryable, stepRunId: string): Promise<void> {
  const { rows } = await connection.query<{ execution_id: string }>({
    name: 'release-permit',
    text: 'update permits set released_at = now() where step_run_id = $1 and released_at is null returning execution_id',
    values: [stepRunId],
  })
  if (rows[0] !== undefined) await notify(connection, 'sluice_execution', rows[0].execution_id)
}
