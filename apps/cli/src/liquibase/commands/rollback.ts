import { AppError } from '@sluice/base'
import { applyRollback, planRollback, type RollbackTarget } from '@sluice/engine'
import type { CommandHandler, RunContext } from '../run-context.ts'
import { changesetName, checkPlan, checkReport } from './failure.ts'
import { changesetOf, countOf, requireForce } from './update.ts'

/** rollback, rollback-count, rollback-to-date, rollback-one-changeset, rollback-one-update. */
export const rollback: CommandHandler = async ({ context, database, selection, write, onEvent, readChangelog }) => {
  const { output, signal } = context
  const target = rollbackTarget(context)
  if ('changesets' in target || 'deployment' in target) requireForce(context)
  const changelog = await readChangelog()
  const plan = await planRollback({ database, changelog, target, options: selection, signal })
  checkPlan(output, plan)
  for (const { key, reason } of plan.left) output.message(`Left as it is (${reason}): ${changesetName(key)}`)
  if (plan.isEmpty) {
    output.message('INFO: 0 changesets rolled back.')
    return
  }
  checkReport(await applyRollback({ database, changelog, plan, signal, onEvent, options: { ...selection, ...write } }))
}

/** Which rows of the history the command undoes. Throws `SETTING_INVALID`. */
export function rollbackTarget({ settings, command }: RunContext): RollbackTarget {
  const { name } = command.spec
  if (name.startsWith('rollbackCount')) return { count: countOf(settings.argument('count')) }
  if (name.startsWith('rollbackToDate')) return { toDate: dateOf(settings.argument('date') ?? '') }
  if (name.startsWith('rollbackOneChangeset')) return { changesets: [changesetOf(settings)] }
  if (name.startsWith('rollbackOneUpdate')) return { deployment: settings.argument('deploymentId') }
  return { tag: settings.argument('tag') ?? '', tagVersion: tagVersionOf(settings.argument('tagVersion')) }
}

/**
 * `2026-03-01`, or with a time. Liquibase takes the 13th month for a year later and rolls everything back; here a date that does not
 * exist is an error.
 */
function dateOf(text: string): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/.exec(text.trim())
  const parsed =
    match === null ? Number.NaN : Date.parse(`${text.trim().replace(' ', 'T')}${match[4] === undefined ? 'T00:00:00' : ''}Z`)
  if (match !== null && !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(`${match[1]}-${match[2]}-${match[3]}`))
    return text.trim()
  throw new AppError('invalid', 'SETTING_INVALID', 'The date cannot be read, or does not exist.', {
    hint: 'Write it like 2026-03-01 or 2026-03-01T12:30:00.',
  })
}

function tagVersionOf(text: string | undefined): 'newest' | 'oldest' {
  const wanted = (text ?? 'oldest').toLowerCase()
  if (wanted === 'newest' || wanted === 'oldest') return wanted
  throw new AppError('invalid', 'SETTING_INVALID', `tag-version is "${wanted}".`, { hint: 'Use OLDEST or NEWEST.' })
}
