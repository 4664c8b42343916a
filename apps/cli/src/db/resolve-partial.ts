import { AppError } from '@sluice/base'
import { type ChangesetKey, listPartials, normalizeChangesetKey, type PartialOutcome, settlePartial } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import type { ChangelogOptions, ConnectionOptions, DryRunOptions, WritingOptions } from './db-options.ts'
import { newRun, selectionOf } from './open-target.ts'
import { withChangelog } from './read-changelog.ts'
import { changesetName } from './report-text.ts'
import { withProgress } from './show-progress.ts'

export type ResolvePartialFlags = ConnectionOptions &
  ChangelogOptions &
  WritingOptions &
  DryRunOptions & { readonly changeset: ChangesetKey; readonly as: PartialOutcome }

const answers = {
  written: 'It is recorded as done.',
  removed: 'Its row is gone from the history.',
  unchanged: 'The history stays as it is.',
} as const

/** `sluice db resolve-partial`: a person says what became of a changeset that an interrupted run left half-done. */
export async function dbResolvePartial(context: CommandContext, options: ResolvePartialFlags): Promise<number> {
  return withChangelog(context, options, async ({ database, changelog }) => {
    const { changeset, as } = options
    const name = changesetName(changeset)
    const tracking = selectionOf(options)
    const found = (await listPartials({ database, options: tracking })).findLast(
      (one) => normalizeChangesetKey(one.changeset) === normalizeChangesetKey(changeset),
    )
    if (found === undefined)
      throw new AppError(
        'notFound',
        'PARTIAL_NOT_FOUND',
        `The changeset "${name}" was not interrupted: nothing has to be settled.`,
        {
          hint: '`sluice db status` lists the changesets of which only a part ran.',
        },
      )
    const what = found.direction === 'apply' ? 'apply' : 'rollback'
    const state = `${String(found.done)} of ${String(found.statements)} statements of its ${what} ran (${found.since})`
    if (options.dryRun) {
      context.printer.result(
        {
          dryRun: true,
          changeset: found.changeset,
          direction: found.direction,
          done: found.done,
          statements: found.statements,
          as,
        },
        () => `${name}: ${state}. It would count as ${as}; nothing was changed.`,
      )
      return exitCodes.ok
    }
    const write = { ...tracking, ...(await newRun(options)) }
    const settled = await withProgress(context, (onEvent) =>
      settlePartial({ database, changelog, changeset, as, signal: context.signal, onEvent, options: write }),
    )
    context.printer.result(
      { changeset: settled.partial.changeset, direction: settled.partial.direction, as, history: settled.history },
      () => `${name}: ${state}. It counts as ${as} now. ${answers[settled.history]}`,
    )
    return exitCodes.ok
  })
}
