import { applyPlan, planUpdate, releaseStaleLock } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatDuration } from '../output/table.ts'
import type { ChangelogOptions, ConnectionOptions, DryRunOptions, LimitFlags, WritingOptions } from './db-options.ts'
import { limitsOf, newRun, selectionOf } from './open-target.ts'
import { showDiagnostics, showPlan } from './plan-text.ts'
import { withChangelog } from './read-changelog.ts'
import { changesetJson, changesetName, countOf, finishReport } from './report-text.ts'
import { withProgress } from './show-progress.ts'

export type ApplyFlags = ConnectionOptions &
  ChangelogOptions &
  WritingOptions &
  DryRunOptions &
  LimitFlags & { readonly tag?: string; readonly onPartial: 'stop' | 'resume' }

/** `sluice db apply`: Liquibase's update, update-count, update-to-tag and update-one-changeset. */
export async function dbApply(context: CommandContext, options: ApplyFlags): Promise<number> {
  return withChangelog(context, options, async ({ database, changelog }) => {
    const update = {
      ...selectionOf(options),
      ...limitsOf(options),
      onPartial: options.onPartial,
      ...(options.tag === undefined ? {} : { tag: options.tag }),
    }
    const plan = await planUpdate({ database, changelog, options: update, signal: context.signal })
    showDiagnostics(context, plan, 'This cannot run as it is; nothing was changed.')
    if (options.dryRun) {
      showPlan(context, plan)
      return exitCodes.ok
    }
    if (plan.isEmpty) {
      // Nothing else would free what a killed run left, and a Liquibase would wait for it for ever.
      const { released } = await releaseStaleLock({ database, options: update })
      if (released !== undefined)
        context.printer.progress(`Freed the lock of ${released.lockedBy ?? 'a killed run'}, whose session is gone.`)
      context.printer.result({ state: 'upToDate', applied: [], lastTag: plan.lastTag }, () => 'The database is up to date.')
      return exitCodes.ok
    }
    const write = { ...update, ...(await newRun(options)) }
    const report = await withProgress(context, (onEvent) =>
      applyPlan({ database, changelog, plan, signal: context.signal, onEvent, options: write }),
    )
    const done = report.entries.filter((entry) => entry.state === 'done')
    const answer = {
      state: report.state,
      applied: done.map((entry) => ({
        ...changesetJson(entry.changeset),
        result: entry.result,
        rows: entry.rows,
        durationMs: entry.durationMs,
      })),
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
          `${countOf(done.length, 'changeset')} applied in ${formatDuration(report.durationMs)}.${report.tag === null ? '' : ` Tagged "${report.tag}".`}`,
        ].join('\n'),
      )
    }
    return finishReport(context, report, 'applied')
  })
}
