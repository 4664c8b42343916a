import { createHash } from 'node:crypto'
import type pg from 'pg'
import { toJson } from '../json.ts'
import { notify } from '../notifications.ts'
import { inTransaction } from '../queryable.ts'
import type { LogGap } from '../schema.ts'
import { readLogBytes } from './append-log.ts'

export interface LogSeal {
  readonly streamId: string
  readonly executionId: string
  readonly attemptId: string
  readonly stepRunId?: string | undefined
  readonly length: number
  /** Of all bytes, hexadecimal. */
  readonly sha256: string
  readonly gaps: readonly LogGap[]
}

export type SealAnswer =
  | { readonly outcome: 'sealed' }
  /** Bytes are missing from `nextOffset` on. */
  | { readonly outcome: 'short'; readonly nextOffset: number }
  /** The stored bytes are not those that the runner has: send again from the start. */
  | { readonly outcome: 'mismatch'; readonly rewindTo: number }
  | { readonly outcome: 'otherAttempt' }

/** Bytes hashed at a time. */
const windowBytes = 2 * 1024 * 1024

/**
 * Closes a log for good once its length and hash are what the runner says. Otherwise what is stored is dropped and asked for again.
 * Repeating a seal changes nothing.
 */
export async function sealLog(pool: pg.Pool, seal: LogSeal): Promise<SealAnswer> {
  return inTransaction(pool, async (connection) => {
    await connection.query({
      name: 'create-sealed-stream',
      text: `insert into log_streams (id, execution_id, attempt_id, step_run_id) values ($1, $2, $3, $4) on conflict do nothing`,
      values: [seal.streamId, seal.executionId, seal.attemptId, seal.stepRunId ?? null],
    })
    const { rows } = await connection.query<{ length: number; sealed: boolean; sha256: string | null; attemptId: string }>({
      name: 'lock-sealed-stream',
      text: `select length, sealed, sha256, attempt_id as "attemptId" from log_streams where id = $1 for update`,
      values: [seal.streamId],
    })
    const stream = rows[0]
    if (stream === undefined || stream.attemptId !== seal.attemptId) return { outcome: 'otherAttempt' }
    if (stream.sealed)
      return stream.sha256 === seal.sha256 ? { outcome: 'sealed' } : { outcome: 'mismatch', rewindTo: stream.length }
    if (stream.length < seal.length) return { outcome: 'short', nextOffset: stream.length }
    const hash = createHash('sha256')
    for (let offset = 0; offset < stream.length; offset += windowBytes) {
      hash.update(await readLogBytes(connection, seal.streamId, offset, Math.min(windowBytes, stream.length - offset)))
    }
    if (stream.length > seal.length || hash.digest('hex') !== seal.sha256) {
      await connection.query({
        name: 'drop-log-chunks',
        text: 'delete from log_chunks where stream_id = $1',
        values: [seal.streamId],
      })
      await connection.query({
        name: 'rewind-log-stream',
        text: 'update log_streams set length = 0, rewinds = rewinds + 1 where id = $1',
        values: [seal.streamId],
      })
      return { outcome: 'mismatch', rewindTo: 0 }
    }
    await connection.query({
      name: 'seal-log',
      text: 'update log_streams set sealed = true, sha256 = $2, gaps = $3 where id = $1',
      values: [seal.streamId, seal.sha256, toJson(seal.gaps)],
    })
    await notify(connection, 'sluice_log', seal.streamId)
    return { outcome: 'sealed' }
  })
}
