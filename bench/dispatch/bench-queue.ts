import { createId } from '@sluice/base'
import { claimTasks, createFitKey, enqueueTask, type TaskFit } from '@sluice/store'
import pg from 'pg'
import type { SimulatedDelegate } from './simulated-delegate.ts'

/** The control plane's queue, filled as its orchestrator fills it, and emptied as runners would. */
export interface BenchQueue {
  /** Queues a task in a transaction of its own, committed when this resolves. Gives the task's id. */
  insert(): Promise<string>
  /** Queues many at once and lets PostgreSQL look at them. */
  fill(count: number): Promise<void>
  /** Ends attempts that were accepted, in place of their runners. */
  complete(attemptIds: readonly string[]): Promise<void>
  /** Ends every offer that stands. */
  completeOffered(): Promise<void>
  taskOf(attemptIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** The server's own claiming statement. Returns how many it got. */
  claim(delegate: SimulatedDelegate, count: number): Promise<number>
  /** Tells the server's dispatcher that there is work. */
  announce(): Promise<void>
  close(): Promise<void>
}

const fit: TaskFit = { org: 'default', project: 'default', selectors: ['bench'] }
const executionId = createId('exe')
/** What a delegate would be given; it is never looked at here. */
const spec = { notAfterMs: 3_600_000, kind: 'inspection', note: 'x'.repeat(2000) }

export async function openBenchQueue(databaseUrl: string): Promise<BenchQueue> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 8 })
  await pool.query(
    `insert into executions (id, sequence, org, project, pipeline_identifier, pipeline_name, yaml, state, status, triggered_by)
      values ($1, 1, 'default', 'default', 'bench', 'bench', '', '{}', 'Succeeded', 'bench')`,
    [executionId],
  )
  // Inspections are queued, offered and accepted like step groups, but no execution waits for what becomes of them.
  const task = { ...fit, executionId, groupId: 'bench', groupPath: 'bench', kind: 'inspection', spec } as const
  return {
    insert: () => enqueueTask(pool, task),
    async fill(count) {
      await pool.query(
        `insert into tasks (id, execution_id, group_id, kind, org, project, selectors, fit_key, spec)
          select 'task_bench_' || lpad(n::text, 9, '0'), $2, 'backlog', 'inspection', $3, $4, $5, $6, $7 from generate_series(1, $1::int) n`,
        [count, executionId, fit.org, fit.project, fit.selectors, createFitKey(fit), JSON.stringify(spec)],
      )
      await pool.query('vacuum analyze tasks')
      await pool.query('checkpoint').catch(() => {
        // Only a superuser may; PostgreSQL does it by itself in time.
      })
    },
    async complete(attemptIds) {
      await pool.query(
        `with attempt as (
          update attempts set state = 'completed', ended_at = now() where id = any ($1::text[]) and state = 'accepted' returning task_id
        )
        update tasks set state = 'done', done_at = now() from attempt where tasks.id = attempt.task_id`,
        [attemptIds],
      )
    },
    async completeOffered() {
      await pool.query(
        `with attempt as (
          update attempts set state = 'ended', ended_at = now(), ended_reason = 'bench' where state = 'offered' returning task_id
        )
        update tasks set state = 'withdrawn', done_at = now() from attempt where tasks.id = attempt.task_id`,
      )
    },
    async taskOf(attemptIds) {
      const { rows } = await pool.query<{ id: string; task_id: string }>(
        'select id, task_id from attempts where id = any ($1::text[])',
        [attemptIds],
      )
      return new Map(rows.map((row) => [row.id, row.task_id]))
    },
    async claim({ instanceId, delegateId, name }, count) {
      const slots = Array.from({ length: count }, () => ({
        attemptId: createId('att'),
        instanceId,
        delegateId,
        delegateName: name,
      }))
      return (await claimTasks(pool, { fitKey: createFitKey(fit), slots, offerMs: 60_000 })).length
    },
    async announce() {
      await pool.query('select pg_notify($1, $2)', ['sluice_task', createFitKey(fit)])
    },
    close: () => pool.end(),
  }
}
