import { tagDatabase } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import type { ConnectionOptions } from './db-options.ts'
import { newRun, selectionOf, withTarget } from './open-target.ts'
import { changesetName, finishReport, showProgress } from './report-text.ts'

export async function dbTag(context: CommandContext, tag: string, options: ConnectionOptions): Promise<number> {
  return withTarget(context, options, async (database) => {
    const report = await tagDatabase({
      database,
      tag,
      signal: context.signal,
      onEvent: showProgress(context),
      options: { ...selectionOf(options), ...(await newRun()) },
    })
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
