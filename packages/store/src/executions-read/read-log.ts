import { type Kysely, sql } from 'kysely'
import type { Database, LogGap } from '../schema.ts'

export interface LogStreamState {
  readonly length: number
  readonly sealed: boolean
  readonly gaps: readonly LogGap[]
}

/** The state of a log of an execution; undefined when there is no such stream in it. */
export async function readLogStream(
  db: Kysely<Database>,
  executionId: string,
  streamId: string,
): Promise<LogStreamState | undefined> {
  return db
    .selectFrom('log_streams')
    .select(['length', 'sealed', 'gaps'])
    .where('id', '=', streamId)
    .where('execution_id', '=', executionId)
    .executeTakeFirst()
}

/** Says that somebody watches a log, for a while: its runner then sends sooner. */
export async function markLogWatched(db: Kysely<Database>, streamId: string, forMs: number): Promise<void> {
  await sql`
    update log_streams set watched_until = now() + ${forMs}::double precision * interval '1 millisecond'
    where id = ${streamId} and not sealed
  `.execute(db)
}

/** Whether a stream may still begin: a step run or an attempt of the execution has this id. */
export async function isLogStreamExpected(db: Kysely<Database>, executionId: string, streamId: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select 1 from step_runs where id = ${streamId} and execution_id = ${executionId})
      or exists (select 1 from attempts where id = ${streamId} and execution_id = ${executionId}) as found
  `.execute(db)
  return rows[0]?.found === true
}
