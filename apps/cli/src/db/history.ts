import { readHistory } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { formatTable } from '../output/table.ts'
import type { ConnectionOptions } from './db-options.ts'
import { selectionOf, withTarget } from './open-target.ts'

export async function dbHistory(context: CommandContext, options: ConnectionOptions & { limit?: number }): Promise<void> {
  await withTarget(context, options, async (database) => {
    const all = await readHistory({ database, options: selectionOf(options) })
    const rows = options.limit === undefined ? all : all.slice(-options.limit)
    context.printer.result(rows, () =>
      formatTable(
        ['ORDER', 'AT', 'TYPE', 'CHANGESET', 'TAG', 'DEPLOYMENT', 'BY'],
        rows.map((row) => [
          String(row.orderExecuted),
          row.dateExecuted,
          row.execType,
          `${row.path}::${row.id}::${row.author}`,
          row.tag ?? '-',
          row.deploymentId ?? '-',
          row.toolVersion ?? '-',
        ]),
        'The history is empty.',
      ),
    )
  })
}
