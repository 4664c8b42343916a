import { findTaggedRow, tagDatabase } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import type { ConnectionOptions, WritingOptions } from './db-options.ts'
import { newRun, selectionOf, withTarget } from './open-target.ts'
import { changesetJson, changesetName, finishReport } from './report-text.ts'
import { withProgress } from './show-progress.ts'

/** `sluice db tag`: a tag on the newest row. */
export async function dbTag(context: CommandContext, tag: string, options: ConnectionOptions & WritingOptions): Promise<number> {
  return withTarget(context, options, async (database) => {
    const write = { ...selectionOf(options), ...(await newRun(options)) }
    const report = await withProgress(context, (onEvent) =>
      tagDatabase({ database, tag, signal: context.signal, onEvent, options: write }),
    )
    if (report.state === 'succeeded') {
      context.printer.result(
        { tag, changeset: report.changeset, replacedTag: report.replacedTag },
        () =>
          `Tag "${tag}" is on ${report.changeset === undefined ? 'the last row' : changesetName(report.changeset)}.${report.replacedTag === null ? '' : ` It replaced "${report.replacedTag}".`}`,
      )
    }
    return finishReport(context, report, 'tagged')
  })
}

/** `sluice db tag-exists`: exit code 0 where a row carries the tag, 3 where none does. */
export async function dbTagExists(context: CommandContext, tag: string, options: ConnectionOptions): Promise<number> {
  return withTarget(context, options, async (database) => {
    const row = await findTaggedRow({ database, tag, options: selectionOf(options) })
    context.printer.result(
      { exists: row !== undefined, tag: row?.tag ?? null, changeset: row === undefined ? null : changesetJson(row) },
      () =>
        row === undefined
          ? `No row of the history carries the tag "${tag}".`
          : `The tag "${row.tag ?? tag}" is on ${changesetName(row)}, of ${row.dateExecuted}.`,
    )
    return row === undefined ? exitCodes.checksFailed : exitCodes.ok
  })
}
