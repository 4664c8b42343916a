import type { Reason } from '@sluice/pipeline'
import type pg from 'pg'
import { notify } from '../notifications.ts'
import { inTransaction, type Queryable } from '../queryable.ts'
import { endAttempt } from './end-attempt.ts'
import { isLive, lockAttempt } from './read-attempt.ts'

/** What was found about an attempt whose lease is lost or whose life is over. */
export interface Judgement {
  readonly attemptId: string
  readonly executionId: string
  readonly verdict: 'ended' | 'contactLost'
  readonly code: string
}

const leaseLost: Reason = {
  code: 'LEASE_LOST',
  message: 'The delegate and the runner of this attempt have not been heard of for too long.',
  hint: 'See with `sluice delegate list` whether the delegate runs, and in its log why it did not reach the control plane. A step that had begun is not tried again by itself: look at what it has done, then run the pipeline again.',
}
const lifeOver: Reason = {
  code: 'ATTEMPT_EXPIRED',
  message: 'The attempt has lived longer than its steps may take.',
  hint: 'Give the steps longer timeouts, or see in the log of the delegate what held them up; then run the pipeline again.',
}

/**
 * Judges attempts whose lease ran out or whose life is over, each in a transaction of its own. Without an open permit an attempt ends and is
 * fenced. With one, nothing ends it but its own report, its delegate's, or, once its life is over too, the verdict that its outcome is
 * unknown. Only for servers that can tell a silent delegate from their own deafness (see the health gate).
 */
export async function judgeLeases(pool: pg.Pool, at: number): Promise<Judgement[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'judge-leases',
    text: `
      select id from attempts
      where state in ('accepted', 'running', 'finishing')
        and ((lease_until < now() and (contact = 'ok' or not_after < now())) or not_after < now())
      order by lease_until limit 200`,
  })
  const judgements: Judgement[] = []
  for (const { id } of rows) {
    const judgement = await inTransaction(pool, (connection) => judge(connection, id, at))
    if (judgement !== undefined) judgements.push(judgement)
  }
  return judgements
}

async function judge(connection: Queryable, attemptId: string, at: number): Promise<Judgement | undefined> {
  await connection.query({
    name: 'lock-task-of-attempt',
    text: 'select 1 from tasks where id = (select task_id from attempts where id = $1) for update',
    values: [attemptId],
  })
  const attempt = await lockAttempt(connection, attemptId)
  if (attempt === undefined || !isLive(attempt)) return undefined
  const facts = await connection.query<{ late: boolean; over: boolean; permitted: boolean }>({
    name: 'judge-lease-facts',
    text: `
      select lease_until < now() as late, coalesce(not_after < now(), false) as over, exists (
        select 1 from permits p where p.attempt_id = attempts.id and p.epoch = attempts.epoch and p.released_at is null
      ) as permitted
      from attempts where id = $1`,
    values: [attemptId],
  })
  const { late = false, over = false, permitted = true } = facts.rows[0] ?? {}
  const found = { attemptId, executionId: attempt.executionId }
  // A step with an open permit may go on for as long as somebody lives to report about it.
  if ((over && !permitted) || (late && !permitted) || (late && over)) {
    const reason = late ? leaseLost : lifeOver
    await endAttempt(connection, attempt, { reason, at, cleanup: true })
    return { ...found, verdict: 'ended', code: reason.code }
  }
  if (!late || attempt.contact === 'lost') return undefined
  await connection.query({
    name: 'contact-lost',
    text: `update attempts set contact = 'lost' where id = $1`,
    values: [attemptId],
  })
  await notify(connection, 'sluice_execution', attempt.executionId)
  return { ...found, verdict: 'contactLost', code: leaseLost.code }
}
