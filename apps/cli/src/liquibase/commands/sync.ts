import { applySync, planSync } from '@sluice/engine'
import type { CommandHandler } from '../run-context.ts'
import { checkPlan, checkReport } from './failure.ts'
import { limitsOf } from './update.ts'

/** changelog-sync, changelog-sync-to-tag, mark-next-changeset-ran. */
export const sync: CommandHandler = async ({ context, database, selection, write, onEvent, readChangelog }) => {
  const { output, signal } = context
  const changelog = await readChangelog()
  const options = { ...selection, ...limitsOf(context) }
  const plan = await planSync({ database, changelog, options, signal })
  checkPlan(output, plan)
  if (!plan.isEmpty)
    checkReport(await applySync({ database, changelog, plan, signal, onEvent, options: { ...options, ...write } }))
}
