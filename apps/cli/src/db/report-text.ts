import type { ChangesetKey, CommandReport, EngineFailure } from '@sluice/engine'
import { type AppError, AppError as Failure } from '@sluice/base'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'

export function changesetName({ path, id, author }: ChangesetKey): string {
  return `${path}::${id}::${author}`
}

/** One changeset as every answer in JSON has it. */
export function changesetJson(key: ChangesetKey): { readonly id: string; readonly author: string; readonly path: string } {
  return { id: key.id, author: key.author, path: key.path }
}

/** `1 changeset`, `2 changesets`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${String(count)} ${count === 1 ? singular : plural}`
}

/** The exit code of a report; a failure is printed with its place, its SQL and what to do next. */
export function finishReport(
  context: CommandContext,
  report: Pick<CommandReport, 'state' | 'firstError' | 'entries'>,
  verb: string,
): number {
  const done = report.entries.filter((entry) => entry.state === 'done').length
  if (report.state === 'succeeded') return exitCodes.ok
  const failure = report.firstError
  const total = report.entries.length
  const reached = total === 0 ? '' : `${String(done)} of ${countOf(total, 'changeset')} were ${verb}.`
  context.printer.error(toError(report.state, failure, reached), { debug: false })
  return { failed: exitCodes.failure, canceled: exitCodes.cancelled, unknown: exitCodes.unknown }[report.state]
}

function toError(state: CommandReport['state'], failure: EngineFailure | undefined, reached: string): AppError {
  if (state === 'canceled') return new Failure('canceled', 'CANCELED', `Stopped. ${reached}`.trim())
  const place =
    failure?.file === undefined ? '' : ` (${failure.file}${failure.line === undefined ? '' : `:${String(failure.line)}`})`
  const where = failure?.changeset === undefined ? '' : `${changesetName(failure.changeset)}: `
  const message = `${where}${failure?.message ?? 'The command failed.'}${place} ${reached}`.trim()
  return new Failure(state === 'unknown' ? 'unavailable' : 'failedPrecondition', failure?.code ?? 'COMMAND_FAILED', message, {
    ...(failure?.hint === undefined ? {} : { hint: failure.hint }),
    details: {
      ...(failure?.sql === undefined ? {} : { sql: failure.sql }),
      ...(failure?.databaseCode === undefined ? {} : { databaseCode: failure.databaseCode }),
    },
  })
}
