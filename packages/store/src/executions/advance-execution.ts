import type { ExecutionState, ExecutionStatus } from '@sluice/pipeline'
import { toJson } from '../json.ts'
import { notify } from '../notifications.ts'
import type { Queryable } from '../queryable.ts'

export interface LockedExecution {
  readonly id: string
  readonly org: string
  readonly project: string
  readonly pipelineIdentifier: string
  readonly state: ExecutionState
  readonly version: number
}

/** Locks an execution to advance it; undefined when another transaction is at it, or there is none. */
export async function lockExecution(connection: Queryable, executionId: string): Promise<LockedExecution | undefined> {
  const { rows } = await connection.query<LockedExecution & Record<string, unknown>>({
    name: 'lock-execution',
    text: `
      select id, org, project, pipeline_identifier as "pipelineIdentifier", state, version from executions
      where id = $1 for no key update skip locked`,
    values: [executionId],
  })
  return rows[0]
}

export interface ExecutionUpdate {
  readonly id: string
  readonly version: number
  readonly state: ExecutionState
  readonly stepCounts: Readonly<Record<string, number>>
  readonly dbInstances: readonly string[]
  /** New lines of its history. */
  readonly notes: readonly string[]
}

/** Notes kept for one execution: the newest. */
const notesMax = 200

/** Locks an execution as `lockExecution` does, but waits for whoever is at it; undefined when there is none. */
export async function awaitExecution(connection: Queryable, executionId: string): Promise<LockedExecution | undefined> {
  const { rows } = await connection.query<LockedExecution & Record<string, unknown>>({
    name: 'await-execution',
    text: `
      select id, org, project, pipeline_identifier as "pipelineIdentifier", state, version from executions
      where id = $1 for no key update`,
    values: [executionId],
  })
  return rows[0]
}

/** Stores the new state of a locked execution and tells who watches it. */
export async function storeExecution(connection: Queryable, update: ExecutionUpdate): Promise<void> {
  const { state } = update
  const toDate = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms))
  const { rowCount } = await connection.query({
    name: 'store-execution',
    text: `
      update executions set state = $3, status = $4, version = version + 1, step_counts = $5, db_instances = $6,
        cancel_requested = cancel_requested or $7, started_at = $8, ended_at = $9,
        notes = case when $10::jsonb = '[]'::jsonb then notes else (
          select jsonb_agg(line order by place) from (
            select line, place from jsonb_array_elements(notes || $10::jsonb) with ordinality as all_lines (line, place)
            order by place desc limit ${notesMax}
          ) as kept
        ) end
      where id = $1 and version = $2`,
    values: [
      update.id,
      update.version,
      toJson(state),
      state.status satisfies ExecutionStatus,
      toJson(update.stepCounts),
      update.dbInstances,
      state.cancel !== undefined,
      toDate(state.startedAt),
      toDate(state.endedAt),
      toJson(update.notes),
    ],
  })
  if (rowCount !== 1) throw new Error(`Execution ${update.id} was changed without its lock.`)
  await notify(connection, 'sluice_execution', update.id)
}

/** Adds a line to an execution's history outside of an advance. */
export async function addExecutionNote(connection: Queryable, executionId: string, note: string): Promise<void> {
  await connection.query({
    name: 'add-execution-note',
    text: `update executions set notes = notes || $2::jsonb, version = version + 1 where id = $1 and jsonb_array_length(notes) < ${notesMax}`,
    values: [executionId, toJson([note])],
  })
  await notify(connection, 'sluice_execution', executionId)
  // Who came to advance it while this row was locked went away again.
  await notify(connection, 'sluice_execution', `inbox:${executionId}`)
}
