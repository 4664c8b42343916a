import type { Queryable } from '../queryable.ts'
import { intervalMs } from '../queryable.ts'
import type { AttemptState, CancelModeColumn, StepRunState } from '../schema.ts'

/** What a runner may need to know, as one row. */
export interface RunnerNews {
  readonly state: AttemptState
  readonly epoch: number
  readonly fence: number
  readonly kind: 'stepGroup' | 'inspection'
  readonly finish: boolean
  readonly cancelMode: CancelModeColumn | null
  /** Steps of this attempt that are offered and not over, and of an inspection its state. */
  readonly steps: readonly {
    readonly stepRunId: string
    readonly state: StepRunState
    readonly cancelMode: CancelModeColumn | null
    readonly order: Record<string, unknown> | null
    /** The commit that the execution has resolved for the step's source. */
    readonly pinnedCommit: string | null
  }[]
  readonly inspection: 'running' | 'finished' | 'failed' | null
}

/** Reads what is there for an attempt's runner; undefined when there is no such attempt. */
export async function readRunnerNews(connection: Queryable, attemptId: string): Promise<RunnerNews | undefined> {
  const { rows } = await connection.query<RunnerNews & Record<string, unknown>>({
    name: 'read-runner-news',
    text: `
      select a.state, a.epoch, t.fence, t.kind, a.finish, a.cancel_mode as "cancelMode", (
        select coalesce(jsonb_agg(jsonb_build_object('stepRunId', s.id, 'state', s.state, 'cancelMode', s.cancel_mode,
          'order', s.step_order, 'pinnedCommit', src.commit_sha) order by s.offered_at, s.id), '[]')
        from step_runs s
        left join sources src on src.execution_id = s.execution_id and src.source_key = s.step_order ->> 'sourceKey'
        where s.attempt_id = a.id and s.state in ('offered', 'running', 'permitted')
      ) as steps, (
        select i.state from inspections i where i.step_run_id = t.step_run_id and i.task_id = t.id
      ) as inspection
      from attempts a join tasks t on t.id = a.task_id where a.id = $1`,
    values: [attemptId],
  })
  return rows[0]
}

/** What an instance's poll may need to know besides new tasks. */
export interface InstanceCommand {
  readonly attemptId: string
  readonly epoch: number
  readonly state: AttemptState
  readonly cancelMode: CancelModeColumn | null
  readonly cleanup: boolean
  readonly org: string
  readonly project: string
  readonly infra: 'process' | 'kubernetes'
  /** What is left of the offer's time. */
  readonly offerLeftMs: number | null
}

/** Offers that stand, cancels and clean-ups of delegate instances, at most 1,000 of each; one list per id. */
export async function readInstanceCommands(
  connection: Queryable,
  instanceIds: readonly string[],
): Promise<readonly (readonly InstanceCommand[])[]> {
  const { rows } = await connection.query<InstanceCommand & { instanceId: string }>({
    name: 'read-instance-commands',
    text: `
      select wanted.id as "instanceId", command.* from unnest($1::text[]) as wanted (id) cross join lateral (
        select a.id as "attemptId", a.epoch, a.state, a.cancel_mode as "cancelMode", a.cleanup, t.org, t.project, t.infra,
          extract(epoch from (a.offer_until - now()))::double precision * 1000 as "offerLeftMs"
        from attempts a join tasks t on t.id = a.task_id
        where a.delegate_instance_id = wanted.id and (a.state not in ('completed', 'ended') or a.cleanup)
          and (a.state = 'offered' or a.cancel_mode is not null or a.cleanup)
        order by a.id limit 1000
      ) as command`,
    values: [[...new Set(instanceIds)]],
  })
  const commands = Map.groupBy(rows, ({ instanceId }) => instanceId)
  return instanceIds.map((instanceId) => commands.get(instanceId) ?? [])
}

/** Forgets clean-ups that a delegate was told of and whose attempts it no longer lists. */
export async function clearCleanups(
  connection: Queryable,
  input: {
    readonly instanceId: string
    readonly stillListed: readonly string[]
    /** How long after its end at least. */ readonly afterMs: number
  },
): Promise<void> {
  await connection.query({
    name: 'clear-cleanups',
    text: `
      update attempts set cleanup = false
      where delegate_instance_id = $1 and cleanup and state in ('completed', 'ended') and id <> all ($2::text[])
        and ended_at < now() - ${intervalMs('$3')}`,
    values: [input.instanceId, input.stillListed, input.afterMs],
  })
}
