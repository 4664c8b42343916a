import { previewSql, type PreviewInput } from '@sluice/engine'
import { cliVersion } from '../../version.ts'
import type { CommandHandler, RunContext } from '../run-context.ts'
import { checkPlan } from './failure.ts'
import { rollbackTarget } from './rollback.ts'
import { limitsOf } from './update.ts'

/** Every command whose name ends with -sql: the SQL to stdout, with the statements on history and lock. */
export const preview: CommandHandler = async (session) => {
  const { context, database, selection, place } = session
  const changelog = await session.readChangelog()
  await showPreview(context, place, { database, changelog, options: { ...selection, includeTracking: true } })
}

/** Prints the SQL that a command would run, of a database or of a product without one. */
export async function showPreview(context: RunContext, place: string, input: Omit<PreviewInput, 'what'>): Promise<void> {
  const what = whatOf(context)
  const shown = await previewSql({
    ...input,
    what,
    options: {
      ...input.options,
      ...(what.kind === 'rollback' ? {} : limitsOf(context)),
      toolVersion: `sluice ${cliVersion}`,
    },
  })
  checkPlan(context.output, shown)
  context.output.result(`${header(context, place)}${shown.sql}${shown.sql.endsWith('\n') ? '' : '\n'}`)
  if (shown.plan.isEmpty)
    context.output.message(
      what.kind === 'rollback' ? 'INFO: 0 changesets rolled back.' : 'Database is up to date, no changesets to execute',
    )
}

/** What a command whose name ends with -sql shows. */
export function whatOf(context: RunContext): PreviewInput['what'] {
  const { name } = context.command.spec
  if (name.startsWith('rollback')) return { kind: 'rollback', target: rollbackTarget(context) }
  if (name.startsWith('futureRollback')) return { kind: 'futureRollback' }
  return { kind: /^(?:changelogSync|markNext)/.test(name) ? 'sync' : 'update' }
}

const titles: Readonly<Record<string, string>> = {
  update: 'Update Database Script',
  rollback: 'Rollback Script',
  futureRollback: 'SQL to roll back currently unexecuted changes',
  sync: 'SQL to add changesets to the database history table',
}

function header(context: RunContext, place: string): string {
  const rule = `-- ${'*'.repeat(69)}\n`
  const lines = [
    titles[whatOf(context).kind] ?? '',
    `Change Log: ${context.settings.argument('changelogFile') ?? ''}`,
    `Ran at: ${new Date().toISOString()}`,
    `Against: ${place}`,
    `Sluice version: ${cliVersion}`,
  ].map((line) => `-- ${line.replaceAll(/[\r\n]/g, ' ')}\n`)
  return [rule, lines[0], rule, ...lines.slice(1), rule, '\n'].join('')
}
