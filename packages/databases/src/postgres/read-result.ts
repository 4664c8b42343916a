import type { StatementResult } from '@sluice/engine'
import type { CommandResult } from './send-batch.ts'

/** What a user's text did: the rows of all its statements, and the name of the last. */
export function readResult(result: CommandResult | CommandResult[]): StatementResult {
  const results = Array.isArray(result) ? result : [result]
  const counted = results.filter((one) => one.rowCount !== null)
  return {
    rows: counted.length === 0 ? undefined : counted.reduce((sum, one) => sum + (one.rowCount ?? 0), 0),
    command: results.at(-1)?.command ?? '',
  }
}
