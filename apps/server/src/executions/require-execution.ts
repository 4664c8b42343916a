import { AppError } from '@sluice/base'
import { type ExecutionSummaryRow, getExecutionSummary, type Store } from '@sluice/store'
import { type Caller, canWrite, describePlace } from '../access/caller.ts'
import { notFound } from '../http/http-error.ts'

/** The execution, if it is there and in the caller's scope. Executions lie in projects: what the caller sees of them it may change. */
export async function requireExecution(store: Store, caller: Caller, id: string): Promise<ExecutionSummaryRow> {
  const row = await getExecutionSummary(store.db, id)
  if (row === undefined || !canWrite(caller, row)) throw notFound('execution', id, 'List executions to see their ids.')
  return row
}

/** Throws `forbidden` when a project lies outside of the caller's scope. */
export function requireProject(caller: Caller, place: { org: string; project: string }): void {
  if (canWrite(caller, place)) return
  throw new AppError('forbidden', 'SCOPE_REFUSED', `"${caller.name}" may not run things in ${describePlace(place)}.`, {
    hint: 'Use an API key whose scope contains it.',
  })
}
