import type { ChangesetKey, CommandReport, EngineEvent, EngineFailure } from '@sluice/engine'
import { type AppError, AppError as Failure } from '@sluice/base'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatDuration } from '../output/table.ts'

export function changesetName({ path, id, author }: ChangesetKey): string {
  return `${path}::${id}::${author}`
}

/** Shows progress on stderr while a command works. */
export function showProgress(context: CommandContext): (event: EngineEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'lockWaiting':
        context.printer.progress(
          `Waiting for the changelog lock of ${event.holder.lockedBy ?? event.holder.session?.applicationName ?? 'another session'} (${formatDuration(event.waitedMs)}).`,
        )
        break
      case 'lockTakenOver':
        context.printer.progress(`Took over the lock of ${event.from}, whose session is gone.`)
        break
      case 'changesetStarted':
        context.printer.progress(
          `[${String(event.position)}/${String(event.total)}] ${event.direction === 'apply' ? 'applying' : 'rolling back'} ${changesetName(event.changeset)}`,
        )
        break
      case 'changesetFailed':
        context.printer.progress(`    failed after ${formatDuration(event.durationMs)}`)
        break
      case 'notice':
        context.printer.progress(`    ${event.severity}: ${event.message}`)
        break
      case 'warning':
        context.printer.progress(`    warning: ${event.message}`)
        break
      default:
        break
    }
  }
}

/** The exit code of a report; a failure is printed with its place, its SQL and what to do next. */
export function finishReport(context: CommandContext, report: CommandReport, verb: string): number {
  const done = report.entries.filter((entry) => entry.state === 'done').length
  if (report.state === 'succeeded') return exitCodes.ok
  const failure = report.firstError
  const reached = `${String(done)} of ${String(report.entries.length)} changesets were ${verb}.`
  context.printer.error(toError(report.state, failure, reached), { debug: false })
  return { failed: exitCodes.failure, canceled: exitCodes.cancelled, unknown: exitCodes.unknown }[report.state]
}

function toError(state: CommandReport['state'], failure: EngineFailure | undefined, reached: string): AppError {
  if (state === 'canceled') return new Failure('canceled', 'CANCELED', `Stopped. ${reached}`)
  const place =
    failure?.file === undefined ? '' : ` (${failure.file}${failure.line === undefined ? '' : `:${String(failure.line)}`})`
  const where = failure?.changeset === undefined ? '' : `${changesetName(failure.changeset)}: `
  const message = `${where}${failure?.message ?? 'The command failed.'}${place} ${reached}`
  return new Failure(state === 'unknown' ? 'unavailable' : 'failedPrecondition', failure?.code ?? 'COMMAND_FAILED', message, {
    ...(failure?.hint === undefined ? {} : { hint: failure.hint }),
    details: {
      ...(failure?.sql === undefined ? {} : { sql: failure.sql }),
      ...(failure?.databaseCode === undefined ? {} : { databaseCode: failure.databaseCode }),
    },
  })
}
