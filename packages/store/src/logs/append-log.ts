import type pg from 'pg'
import { notify } from '../notifications.ts'
import { inTransaction, type Queryable } from '../queryable.ts'

export interface LogAppend {
  readonly streamId: string
  readonly executionId: string
  readonly attemptId: string
  /** Absent for the attempt's own stream. */
  readonly stepRunId?: string | undefined
  readonly offset: number
  readonly bytes: Buffer
  readonly bytesMax: number
}

export type LogAnswer =
  | { readonly outcome: 'appended'; readonly nextOffset: number; readonly watched: boolean }
  /** The bytes do not begin where the stream ends. */
  | { readonly outcome: 'elsewhere'; readonly nextOffset: number }
  /** Other bytes stand at this offset already. */
  | { readonly outcome: 'mismatch'; readonly nextOffset: number }
  | { readonly outcome: 'sealed'; readonly nextOffset: number }
  | { readonly outcome: 'tooLong'; readonly nextOffset: number }

/**
 * Appends bytes of a log at their offset. Bytes that are here already are compared, never stored twice; what goes beyond them is
 * appended. A stream that an earlier attempt of the same step left is started anew.
 */
export async function appendLog(pool: pg.Pool, append: LogAppend): Promise<LogAnswer> {
  return inTransaction(pool, async (connection) => {
    const stream = await lockStream(connection, append)
    const { offset, bytes } = append
    if (offset > stream.length) return { outcome: 'elsewhere', nextOffset: stream.length }
    const overlap = Math.min(bytes.length, stream.length - offset)
    if (overlap > 0) {
      const stored = await readLogBytes(connection, append.streamId, offset, overlap)
      if (!stored.equals(bytes.subarray(0, overlap))) return { outcome: 'mismatch', nextOffset: stream.length }
    }
    const rest = bytes.subarray(overlap)
    if (rest.length === 0) return { outcome: 'appended', nextOffset: stream.length, watched: stream.watched }
    if (stream.sealed) return { outcome: 'sealed', nextOffset: stream.length }
    const nextOffset = stream.length + rest.length
    if (nextOffset > append.bytesMax) return { outcome: 'tooLong', nextOffset: stream.length }
    await connection.query({
      name: 'append-log',
      text: `
        with chunk as (insert into log_chunks (stream_id, byte_offset, bytes) values ($1, $2, $3))
        update log_streams set length = $4 where id = $1`,
      values: [append.streamId, stream.length, rest, nextOffset],
    })
    await notify(connection, 'sluice_log', append.streamId)
    return { outcome: 'appended', nextOffset, watched: stream.watched }
  })
}

interface StreamRow {
  readonly length: number
  readonly sealed: boolean
  readonly watched: boolean
  readonly attemptId: string
}

const selectStream = `
  select length, sealed, coalesce(watched_until > now(), false) as watched, attempt_id as "attemptId" from log_streams
  where id = $1 for update`

async function lockStream(connection: Queryable, append: LogAppend): Promise<StreamRow> {
  const read = async (): Promise<StreamRow | undefined> => {
    const { rows } = await connection.query<StreamRow & Record<string, unknown>>({
      name: 'lock-log-stream',
      text: selectStream,
      values: [append.streamId],
    })
    return rows[0]
  }
  const found = await read()
  if (found?.attemptId === append.attemptId) return found
  if (found === undefined) {
    await connection.query({
      name: 'create-log-stream',
      text: `
        insert into log_streams (id, execution_id, attempt_id, step_run_id) values ($1, $2, $3, $4) on conflict do nothing`,
      values: [append.streamId, append.executionId, append.attemptId, append.stepRunId ?? null],
    })
  } else {
    await connection.query({
      name: 'drop-log-chunks',
      text: 'delete from log_chunks where stream_id = $1',
      values: [append.streamId],
    })
    await connection.query({
      name: 'restart-log-stream',
      text: `
        update log_streams set attempt_id = $2, length = 0, sealed = false, sha256 = null, gaps = '[]', rewinds = 0 where id = $1`,
      values: [append.streamId, append.attemptId],
    })
  }
  return (await read()) ?? { length: 0, sealed: false, watched: false, attemptId: append.attemptId }
}

/** Bytes of a log from an offset, at most `limit`; fewer at its end. */
export async function readLogBytes(connection: Queryable, streamId: string, offset: number, limit: number): Promise<Buffer> {
  const { rows } = await connection.query<{ byte_offset: number; bytes: Buffer }>({
    name: 'read-log-bytes',
    text: `
      select byte_offset, bytes from log_chunks
      where stream_id = $1 and byte_offset < $3 and byte_offset >= coalesce(
        (select max(byte_offset) from log_chunks where stream_id = $1 and byte_offset <= $2), 0)
      order by byte_offset`,
    values: [streamId, offset, offset + limit],
  })
  const first = rows[0]
  if (first === undefined) return Buffer.alloc(0)
  const from = offset - first.byte_offset
  return Buffer.concat(rows.map((row) => row.bytes)).subarray(from, from + limit)
}
