import { AppError } from '@sluice/base'
import { applyRollback, hasPlanErrors, planRollback } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatDuration } from '../output/table.ts'
import type { ChangelogOptions, ConnectionOptions } from './db-options.ts'
import { newRun, selectionOf, withTarget } from './open-target.ts'
import { readChangelog } from './read-changelog.ts'
import { changesetName, finishReport, showProgress } from './report-text.ts'

export async function dbRollback(
  context: CommandContext,
  options: ConnectionOptions & ChangelogOptions & { toTag?: string; count?: number },
): Promise<number> {
  const target =
    options.toTag !== undefined ? { tag: options.toTag } : options.count !== undefined ? { count: options.count } : undefined
  if (target === undefined)
    throw new AppError('invalid', 'ROLLBACK_TARGET_MISSING', 'It is not said how far to roll back.', {
      hint: 'Give --to-tag TAG or --count N.',
    })
  const changelog = readChangelog(context, options)
  return withTarget(context, options, async (database) => {
    const selection = selectionOf(options)
    const plan = await planRollback({ database, changelog, target, options: selection, signal: context.signal })
    context.printer.diagnostics(plan.diagnostics)
    if (hasPlanErrors(plan))
      throw new AppError('failedPrecondition', 'PLAN_REFUSED', 'The rollback cannot be done whole; nothing was changed.')
    for (const { key, reason } of plan.left) context.printer.progress(`left as it is (${reason}): ${changesetName(key)}`)
    if (plan.isEmpty) {
      context.printer.result({ state: 'nothingToDo', rolledBack: [] }, () => 'There is nothing to roll back.')
      return exitCodes.ok
    }
    const report = await applyRollback({
      database,
      changelog,
      plan,
      signal: context.signal,
      onEvent: showProgress(context),
      options: { ...selection, ...(await newRun()) },
    })
    const done = report.entries.filter((entry) => entry.state === 'done')
    if (report.state === 'succeeded' || context.printer.isJson) {
      context.printer.result(
        { state: report.state, rolledBack: done.map((entry) => ({ ...entry.changeset, durationMs: entry.durationMs })) },
        () =>
          [
            ...done.map((entry) => `rolled back  ${changesetName(entry.changeset)}  ${formatDuration(entry.durationMs)}`),
            `${String(done.length)} changesets rolled back in ${formatDuration(report.durationMs)}.`,
          ].join('\n'),
      )
    }
    return finishReport(context, report, 'rolled back')
  })
}
