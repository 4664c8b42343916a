import { AppError } from '@sluice/base'
import { previewSql } from '@sluice/engine'
import type { PreviewInput } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import type { ChangelogOptions, ConnectionOptions, LimitFlags } from './db-options.ts'
import { limitsOf, selectionOf } from './open-target.ts'
import { showDiagnostics } from './plan-text.ts'
import { withChangelog } from './read-changelog.ts'
import { changesetJson } from './report-text.ts'
import { rollbackTarget } from './rollback.ts'
import type { ChangesetKey } from '@sluice/engine'

export type PreviewFlags = ConnectionOptions &
  ChangelogOptions &
  LimitFlags & {
    readonly rollbackToTag?: string
    readonly rollbackCount?: number
    readonly rollbackToDate?: string
    readonly rollbackChangeset?: readonly ChangesetKey[]
    readonly rollbackDeployment?: string | true
    readonly futureRollback: boolean
    readonly sync: boolean
    readonly withHistory: boolean
  }

/** `sluice db preview`: the SQL of an apply, a rollback, a sync, or of undoing what is still pending. */
export async function dbPreview(context: CommandContext, options: PreviewFlags): Promise<void> {
  const what = whatToPreview(options)
  await withChangelog(context, options, async ({ database, changelog }) => {
    const preview = await previewSql({
      database,
      changelog,
      what,
      options: { ...selectionOf(options), ...limitsOf(options), includeTracking: options.withHistory },
    })
    showDiagnostics(context, preview, 'There is no SQL to show: the plan has errors.')
    context.printer.result(
      { sql: preview.sql, changesets: preview.plan.changesets.map((planned) => changesetJson(planned.key)) },
      () => preview.sql,
    )
  })
}

function whatToPreview(options: PreviewFlags): PreviewInput['what'] {
  const { rollbackToTag, rollbackCount, rollbackToDate, rollbackChangeset, rollbackDeployment } = options
  const flags = {
    ...(rollbackToTag === undefined ? {} : { toTag: rollbackToTag }),
    ...(rollbackCount === undefined ? {} : { count: rollbackCount }),
    ...(rollbackToDate === undefined ? {} : { toDate: rollbackToDate }),
    ...(rollbackChangeset === undefined ? {} : { changeset: rollbackChangeset }),
    ...(rollbackDeployment === undefined ? {} : { deployment: rollbackDeployment }),
  }
  const isRollback = Object.keys(flags).length > 0
  if (Number(isRollback) + Number(options.futureRollback) + Number(options.sync) > 1) {
    throw new AppError('invalid', 'PREVIEW_AMBIGUOUS', 'It is said more than once what to preview.', {
      hint: 'Give a --rollback-… option, --future-rollback, --sync, or none of them for an apply.',
    })
  }
  if (isRollback) return { kind: 'rollback', target: rollbackTarget(flags) }
  return { kind: options.futureRollback ? 'futureRollback' : options.sync ? 'sync' : 'update' }
}
