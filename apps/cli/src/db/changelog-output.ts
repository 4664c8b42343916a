import { userInfo } from 'node:os'
import { AppError, hasErrors } from '@sluice/base'
import { changelogFormats, formatOfFile, writeChangelog } from '@sluice/engine'
import type { ChangelogPlan, Snapshot, WrittenFormat } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { readIfThere, writeWhole } from './output-file.ts'
import { countOf } from './report-text.ts'

export interface ChangelogOutputFlags {
  readonly output?: string
  readonly format?: WrittenFormat
  readonly author?: string
  readonly overwrite: boolean
}

/** Writes a plan's changesets to a file (added to what is there, unless it is replaced) or to stdout. */
export async function outputChangelog(context: CommandContext, plan: ChangelogPlan, flags: ChangelogOutputFlags): Promise<void> {
  const { output } = flags
  const format = flags.format ?? (output === undefined ? 'sql' : formatOfFile(output))
  if (format === undefined) {
    throw new AppError(
      'invalid',
      'CHANGELOG_FORMAT_UNKNOWN',
      `The name "${String(output)}" does not say in which format to write.`,
      {
        hint: `End it with ${changelogFormats.map((name) => `.${name}`).join(', ')}, or give --format.`,
      },
    )
  }
  const existing = output === undefined || flags.overwrite ? undefined : await readIfThere(output)
  const written = writeChangelog(plan, {
    format,
    author: flags.author ?? userInfo().username,
    existing,
    ...(output === undefined ? {} : { file: output }),
  })
  context.printer.diagnostics(written.diagnostics)
  if (hasErrors(written.diagnostics)) {
    throw new AppError(
      'failedPrecondition',
      'CHANGELOG_NOT_CARRIED',
      'The changelog cannot be written in this format; nothing was written.',
    )
  }
  const changesets = written.changesets.map(({ id, author, step }) => ({ id, author, losesData: step.losesData ?? null }))
  if (output === undefined) {
    context.printer.result({ changesets, text: written.text }, () => written.text)
    return
  }
  if (changesets.length > 0 || existing === undefined) await writeWhole(output, written.text)
  context.printer.result({ file: output, changesets }, () => {
    if (changesets.length === 0) return `Nothing to add to ${output}.`
    return `${existing === undefined ? 'Wrote' : 'Added'} ${countOf(changesets.length, 'changeset')} to ${output}.`
  })
}

/** Says what a snapshot could not carry. */
export function showNotCarried(context: CommandContext, { uncarried }: Snapshot): void {
  for (const { type, name } of uncarried) context.printer.progress(`warning: the ${type} "${name}" is not carried by snapshots.`)
}
