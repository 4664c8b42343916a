import { openCatalogue } from '@sluice/databases'
import { planMigration } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { outputChangelog } from './changelog-output.ts'
import type { ChangelogOutputFlags } from './changelog-output.ts'
import { compare } from './diff.ts'
import type { DiffFlags } from './diff.ts'

export type DiffChangelogFlags = DiffFlags & ChangelogOutputFlags

/** `sluice db diff-changelog`: the changesets that make the target like its reference, added to a changelog. */
export async function dbDiffChangelog(context: CommandContext, options: DiffChangelogFlags): Promise<void> {
  const { reference, target, diff } = await compare(context, options)
  const catalogue = await openCatalogue(reference.product)
  await outputChangelog(context, planMigration({ reference, target, diff, catalogue }), options)
}
