import { dropAll, objectName, planDropAll } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatDuration } from '../output/table.ts'
import { confirm } from '../prompt.ts'
import type { ConnectionOptions, DryRunOptions, WritingOptions } from './db-options.ts'
import { newRun, selectionOf, withTarget } from './open-target.ts'
import { countOf } from './report-text.ts'
import { listOf } from './schema-source.ts'

/** Objects shown by name before the rest is counted. */
const shownMax = 200

export type DropAllFlags = ConnectionOptions &
  WritingOptions &
  DryRunOptions & { readonly schemas?: string; readonly keepHistory: boolean; readonly yes: boolean }

/** `sluice db drop-all`: asks first, and refuses in scripts without `--yes`. */
export async function dbDropAll(context: CommandContext, flags: DropAllFlags): Promise<number> {
  return withTarget(context, flags, async (database) => {
    const options = { ...selectionOf(flags), schemas: listOf(flags.schemas), keepTracking: flags.keepHistory }
    const plan = await planDropAll({ database, options, signal: context.signal })
    const place = `${plan.schemas.length === 1 ? 'schema' : 'schemas'} ${plan.schemas.map((name) => `"${name}"`).join(', ')} of "${plan.database}"`
    const names = plan.objects.map((object) => ({ type: object.type, name: objectName(object) }))
    for (const { type, name } of plan.staying)
      context.printer.progress(`The ${type} "${name}" stays: drop-all does not know its kind.`)
    if (plan.isEmpty || flags.dryRun) {
      context.printer.result(
        { state: plan.isEmpty ? 'empty' : 'planned', objects: names, outsideDependents: plan.outsideDependents },
        () => {
          if (plan.isEmpty) return `There is nothing in ${place}.`
          const shown = names.slice(0, shownMax).map(({ type, name }) => `  ${type} ${name}`)
          const more = names.length > shownMax ? [`  … and ${String(names.length - shownMax)} more`] : []
          return [`${countOf(names.length, 'object')} would be dropped from ${place}:`, ...shown, ...more].join('\n')
        },
      )
      return exitCodes.ok
    }
    if (!flags.yes)
      await confirm(`All ${countOf(names.length, 'object')} in ${place} will be dropped, with their data.`, context.signal)
    const report = await dropAll({
      database,
      options: { ...options, ...(await newRun(flags)) },
      signal: context.signal,
      onProgress: (done, total) => {
        if (total > 100) context.printer.progress(`dropped ${String(done)} of ${String(total)}`)
      },
    })
    context.printer.result(
      { state: report.state, dropped: report.dropped, durationMs: report.durationMs },
      () => `Dropped ${countOf(report.dropped, 'object')} from ${place} in ${formatDuration(report.durationMs)}.`,
    )
    return exitCodes.ok
  })
}
