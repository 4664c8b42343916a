import { calculateChecksum, clearChecksums, planClearChecksums, readStatus, validateChangelog } from '@sluice/engine'
import type { ChangesetKey } from '@sluice/engine'
import { hasErrors } from '@sluice/base'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import type { ChangelogOptions, ConnectionOptions, DryRunOptions, WritingOptions } from './db-options.ts'
import { newRun, selectionOf, withTarget } from './open-target.ts'
import { withChangelog, type Target } from './read-changelog.ts'
import { changesetJson, changesetName, countOf, finishReport } from './report-text.ts'
import { withProgress } from './show-progress.ts'

/** `sluice db validate`: every problem of the changelog and of what ran; exit code 3 where there is an error. */
export async function dbValidate(context: CommandContext, options: ConnectionOptions & ChangelogOptions): Promise<number> {
  const findProblems = ({ database, changelog }: Target) =>
    validateChangelog({ database, changelog, options: selectionOf(options) })
  const show = async (target: Target): Promise<number> => {
    const { changelog } = target
    const diagnostics = await findProblems(target)
    context.printer.diagnostics(diagnostics)
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length
    context.printer.result({ valid: errors === 0, diagnostics }, () =>
      errors === 0
        ? `No problem found in ${countOf(changelog.changesets.length, 'changeset')} of ${countOf(changelog.files.length, 'file')}.`
        : `${countOf(errors, 'problem')} found.`,
    )
    return hasErrors(diagnostics) ? exitCodes.checksFailed : exitCodes.ok
  }
  return withChangelog(context, options, show, findProblems)
}

/** `sluice db unexpected`: rows of the history that the changelog does not have. */
export async function dbUnexpected(
  context: CommandContext,
  options: ConnectionOptions & ChangelogOptions & { readonly exitCode: boolean },
): Promise<number> {
  return withChangelog(context, options, async ({ database, changelog }) => {
    const { unexpected } = await readStatus({ database, changelog, options: selectionOf(options), signal: context.signal })
    context.printer.result({ unexpected: unexpected.map(changesetJson) }, () =>
      unexpected.length === 0
        ? 'The changelog has every changeset of the history.'
        : [
            `${countOf(unexpected.length, 'changeset')} of the history ${unexpected.length === 1 ? 'is' : 'are'} not in the changelog:`,
            ...unexpected.map((key) => `  ${changesetName(key)}`),
          ].join('\n'),
    )
    return options.exitCode && unexpected.length > 0 ? exitCodes.checksFailed : exitCodes.ok
  })
}

/** `sluice db clear-checksums`: the next apply takes the changelog of that day for what ran. */
export async function dbClearChecksums(
  context: CommandContext,
  options: ConnectionOptions & WritingOptions & DryRunOptions,
): Promise<number> {
  return withTarget(context, options, async (database) => {
    if (options.dryRun) {
      const { rows, digest } = await planClearChecksums({ database, options: selectionOf(options) })
      const text = `${countOf(rows, 'row')} would lose ${rows === 1 ? 'its' : 'their'} checksum; nothing was changed.`
      context.printer.result({ dryRun: true, rows, digest }, () => text)
      return exitCodes.ok
    }
    const write = { ...selectionOf(options), ...(await newRun(options)) }
    const report = await withProgress(context, (onEvent) =>
      clearChecksums({ database, signal: context.signal, onEvent, options: write }),
    )
    if (report.state === 'succeeded')
      context.printer.result({ state: report.state, rows: report.rows }, () =>
        report.rows === 0 ? 'There is no checksum to clear.' : `The checksums of ${countOf(report.rows, 'row')} are cleared.`,
      )
    return finishReport(context, report, 'cleared')
  })
}

/** `sluice db checksum`: of one changeset, and what the history has. */
export async function dbChecksum(
  context: CommandContext,
  changeset: ChangesetKey,
  options: ConnectionOptions & ChangelogOptions,
): Promise<void> {
  await withChangelog(context, options, async ({ database, changelog }) => {
    const found = await calculateChecksum({ database, changelog, changeset, options: selectionOf(options) })
    context.printer.result({ ...found, stored: found.stored ?? null, isApplied: found.stored !== undefined }, () => {
      const stored = found.stored === undefined ? 'not applied' : found.stored === null ? 'none' : found.stored
      return `${found.checksum}  ${changesetName(found.changeset)}\n${stored}  in the history`
    })
  })
}
