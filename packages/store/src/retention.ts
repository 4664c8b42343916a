import type pg from 'pg'
import { inTransaction, type Queryable } from './queryable.ts'

/**
 * Deletes executions that ended more than `days` ago with all that belongs to them, at most `limit` at a time. One that still blocks a
 * target stays. Returns how many went.
 */
export async function deleteOldExecutions(pool: pg.Pool, days: number, limit: number): Promise<number> {
  return inTransaction(pool, async (connection) => {
    const { rows } = await connection.query<{ id: string }>({
      text: `
        select id from executions x
        where ended_at < now() - $1 * interval '1 day'
          and not exists (select 1 from permits p where p.execution_id = x.id and p.released_at is null)
        order by ended_at limit $2 for update skip locked`,
      values: [days, limit],
    })
    if (rows.length === 0) return 0
    const ids = rows.map((row) => row.id)
    await connection.query({ text: 'delete from permits where execution_id = any ($1::text[])', values: [ids] })
    await connection.query({ text: 'delete from executions where id = any ($1::text[])', values: [ids] })
    return ids.length
  })
}

/** Removes what is only kept for a while: old declines and login codes, sessions and enrolment tokens that are over. */
export async function sweepExpired(connection: Queryable): Promise<void> {
  await connection.query({ text: 'delete from nonces where expires_at < now()' })
  await connection.query({ text: 'delete from task_declines where until < now()' })
  await connection.query({ text: 'delete from login_codes where expires_at < now()' })
  await connection.query({ text: 'delete from sessions where expires_at < now()' })
  await connection.query({ text: `delete from enrolment_tokens where expires_at < now() - interval '7 days'` })
}
