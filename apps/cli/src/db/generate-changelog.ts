import { planCreation, planData, snapshotDatabase } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { outputChangelog } from './changelog-output.ts'
import type { ChangelogOutputFlags } from './changelog-output.ts'
import type { ConnectionOptions } from './db-options.ts'
import { withTarget } from './open-target.ts'
import { refuseExisting } from './output-file.ts'
import { filterOf, snapshotOptionsOf } from './schema-source.ts'
import type { SchemaFlags } from './schema-source.ts'

export type GenerateChangelogFlags = ConnectionOptions &
  SchemaFlags &
  ChangelogOutputFlags & { readonly data: boolean; readonly dataOnly: boolean; readonly dataRows: number }

/** `sluice db generate-changelog`: a changelog that makes this schema in an empty database. */
export async function dbGenerateChangelog(context: CommandContext, options: GenerateChangelogFlags): Promise<void> {
  if (options.output !== undefined) await refuseExisting(options.output, options.overwrite)
  const filter = filterOf(options)
  const plan = await withTarget(context, options, async (database) => {
    const { signal } = context
    const snapshot = await snapshotDatabase({ database, options: snapshotOptionsOf(options, options), signal })
    const creation = planCreation(snapshot, filter)
    if (!options.data && !options.dataOnly) return creation
    const data = await planData({ database, snapshot, filter, rowsMax: options.dataRows, signal })
    if (options.dataOnly) return data
    // Rows go in before foreign keys, triggers and policies look at them, and after the tables.
    return { ...creation, steps: withRows(creation.steps, data.steps) }
  })
  await outputChangelog(context, plan, options)
}

/** Puts rows right before the first step that would look at them. */
export function withRows<T extends { readonly name: string }>(creation: readonly T[], rows: readonly T[]): readonly T[] {
  const first = creation.findIndex(({ name }) =>
    /^create-(?:foreign-key|materialized-view|trigger|rule|policy|event)-/.test(name),
  )
  const at = first === -1 ? creation.length : first
  const before = creation.slice(0, at)
  const lastTable = creation.findLastIndex(({ name }) => name.startsWith('create-table-') || name.startsWith('attach-table-'))
  if (lastTable >= at) return [...creation.slice(0, lastTable + 1), ...rows, ...creation.slice(lastTable + 1)]
  return [...before, ...rows, ...creation.slice(at)]
}
