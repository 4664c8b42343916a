import { createId } from '@sluice/base'
import { toJson } from '../json.ts'
import { notify } from '../notifications.ts'
import type { Queryable } from '../queryable.ts'
import { createFitKey, type TaskFit } from './fit.ts'

export interface NewTask extends TaskFit {
  readonly executionId: string
  readonly groupId: string
  /** For people: `stage/group`. */
  readonly groupPath: string
  readonly kind: 'stepGroup' | 'inspection'
  /** The planned TaskSpec, without the ids that only a placement gives it. */
  readonly spec: object
  /** Inspections only: the step they look at. */
  readonly stepRunId?: string | undefined
  /** Placements of this group so far, this one included. */
  readonly attemptNumber?: number | undefined
  /** Where the group was asked to run, for its inspections. */
  readonly infraTarget?: object | undefined
  /** Smaller goes first. Default 100. */
  readonly priority?: number | undefined
}

/**
 * Puts a task into the queue and wakes who may take it. A step group has one task for all its placements: queueing it again keeps its id
 * and raises its fence, so that what earlier placements say from then on is evidence only. Returns the task's id.
 */
export async function enqueueTask(connection: Queryable, task: NewTask): Promise<string> {
  const fitKey = createFitKey(task)
  const { rows } = await connection.query<{ id: string }>({
    name: 'enqueue-task',
    text: `
      insert into tasks (id, execution_id, group_id, group_path, kind, priority, org, project, selectors, needs_approval, recipients,
          fit_key, spec, step_run_id, attempt_number, infra, infra_target)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        on conflict (execution_id, group_id) where kind = 'stepGroup' do update set
          state = 'queued', fence = tasks.fence + 1, group_path = excluded.group_path, priority = excluded.priority, selectors = excluded.selectors,
          needs_approval = excluded.needs_approval, recipients = excluded.recipients, fit_key = excluded.fit_key, spec = excluded.spec,
          attempt_number = excluded.attempt_number, infra = excluded.infra, infra_target = excluded.infra_target, queued_at = now(), done_at = null
        returning id`,
    values: [
      createId('task'),
      task.executionId,
      task.groupId,
      task.groupPath,
      task.kind,
      task.priority ?? 100,
      task.org,
      task.project,
      task.selectors,
      task.recipients !== undefined,
      task.recipients ?? null,
      fitKey,
      toJson(task.spec),
      task.stepRunId ?? null,
      task.attemptNumber ?? 1,
      task.infra ?? 'process',
      task.infraTarget === undefined ? null : toJson(task.infraTarget),
    ],
  })
  await notify(connection, 'sluice_task', fitKey)
  return rows[0]?.id ?? ''
}
