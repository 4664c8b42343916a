import type { Queryable } from '../queryable.ts'
import type { AttemptState, CancelModeColumn } from '../schema.ts'

/** An attempt with what its task says: all that a call needs to be judged. */
export interface AttemptFacts {
  readonly attemptId: string
  readonly taskId: string
  readonly executionId: string
  readonly groupId: string
  readonly kind: 'stepGroup' | 'inspection'
  readonly epoch: number
  /** The task's last epoch: greater than `epoch` when a newer attempt took over. */
  readonly fence: number
  readonly state: AttemptState
  readonly instanceId: string
  readonly bootId: string | null
  readonly cancelMode: CancelModeColumn | null
  readonly contact: 'ok' | 'lost'
  readonly finish: boolean
  readonly completeSha: string | null
  /** Whether its life is over by its own limit. */
  readonly expired: boolean
  /** The step that an inspection looks at. */
  readonly inspectedStepRunId: string | null
}

const columns = `
  a.id as "attemptId", a.task_id as "taskId", a.execution_id as "executionId", t.group_id as "groupId", t.kind, a.epoch, t.fence,
  a.state, a.delegate_instance_id as "instanceId", a.boot_id as "bootId", a.cancel_mode as "cancelMode", a.contact, a.finish,
  a.complete_sha as "completeSha", coalesce(a.not_after < now(), false) as expired, t.step_run_id as "inspectedStepRunId"`

/** Reads an attempt; undefined when there is none. */
export async function readAttempt(connection: Queryable, attemptId: string): Promise<AttemptFacts | undefined> {
  const { rows } = await connection.query<AttemptFacts & Record<string, unknown>>({
    name: 'read-attempt',
    text: `select ${columns} from attempts a join tasks t on t.id = a.task_id where a.id = $1`,
    values: [attemptId],
  })
  return rows[0]
}

/**
 * The same, and holds the attempt's row until the transaction ends: reports, permits and the lease judge take turns. Who also needs the
 * task's row locks that one first.
 */
export async function lockAttempt(connection: Queryable, attemptId: string): Promise<AttemptFacts | undefined> {
  await connection.query({ name: 'lock-attempt', text: 'select 1 from attempts where id = $1 for update', values: [attemptId] })
  return readAttempt(connection, attemptId)
}

/** Whether it may still do things (report outcomes it may for longer). */
export function isLive(attempt: Pick<AttemptFacts, 'state'>): boolean {
  return attempt.state === 'accepted' || attempt.state === 'running' || attempt.state === 'finishing'
}
