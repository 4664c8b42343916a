import { hasErrors } from '@sluice/base'
import { readStatus } from '@sluice/engine'
import type { SkipReason } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import type { ChangelogOptions, ConnectionOptions } from './db-options.ts'
import { selectionOf } from './open-target.ts'
import { withChangelog } from './read-changelog.ts'
import { changesetName, countOf } from './report-text.ts'

const skipWords: Readonly<Record<SkipReason, string>> = {
  alreadyRan: 'it ran',
  context: 'its contexts are not chosen',
  labels: 'its labels are not chosen',
  dbms: 'it is for another database',
  ignored: 'it says ignore',
  limit: 'it comes after the limit',
  notSelected: 'it is not chosen',
}

/** Changesets shown by name before the rest is counted. */
const shownMax = 100

export type StatusFlags = ConnectionOptions & ChangelogOptions & { readonly exitCode: boolean; readonly verbose: boolean }

/** `sluice db status`: what is pending, half done or unexpected; with `verbose` also what is left out, and why. */
export async function dbStatus(context: CommandContext, options: StatusFlags): Promise<number> {
  return withChangelog(context, options, async ({ database, changelog }) => {
    const status = await readStatus({ database, changelog, options: selectionOf(options), signal: context.signal })
    context.printer.diagnostics(status.diagnostics)
    context.printer.result(status, () => {
      const lines = [
        status.isUpToDate
          ? `The database is up to date: ${countOf(status.applied, 'changeset')} applied.`
          : `${countOf(status.pending.length, 'changeset is', 'changesets are')} pending, ${String(status.applied)} applied.`,
      ]
      const shown = options.verbose ? Infinity : shownMax
      lines.push(...status.pending.slice(0, shown).map((key) => `  pending     ${changesetName(key)}`))
      if (status.pending.length > shown) lines.push(`  … and ${String(status.pending.length - shown)} more (--verbose shows all)`)
      const leftOut = status.skipped.filter(({ reason }) => options.verbose && reason !== 'alreadyRan')
      lines.push(...leftOut.map(({ key, reason }) => `  left out    ${changesetName(key)} (${skipWords[reason]})`))
      lines.push(
        ...status.unexpected
          .slice(0, shown)
          .map((key) => `  unexpected  ${changesetName(key)} (in the history, not in the changelog)`),
      )
      for (const partial of status.partial)
        lines.push(
          `  partial     ${changesetName(partial.changeset)}: ${String(partial.done)} of ${String(partial.statements)} statements ran`,
        )
      if (status.lastTag !== null) lines.push(`Last tag: ${status.lastTag}`)
      return lines.join('\n')
    })
    if (hasErrors(status.diagnostics)) return exitCodes.checksFailed
    return options.exitCode && !status.isUpToDate ? exitCodes.checksFailed : exitCodes.ok
  })
}
