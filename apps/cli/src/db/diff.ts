import { diffSnapshots, renderDiff, summarizeDiff } from '@sluice/engine'
import type { Snapshot, SnapshotDiff } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { showNotCarried } from './changelog-output.ts'
import type { ConnectionOptions } from './db-options.ts'
import { filterOf, readSnapshotOf, referenceConnection, referenceContext } from './schema-source.ts'
import type { ReferenceFlags, SchemaFlags } from './schema-source.ts'

export type DiffFlags = ConnectionOptions & SchemaFlags & ReferenceFlags

/** Both sides, and how the target differs from its reference. */
export interface Comparison {
  readonly reference: Snapshot
  readonly target: Snapshot
  readonly diff: SnapshotDiff
}

export async function compare(context: CommandContext, options: DiffFlags): Promise<Comparison> {
  const filter = filterOf(options)
  const reference = await readSnapshotOf(referenceContext(context), referenceConnection(context, options), options)
  const target = await readSnapshotOf(context, options, options)
  return { reference, target, diff: diffSnapshots(reference, target, filter) }
}

/** `sluice db diff`: exits with 3 when there are differences. */
export async function dbDiff(context: CommandContext, options: DiffFlags): Promise<number> {
  const { reference, target, diff } = await compare(context, options)
  showNotCarried(context, reference)
  showNotCarried(context, target)
  context.printer.result(summarizeDiff(diff), () => renderDiff(diff))
  return diff.isEmpty ? exitCodes.ok : exitCodes.checksFailed
}
