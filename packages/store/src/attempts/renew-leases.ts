import { notify } from '../notifications.ts'
import type { Queryable } from '../queryable.ts'
import { intervalMs } from '../queryable.ts'
import type { CancelModeColumn } from '../schema.ts'

export interface HeartbeatEntry {
  readonly attemptId: string
  readonly epoch: number
}

export interface LeaseVerdict {
  readonly attemptId: string
  /** False when the attempt is over for the server or belongs to somebody else. */
  readonly live: boolean
  readonly cancelMode: CancelModeColumn | null
  /** A step of the attempt holds a permit. */
  readonly permitOpen: boolean
}

/**
 * Renews the leases of the attempts that an instance lists, adopts them for its boot id, and heals those whose contact was lost. An attempt
 * that ended with an open permit counts as live: its step may still be running, and its report is the best evidence there is.
 */
export async function renewLeases(
  connection: Queryable,
  input: {
    readonly instanceId: string
    readonly bootId: string
    readonly entries: readonly HeartbeatEntry[]
    readonly leaseMs: number
  },
): Promise<LeaseVerdict[]> {
  if (input.entries.length === 0) return []
  const { rows } = await connection.query<LeaseVerdict & { healed: string | null }>({
    name: 'renew-leases',
    text: `
      with listed as (
        select * from unnest($3::text[], $4::integer[]) as listed (attempt_id, epoch)
      ), renewed as (
        update attempts a set lease_until = now() + ${intervalMs('$5')}, contact = 'ok', boot_id = $2
        from listed where a.id = listed.attempt_id and a.epoch = listed.epoch and a.delegate_instance_id = $1
          and a.state in ('accepted', 'running', 'finishing')
        returning a.id
      )
      select listed.attempt_id as "attemptId", a.cancel_mode as "cancelMode",
        coalesce(renewed.id is not null or (a.epoch = listed.epoch and a.delegate_instance_id = $1 and (a.state = 'offered' or exists (
          select 1 from permits p where p.attempt_id = a.id and p.epoch = a.epoch and p.released_at is null
        ))), false) as live,
        exists (select 1 from permits p where p.attempt_id = listed.attempt_id and p.released_at is null) as "permitOpen",
        case when renewed.id is not null and a.contact = 'lost' then a.execution_id end as healed
      from listed
      left join attempts a on a.id = listed.attempt_id
      left join renewed on renewed.id = listed.attempt_id`,
    values: [
      input.instanceId,
      input.bootId,
      input.entries.map((entry) => entry.attemptId),
      input.entries.map((entry) => entry.epoch),
      input.leaseMs,
    ],
  })
  for (const executionId of new Set(rows.flatMap((row) => (row.healed === null ? [] : [row.healed])))) {
    await notify(connection, 'sluice_execution', executionId)
  }
  return rows.map(({ attemptId, live, cancelMode, permitOpen }) => ({ attemptId, live, cancelMode, permitOpen }))
}

/**
 * A call of the runner is a sign of life too. Writes only when a tenth of the lease is used up, so that a stream of log chunks does not
 * rewrite the attempt's row each time.
 */
export async function touchAttempt(connection: Queryable, attemptId: string, leaseMs: number): Promise<void> {
  const { rows } = await connection.query<{ execution_id: string; was_lost: boolean }>({
    name: 'touch-attempt',
    text: `
      with before as (
        select id, contact from attempts
        where id = $1 and state in ('accepted', 'running', 'finishing')
          and (contact = 'lost' or lease_until < now() + ${intervalMs('$2')} * 0.9)
      )
      update attempts set lease_until = now() + ${intervalMs('$2')}, contact = 'ok'
      from before where attempts.id = before.id
      returning attempts.execution_id, before.contact = 'lost' as was_lost`,
    values: [attemptId, leaseMs],
  })
  if (rows[0]?.was_lost === true) await notify(connection, 'sluice_execution', rows[0].execution_id)
}
