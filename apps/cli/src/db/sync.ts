import { AppError } from '@sluice/base'
import { applySync, planSync } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatDuration } from '../output/table.ts'
import type { ChangelogOptions, ConnectionOptions, DryRunOptions, LimitFlags, WritingOptions } from './db-options.ts'
import { limitsOf, newRun, selectionOf } from './open-target.ts'
import { showDiagnostics } from './plan-text.ts'
import { withChangelog } from './read-changelog.ts'
import { changesetJson, changesetName, countOf, finishReport } from './report-text.ts'
import { withProgress } from './show-progress.ts'

export type SyncFlags = ConnectionOptions &
  ChangelogOptions &
  WritingOptions &
  DryRunOptions &
  LimitFlags & { readonly next: boolean }

/** `sluice db sync`: Liquibase's changelog-sync, changelog-sync-to-tag and mark-next-changeset-ran. */
export async function dbSync(context: CommandContext, options: SyncFlags): Promise<number> {
  if (options.next && (options.count !== undefined || options.toTag !== undefined || options.changeset !== undefined))
    throw new AppError('invalid', 'SYNC_AMBIGUOUS', '--next says how far already.', { hint: 'Leave out the other limit.' })
  return withChangelog(context, options, async ({ database, changelog }) => {
    const wanted = { ...selectionOf(options), ...limitsOf(options), ...(options.next ? { count: 1 } : {}) }
    const plan = await planSync({ database, changelog, options: wanted, signal: context.signal })
    showDiagnostics(context, plan, 'This cannot run as it is; nothing was changed.')
    if (options.dryRun) {
      context.printer.result(
        { dryRun: true, digest: plan.digest, changesets: plan.changesets.map(({ key }) => changesetJson(key)) },
        () =>
          [
            ...plan.changesets.map(({ key }) => changesetName(key)),
            `${countOf(plan.changesets.length, 'changeset')} would be recorded without running; nothing was changed.`,
          ].join('\n'),
      )
      return exitCodes.ok
    }
    const write = { ...wanted, ...(await newRun(options)) }
    const report = await withProgress(context, (onEvent) =>
      applySync({ database, changelog, plan, signal: context.signal, onEvent, options: write }),
    )
    const done = report.entries.filter((entry) => entry.result === 'synced')
    if (report.state === 'succeeded' || context.printer.isJson) {
      context.printer.result(
        { state: report.state, synced: done.map((entry) => changesetJson(entry.changeset)), deploymentId: report.deploymentId },
        () =>
          done.length === 0
            ? 'There is nothing to record.'
            : [
                ...done.map((entry) => `recorded  ${changesetName(entry.changeset)}`),
                `${countOf(done.length, 'changeset')} recorded without running in ${formatDuration(report.durationMs)}.`,
              ].join('\n'),
      )
    }
    return finishReport(context, report, 'recorded')
  })
}
