import { hasErrors } from '@sluice/base'
import { readStatus } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import type { ChangelogOptions, ConnectionOptions } from './db-options.ts'
import { selectionOf, withTarget } from './open-target.ts'
import { readChangelog } from './read-changelog.ts'
import { changesetName } from './report-text.ts'

/** Changesets shown by name before the rest is counted. */
const shownMax = 100

export async function dbStatus(
  context: CommandContext,
  options: ConnectionOptions & ChangelogOptions & { exitCode: boolean },
): Promise<number> {
  const changelog = readChangelog(context, options)
  return withTarget(context, options, async (database) => {
    const status = await readStatus({ database, changelog, options: selectionOf(options), signal: context.signal })
    context.printer.diagnostics(status.diagnostics)
    context.printer.result(status, () => {
      const lines = [
        status.isUpToDate
          ? `The database is up to date: ${String(status.applied)} changesets applied.`
          : `${String(status.pending.length)} changesets are pending, ${String(status.applied)} applied.`,
      ]
      lines.push(...status.pending.slice(0, shownMax).map((key) => `  pending     ${changesetName(key)}`))
      if (status.pending.length > shownMax) lines.push(`  … and ${String(status.pending.length - shownMax)} more`)
      lines.push(
        ...status.unexpected
          .slice(0, shownMax)
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
