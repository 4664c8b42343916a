import { renderSnapshot, serializeSnapshot } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import type { ConnectionOptions } from './db-options.ts'
import { refuseExisting, writeWhole } from './output-file.ts'
import { showNotCarried } from './changelog-output.ts'
import { readSnapshotOf } from './schema-source.ts'
import type { SchemaFlags } from './schema-source.ts'

export type SnapshotFlags = ConnectionOptions & SchemaFlags & { readonly output?: string; readonly overwrite: boolean }

/** `sluice db snapshot`: everything in the schemas, as text, or as JSON that can be compared later. */
export async function dbSnapshot(context: CommandContext, options: SnapshotFlags): Promise<void> {
  if (options.output !== undefined) await refuseExisting(options.output, options.overwrite)
  const snapshot = await readSnapshotOf(context, options, options)
  showNotCarried(context, snapshot)
  if (options.output === undefined) {
    context.printer.result(snapshot, () => renderSnapshot(snapshot))
    return
  }
  await writeWhole(options.output, serializeSnapshot(snapshot))
  const count = snapshot.objects.length
  context.printer.result(
    { file: options.output, objects: count },
    () => `Wrote ${String(count)} objects to ${String(options.output)}.`,
  )
}
