import { AppError } from '@sluice/base'
import { applyPlan, hasPlanErrors, planUpdate, releaseStaleLock } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatDuration } from '../output/table.ts'
import type { ChangelogOptions, ConnectionOptions } from './db-options.ts'
import { newRun, selectionOf, withTarget } from './open-target.ts'
import { readChangelog } from './read-changelog.ts'
import { changesetName, finishReport, showProgress } from './report-text.ts'

export async function dbApply(
  context: CommandContext,
  options: ConnectionOptions & ChangelogOptions & { tag?: string; count?: number; toTag?: string; onPartial: 'stop' | 'resume' },
): Promise<number> {
  const changelog = readChangelog(context, options)
  return withTarget(context, options, async (database) => {
    const update = {
      ...selectionOf(options),
      onPartial: options.onPartial,
      ...(options.tag === undefined ? {} : { tag: options.tag }),
      ...(options.count === undefined ? {} : { count: options.count }),
      ...(options.toTag === undefined ? {} : { toTag: options.toTag }),
    }
    const plan = await planUpdate({ database, changelog, options: update, signal: context.signal })
    context.printer.diagnostics(plan.diagnostics)
    if (hasPlanErrors(plan))
      throw new AppError(
        'failedPrecondition',
        'PLAN_REFUSED',
        'The changelog does not fit the database’s history; nothing was changed.',
      )
    if (plan.isEmpty) {
      // Nothing else would free what a killed run left, and a Liquibase would wait for it for ever.
      const { released } = await releaseStaleLock({ database, options: update })
      if (released !== undefined)
        context.printer.progress(`Freed the lock of ${released.lockedBy ?? 'a killed run'}, whose session is gone.`)
      context.printer.result({ state: 'upToDate', applied: [], lastTag: plan.lastTag }, () => 'The database is up to date.')
      return exitCodes.ok
    }
    const report = await applyPlan({
      database,
      changelog,
      plan,
      signal: context.signal,
      onEvent: showProgress(context),
      options: { ...update, ...(await newRun()) },
    })
    const done = report.entries.filter((entry) => entry.state === 'done')
    const answer = {
      state: report.state,
      applied: done.map((entry) => ({ ...entry.changeset, durationMs: entry.durationMs })),
      preStartTag: report.preStartTag,
      tag: report.tag,
      deploymentId: report.deploymentId,
    }
    if (report.state === 'succeeded' || context.printer.isJson) {
      context.printer.result(answer, () =>
        [
          ...done.map(
            (entry) => `${entry.result ?? 'done'}  ${changesetName(entry.changeset)}  ${formatDuration(entry.durationMs)}`,
          ),
          `${String(done.length)} changesets applied in ${formatDuration(report.durationMs)}.${report.tag === null ? '' : ` Tagged "${report.tag}".`}`,
        ].join('\n'),
      )
    }
    return finishReport(context, report, 'applied')
  })
}
