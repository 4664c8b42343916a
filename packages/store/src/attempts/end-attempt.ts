import type { Reason } from '@sluice/pipeline'
import { insertExecutionEvent } from '../executions/inbox.ts'
import { notify } from '../notifications.ts'
import type { Queryable } from '../queryable.ts'
import type { AttemptFacts } from './read-attempt.ts'

/**
 * Ends an attempt that did not complete, and tells its execution (or marks its inspection as failed). From here on it gets no permit;
 * the outcome of a step that it was permitted may still be reported. The caller holds the attempt's row.
 */
export async function endAttempt(
  connection: Queryable,
  attempt: AttemptFacts,
  input: {
    readonly reason: Reason
    readonly at: number
    /** Whether its delegate has to remove what is left. */ readonly cleanup: boolean
  },
): Promise<void> {
  const { reason } = input
  await connection.query({
    name: 'end-attempt',
    text: `update attempts set state = 'ended', ended_reason = $2, ended_at = now(), cleanup = $3 where id = $1`,
    values: [attempt.attemptId, `${reason.code}: ${reason.message}`.slice(0, 2048), input.cleanup],
  })
  await connection.query({
    name: 'end-attempt-task',
    text: `update tasks set state = 'done', done_at = now() where id = $1 and fence = $2 and state = 'accepted'`,
    values: [attempt.taskId, attempt.epoch],
  })
  if (attempt.kind === 'inspection') {
    await failInspection(connection, attempt.inspectedStepRunId ?? '', attempt.taskId, reason.message)
    await notify(connection, 'sluice_execution', attempt.executionId)
  } else {
    await insertExecutionEvent(connection, attempt.executionId, {
      type: 'attemptEnded',
      at: input.at,
      groupId: attempt.groupId,
      attemptId: attempt.attemptId,
      reason,
    })
  }
  await notify(connection, 'sluice_attempt', attempt.attemptId)
  if (input.cleanup) await notify(connection, 'sluice_task', `instance:${attempt.instanceId}`)
}

/** Marks the inspection that this task was to make as failed, unless it has an answer. */
export async function failInspection(connection: Queryable, stepRunId: string, taskId: string, message: string): Promise<void> {
  await connection.query({
    name: 'fail-inspection',
    text: `update inspections set state = 'failed', message = $3, at = now() where step_run_id = $1 and task_id = $2 and state = 'running'`,
    values: [stepRunId, taskId, message.slice(0, 8192)],
  })
}
