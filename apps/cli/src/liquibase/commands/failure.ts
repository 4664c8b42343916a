import { AppError, type Diagnostic } from '@sluice/base'
import type { ChangesetKey, CommandReport } from '@sluice/engine'
import type { Output } from '../output.ts'

/** `path::id::author`, as Liquibase writes a changeset. */
export function changesetName({ path, id, author }: ChangesetKey): string {
  return `${path}::${id}::${author}`
}

/** Prints what a plan found; throws when there is an error among it. The only error of a plan is said once, by whoever catches it. */
export function checkPlan(output: Output, plan: { readonly diagnostics: readonly Diagnostic[] }): void {
  const errors = plan.diagnostics.filter(({ severity }) => severity === 'error')
  const [first] = errors
  output.diagnostics(errors.length === 1 ? plan.diagnostics.filter((one) => one !== first) : plan.diagnostics)
  if (first === undefined) return
  throw new AppError('failedPrecondition', first.code, `${first.message} Nothing was changed.`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  })
}

/** Throws for a report that did not end well, in Liquibase's form: the changeset, the reason and the statement. */
export function checkReport(report: CommandReport): void {
  if (report.state === 'succeeded') return
  const failure = report.firstError
  if (report.state === 'canceled') throw new AppError('canceled', 'CANCELED', 'Stopped.')
  const reason = failure?.message ?? 'The command failed.'
  const sql = failure?.sql === undefined ? '' : ` [Failed SQL: ${failure.sql.trim()}]`
  const place =
    failure?.file === undefined ? '' : ` (${failure.file}${failure.line === undefined ? '' : `:${String(failure.line)}`})`
  const message =
    failure?.changeset === undefined
      ? `${reason}${place}${sql}`
      : `Migration failed for changeset ${changesetName(failure.changeset)}:\n     Reason: ${reason}${place}${sql}`
  const unknown = report.state === 'unknown'
  throw new AppError(unknown ? 'unavailable' : 'failedPrecondition', failure?.code ?? 'COMMAND_FAILED', message, {
    ...(unknown
      ? { hint: 'The connection was lost: whether this changeset is in the database is not known. Look before you run it again.' }
      : failure?.hint === undefined
        ? {}
        : { hint: failure.hint }),
  })
}
