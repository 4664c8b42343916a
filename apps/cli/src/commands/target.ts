import { operationEndpoints } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { formatAge, formatTable } from '../output/table.ts'

/** `sluice target list`: which database is free, busy or blocked, and by what. */
export async function listTargets(context: CommandContext, options: { readonly state?: string }): Promise<void> {
  const page = await context.client().call(operationEndpoints.targets, {
    query: { limit: 500, ...(options.state === undefined ? {} : { state: options.state as 'free' }) },
    signal: context.signal,
  })
  const now = Date.now()
  context.printer.result(page.items, () => {
    const table = formatTable(
      ['TARGET', 'STATE', 'INSTANCES', 'HELD BY', 'SINCE'],
      page.items.map((target) => [
        target.targetKey,
        target.state,
        target.dbInstances.map((instance) => instance.identifier).join(', '),
        target.holder === undefined ? '-' : `${target.holder.executionId} ${target.holder.stepPath} (${target.holder.stepState})`,
        target.holder === undefined ? '-' : formatAge(target.holder.since, now),
      ]),
      'No target is known yet: targets appear with the first DB instance.',
    )
    const hints = page.items.flatMap((target) => (target.hint === undefined ? [] : [`${target.targetKey}: ${target.hint}`]))
    return [table, ...hints].join('\n')
  })
}
