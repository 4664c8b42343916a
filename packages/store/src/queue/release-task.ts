import type { Logger } from '@sluice/base'
import { toStorableText } from '../json.ts'
import { notify } from '../notifications.ts'
import type { Queryable } from '../queryable.ts'
import { intervalMs } from '../queryable.ts'

export interface Decline {
  readonly attemptId: string
  readonly instanceId: string
  readonly epoch: number
  readonly code: string
  readonly message: string
  /** How long the delegate is not offered this task again. */
  readonly declineMs: number
}

/**
 * Takes an offer back because its delegate refuses it: the task waits again. Repeating it changes nothing. Returns false when the
 * attempt is not this instance's, or was accepted.
 */
export async function declineAttempt(connection: Queryable, decline: Decline): Promise<boolean> {
  const { rows } = await connection.query<{ fit_key: string; task_id: string; delegate_id: string }>({
    name: 'decline-attempt',
    text: `
      with task as (
        update tasks set state = 'queued' from attempts
        where attempts.id = $1 and attempts.delegate_instance_id = $2 and attempts.epoch = $3
          and tasks.id = attempts.task_id and tasks.state = 'offered' and tasks.fence = attempts.epoch
        returning tasks.id as task_id, tasks.fit_key, attempts.delegate_id
      ), attempt as (
        update attempts set state = 'ended', ended_reason = 'declined', ended_at = now() from task where attempts.id = $1
      ), pair as (
        insert into task_declines (task_id, delegate_id, until, code, reason)
        select task_id, delegate_id, now() + ${intervalMs('$4')}, $5, $6 from task
        on conflict (task_id, delegate_id) do update set until = excluded.until, code = excluded.code, reason = excluded.reason
      )
      select * from task`,
    values: [
      decline.attemptId,
      decline.instanceId,
      decline.epoch,
      decline.declineMs,
      decline.code,
      toStorableText(decline.message).slice(0, 4096),
    ],
  })
  const task = rows[0]
  if (task !== undefined) {
    await notify(connection, 'sluice_task', `declined:${task.fit_key}`)
    return true
  }
  const before = await connection.query<{ declined: boolean }>({
    name: 'was-declined',
    text: `
      select state = 'ended' and ended_reason in ('declined', 'offerExpired', 'withdrawn') as declined from attempts
      where id = $1 and delegate_instance_id = $2 and epoch = $3`,
    values: [decline.attemptId, decline.instanceId, decline.epoch],
  })
  return before.rows[0]?.declined ?? false
}

/** Gives tasks whose offer nobody took in time back to the queue. Returns how many there were. */
export async function expireOffers(connection: Queryable, logger: Logger): Promise<number> {
  const { rows } = await connection.query<{ attempt_id: string; fit_key: string; delegate_name: string }>({
    name: 'expire-offers',
    text: `
      with due as (
        select tasks.id, attempts.id as attempt_id, attempts.delegate_name from attempts join tasks on tasks.id = attempts.task_id
        where attempts.state = 'offered' and attempts.offer_until < now() and tasks.state = 'offered' and tasks.fence = attempts.epoch
        order by tasks.id limit 500 for update of tasks skip locked
      ), task as (
        update tasks set state = 'queued' from due where tasks.id = due.id and tasks.state = 'offered'
        returning due.attempt_id, due.delegate_name, tasks.fit_key
      ), attempt as (
        update attempts set state = 'ended', ended_reason = 'offerExpired', ended_at = now() from task where attempts.id = task.attempt_id
      )
      select * from task`,
  })
  await notify(connection, 'sluice_task', ...new Set(rows.map((row) => row.fit_key)))
  for (const row of rows)
    logger.info({ attemptId: row.attempt_id, delegate: row.delegate_name }, 'an offer was not taken in time')
  return rows.length
}

/** Takes a task out of the queue for good, with the offer that may stand. Does nothing to one that was accepted. */
export async function withdrawTask(connection: Queryable, executionId: string, groupId: string): Promise<void> {
  await connection.query({
    name: 'withdraw-task',
    text: `
      with task as (
        update tasks set state = 'withdrawn', done_at = now()
        where execution_id = $1 and group_id = $2 and kind = 'stepGroup' and state in ('queued', 'offered')
        returning id, fence
      )
      update attempts set state = 'ended', ended_reason = 'withdrawn', ended_at = now()
      from task where attempts.task_id = task.id and attempts.epoch = task.fence and attempts.state = 'offered'`,
    values: [executionId, groupId],
  })
}
