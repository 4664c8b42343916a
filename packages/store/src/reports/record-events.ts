import { createHash } from 'node:crypto'
import { toJson } from '../json.ts'
import type { Queryable } from '../queryable.ts'

export interface ReportBatch {
  readonly attemptId: string
  readonly source: 'runner' | 'delegate'
  readonly bootId: string
  readonly events: readonly { readonly seq: number; readonly event: object }[]
  /** Whether a newer attempt has taken over: the events are evidence only. */
  readonly late: boolean
}

export type RecordAnswer =
  /** `fresh`: the sequence numbers that were not here yet, in order. `lastSeq`: all up to it are here. */
  | { readonly outcome: 'recorded'; readonly fresh: readonly number[]; readonly lastSeq: number }
  | { readonly outcome: 'conflict'; readonly seq: number }
  | { readonly outcome: 'gap'; readonly lastSeq: number }

/**
 * Stores reported events once. The same sequence number with the same body is a repetition; with another body it is a conflict, which is
 * said and never swallowed. The caller holds the attempt's row and rolls back unless they were recorded.
 */
export async function recordEvents(connection: Queryable, batch: ReportBatch): Promise<RecordAnswer> {
  const { attemptId, source, bootId, late } = batch
  const last = await connection.query<{ last: number }>({
    name: 'last-report',
    text: 'select coalesce(max(seq), 0) as last from attempt_events where attempt_id = $1 and source = $2 and boot_id = $3',
    values: [attemptId, source, bootId],
  })
  const bodies = new Map<number, { body: string; sha: string }>()
  for (const { seq, event } of batch.events) {
    const body = toJson(event)
    const sha = createHash('sha256').update(body).digest('hex')
    if (bodies.has(seq) && bodies.get(seq)?.sha !== sha) return { outcome: 'conflict', seq }
    bodies.set(seq, { body, sha })
  }
  const seqs = [...bodies.keys()].toSorted((left, right) => left - right)
  let lastSeq = last.rows[0]?.last ?? 0
  for (const seq of seqs) {
    if (seq > lastSeq + 1) return { outcome: 'gap', lastSeq }
    lastSeq = Math.max(lastSeq, seq)
  }
  const { rows } = await connection.query<{ seq: number }>({
    name: 'record-reports',
    text: `
      insert into attempt_events (attempt_id, source, boot_id, seq, sha, body, late)
      select $1, $2, $3, seq, sha, body::jsonb, $7 from unnest($4::integer[], $5::text[], $6::text[]) as reported (seq, sha, body)
      on conflict do nothing returning seq`,
    values: [
      attemptId,
      source,
      bootId,
      seqs,
      seqs.map((seq) => bodies.get(seq)?.sha),
      seqs.map((seq) => bodies.get(seq)?.body),
      late,
    ],
  })
  const fresh = new Set(rows.map((row) => row.seq))
  const repeated = seqs.filter((seq) => !fresh.has(seq))
  if (repeated.length > 0) {
    const stored = await connection.query<{ seq: number; sha: string }>({
      name: 'read-report-hashes',
      text: `
        select seq, sha from attempt_events where attempt_id = $1 and source = $2 and boot_id = $3 and seq = any ($4::integer[])`,
      values: [attemptId, source, bootId, repeated],
    })
    const changed = stored.rows.find((row) => row.sha !== bodies.get(row.seq)?.sha)
    if (changed !== undefined) return { outcome: 'conflict', seq: changed.seq }
  }
  return { outcome: 'recorded', fresh: seqs.filter((seq) => fresh.has(seq)), lastSeq }
}
