import { insertExecutionEvent } from '../executions/inbox.ts'
import type { Queryable } from '../queryable.ts'
import { failInspection } from './end-attempt.ts'
import type { AttemptFacts } from './read-attempt.ts'

/**
 * Stores that a runner has ended its work in good order. The caller holds the attempt's row and has checked its epoch. An attempt that was
 * given up meanwhile is completed all the same: its runner's word counts for more.
 */
export async function completeAttempt(connection: Queryable, attempt: AttemptFacts, sha: string, at: number): Promise<void> {
  await connection.query({
    name: 'complete-attempt',
    text: `
      update attempts set state = case when state = 'ended' then state else 'completed' end, complete_sha = $2, cleanup = false,
        ended_at = coalesce(ended_at, now()) where id = $1`,
    values: [attempt.attemptId, sha],
  })
  await connection.query({
    name: 'complete-task',
    text: `update tasks set state = 'done', done_at = now() where id = $1 and fence = $2 and state = 'accepted'`,
    values: [attempt.taskId, attempt.epoch],
  })
  if (attempt.kind === 'inspection') {
    const message = 'The inspection ended without a finding.'
    await failInspection(connection, attempt.inspectedStepRunId ?? '', attempt.taskId, message)
    return
  }
  await insertExecutionEvent(connection, attempt.executionId, {
    type: 'attemptCompleted',
    at,
    groupId: attempt.groupId,
    attemptId: attempt.attemptId,
  })
}
