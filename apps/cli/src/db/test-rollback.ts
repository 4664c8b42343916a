import { planTestRollback, testRollback } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatDuration } from '../output/table.ts'
import { confirm } from '../prompt.ts'
import type { ChangelogOptions, ConnectionOptions, DryRunOptions, LimitFlags, WritingOptions } from './db-options.ts'
import { limitsOf, newRun, selectionOf } from './open-target.ts'
import { showDiagnostics, showPlan } from './plan-text.ts'
import { withChangelog } from './read-changelog.ts'
import { changesetJson, countOf, finishReport } from './report-text.ts'
import { withProgress } from './show-progress.ts'

export type TestRollbackFlags = ConnectionOptions &
  ChangelogOptions &
  WritingOptions &
  DryRunOptions &
  LimitFlags & { readonly yes: boolean }

const phaseNames = { update: 'update', rollback: 'rollback', updateAgain: 'second update' } as const

/** `sluice db test-rollback`: Liquibase's update-testing-rollback. */
export async function dbTestRollback(context: CommandContext, options: TestRollbackFlags): Promise<number> {
  return withChangelog(context, options, async ({ database, changelog }) => {
    const wanted = { ...selectionOf(options), ...limitsOf(options) }
    const plan = await planTestRollback({ database, changelog, options: wanted, signal: context.signal })
    showDiagnostics(context, plan, 'The rollback cannot be tested; nothing was changed.')
    if (options.dryRun) {
      showPlan(context, plan.update)
      return exitCodes.ok
    }
    if (plan.isEmpty) {
      context.printer.result({ state: 'upToDate', tested: [] }, () => 'Nothing is pending, so there is nothing to test.')
      return exitCodes.ok
    }
    const many = countOf(plan.update.changesets.length, 'changeset')
    if (!options.yes) await confirm(`${many} will be applied, undone and applied again on this database.`, context.signal)
    const write = { ...wanted, ...(await newRun(options)) }
    const report = await withProgress(context, (onEvent) =>
      testRollback({ database, changelog, plan, signal: context.signal, onEvent, options: write }),
    )
    const { failedPhase } = report
    const tested = report.rollback?.entries.filter((entry) => entry.state === 'done') ?? []
    if (report.state === 'succeeded' || context.printer.isJson) {
      context.printer.result(
        {
          state: report.state,
          failedPhase: failedPhase ?? null,
          tested: tested.map((entry) => ({ ...changesetJson(entry.changeset), rollbackMs: entry.durationMs })),
        },
        () =>
          `${countOf(tested.length, 'changeset')} applied, rolled back and applied again in ${formatDuration(report.durationMs)}.`,
      )
    }
    if (failedPhase !== undefined)
      context.printer.progress(`The ${phaseNames[failedPhase]} failed. What was done up to then stays as it is.`)
    return finishReport(context, failedPhase === undefined ? report : (report[failedPhase] ?? report), 'done')
  })
}
