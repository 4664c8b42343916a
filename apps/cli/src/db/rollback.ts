import { AppError } from '@sluice/base'
import { applyRollback, planRollback } from '@sluice/engine'
import type { RollbackTarget } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatDuration } from '../output/table.ts'
import type { ChangelogOptions, ConnectionOptions, DryRunOptions, RollbackFlags, WritingOptions } from './db-options.ts'
import { newRun, selectionOf } from './open-target.ts'
import { showDiagnostics, showPlan } from './plan-text.ts'
import { withChangelog } from './read-changelog.ts'
import { changesetJson, changesetName, countOf, finishReport } from './report-text.ts'
import { withProgress } from './show-progress.ts'

export type DbRollbackFlags = ConnectionOptions &
  ChangelogOptions &
  WritingOptions &
  DryRunOptions &
  RollbackFlags & { readonly force: boolean }

/** `sluice db rollback`: to a tag or date, by count, one deployment, or chosen changesets. */
export async function dbRollback(context: CommandContext, options: DbRollbackFlags): Promise<number> {
  const target = rollbackTarget(options)
  return withChangelog(context, options, async ({ database, changelog }) => {
    const selection = selectionOf(options)
    const plan = await planRollback({ database, changelog, target, options: selection, signal: context.signal })
    showDiagnostics(context, plan, 'The rollback cannot be done whole; nothing was changed.')
    for (const { key, reason } of plan.left) context.printer.progress(`left as it is (${reason}): ${changesetName(key)}`)
    if (options.dryRun) {
      showPlan(context, plan)
      return exitCodes.ok
    }
    if (plan.isEmpty) {
      context.printer.result({ state: 'nothingToDo', rolledBack: [] }, () => 'There is nothing to roll back.')
      return exitCodes.ok
    }
    if (!options.force && plan.diagnostics.some(({ code }) => code === 'ROLLBACK_OUT_OF_ORDER')) {
      throw new AppError('failedPrecondition', 'ROLLBACK_OUT_OF_ORDER', 'Newer changesets would stay; nothing was changed.', {
        hint: 'If they do not depend on what is undone, repeat this with --force.',
      })
    }
    const write = { ...selection, ...(await newRun(options)) }
    const report = await withProgress(context, (onEvent) =>
      applyRollback({ database, changelog, plan, signal: context.signal, onEvent, options: write }),
    )
    const done = report.entries.filter((entry) => entry.state === 'done')
    if (report.state === 'succeeded' || context.printer.isJson) {
      context.printer.result(
        {
          state: report.state,
          rolledBack: done.map((entry) => ({ ...changesetJson(entry.changeset), durationMs: entry.durationMs })),
        },
        () =>
          [
            ...done.map((entry) => `rolled back  ${changesetName(entry.changeset)}  ${formatDuration(entry.durationMs)}`),
            `${countOf(done.length, 'changeset')} rolled back in ${formatDuration(report.durationMs)}.`,
          ].join('\n'),
      )
    }
    return finishReport(context, report, 'rolled back')
  })
}

/** What to undo, from the flags. Throws `ROLLBACK_TARGET_MISSING` unless exactly one of them is given. */
export function rollbackTarget(flags: RollbackFlags): RollbackTarget {
  const targets: RollbackTarget[] = []
  if (flags.toTag !== undefined)
    targets.push({ tag: flags.toTag, ...(flags.tagVersion === undefined ? {} : { tagVersion: flags.tagVersion }) })
  if (flags.count !== undefined) targets.push({ count: flags.count })
  if (flags.toDate !== undefined) targets.push({ toDate: flags.toDate })
  if (flags.changeset !== undefined) targets.push({ changesets: flags.changeset })
  if (flags.deployment !== undefined) targets.push({ deployment: flags.deployment === true ? undefined : flags.deployment })
  const [target] = targets
  if (target === undefined || targets.length > 1) {
    throw new AppError(
      'invalid',
      'ROLLBACK_TARGET_MISSING',
      target === undefined ? 'It is not said how far to roll back.' : 'It is said more than once how far to roll back.',
      { hint: 'Give one of --to-tag TAG, --count N, --to-date DATE, --deployment [ID] and --changeset NAME.' },
    )
  }
  return target
}
