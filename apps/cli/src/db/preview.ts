import { AppError, hasErrors } from '@sluice/base'
import { previewSql } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import type { ChangelogOptions, ConnectionOptions } from './db-options.ts'
import { selectionOf, withTarget } from './open-target.ts'
import { readChangelog } from './read-changelog.ts'

export async function dbPreview(
  context: CommandContext,
  options: ConnectionOptions & ChangelogOptions & { rollbackToTag?: string; rollbackCount?: number; withHistory: boolean },
): Promise<void> {
  const changelog = readChangelog(context, options)
  const target =
    options.rollbackToTag !== undefined
      ? { tag: options.rollbackToTag }
      : options.rollbackCount !== undefined
        ? { count: options.rollbackCount }
        : undefined
  await withTarget(context, options, async (database) => {
    const preview = await previewSql({
      database,
      changelog,
      what: target === undefined ? { kind: 'update' } : { kind: 'rollback', target },
      options: { ...selectionOf(options), includeTracking: options.withHistory },
    })
    context.printer.diagnostics(preview.diagnostics)
    if (hasErrors(preview.diagnostics))
      throw new AppError('failedPrecondition', 'PLAN_REFUSED', 'There is no SQL to show: the plan has errors.')
    context.printer.result(
      { sql: preview.sql, changesets: preview.plan.changesets.map((planned) => planned.key) },
      () => preview.sql,
    )
  })
}
