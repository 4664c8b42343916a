import { listSelectionCandidates, type SelectionCandidate } from '../delegates/instances.ts'
import { toStorableText } from '../json.ts'
import { notify } from '../notifications.ts'
import type { Queryable } from '../queryable.ts'
import { explainMisfit, type TaskFit } from './fit.ts'

export interface Refusal {
  readonly attemptId: string
  readonly message: string
  /** How long after its last sign a delegate counts as being there. */
  readonly leaseMs: number
}

/**
 * Keeps the task of an attempt from its delegate for good, because that delegate's policy refuses it: another try would be refused, too. Returns
 * whether a delegate is there now that may take the task and has not refused it.
 */
export async function refuseTask(connection: Queryable, { attemptId, message, leaseMs }: Refusal): Promise<boolean> {
  const { rows } = await connection.query<TaskFit & { task_id: string; fit_key: string; recipients: string[] | null }>({
    name: 'refuse-task',
    text: `
      with refused as (
        insert into task_declines (task_id, delegate_id, until, code, reason)
        select a.task_id, d.id, 'infinity', 'policy', $2 from attempts a join delegates d on d.id = a.delegate_id where a.id = $1
        on conflict (task_id, delegate_id) do update set until = excluded.until, code = excluded.code, reason = excluded.reason
      )
      select t.id as task_id, t.fit_key, t.org, t.project, t.selectors, t.recipients, t.infra
      from tasks t join attempts a on a.task_id = t.id where a.id = $1`,
    values: [attemptId, toStorableText(message).slice(0, 4096)],
  })
  const [task] = rows
  if (task === undefined) return false
  // From now on each delegate has to look for itself.
  await notify(connection, 'sluice_task', `declined:${task.fit_key}`)
  const refusals = await connection.query<{ delegate_id: string }>({
    name: 'list-refusals',
    text: `select delegate_id from task_declines where task_id = $1 and until = 'infinity'`,
    values: [task.task_id],
  })
  const refusedBy = new Set(refusals.rows.map(({ delegate_id }) => delegate_id))
  const fit = { ...task, recipients: task.recipients ?? undefined }
  const candidates = await listSelectionCandidates(connection)
  return candidates.some(
    (candidate) =>
      !refusedBy.has(candidate.delegateId) && isThere(candidate, leaseMs) && explainMisfit(fit, candidate).length === 0,
  )
}

function isThere(candidate: SelectionCandidate, leaseMs: number): boolean {
  const { revoked, draining, instanceDraining, deregistered, quietMs } = candidate
  if (revoked || draining || instanceDraining === true || deregistered === true) return false
  return quietMs !== null && quietMs <= leaseMs
}
