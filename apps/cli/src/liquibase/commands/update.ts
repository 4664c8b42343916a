import { AppError } from '@sluice/base'
import type { Changelog } from '@sluice/changelog'
import {
  applyPlan,
  hasPlanErrors,
  planTestRollback,
  planUpdate,
  releaseStaleLock,
  testRollback,
  type ApplyReport,
  type ChangesetKey,
  type LimitOptions,
  type UpdatePlan,
} from '@sluice/engine'
import type { CommandHandler, RunContext, Session } from '../run-context.ts'
import { checkPlan, checkReport } from './failure.ts'
import { renderSummary } from './update-summary.ts'

/** update, update-count, update-to-tag, update-one-changeset. */
export const update: CommandHandler = async (session) => {
  const { context, database, selection, write, onEvent } = session
  const { output, settings, signal } = context
  if (settings.isTrue('rollbackOnError'))
    throw new AppError('invalid', 'SETTING_UNSUPPORTED', '--rollback-on-error is part of Liquibase Pro.', {
      hint: 'A changeset that fails is rolled back anyway where the database can; earlier ones stay. Roll back to a tag if they must not.',
    })
  const limits = limitsOf(context)
  if (limits.only !== undefined) requireForce(context)
  const changelog = await session.readChangelog()
  const options = { ...selection, ...limits }
  const plan = await planUpdate({ database, changelog, options, signal })
  checkPlan(output, plan)
  if (plan.isEmpty) {
    // Nothing else would free what a killed run left, and a Liquibase would wait for it for ever.
    await releaseStaleLock({ database, options: selection })
    output.message('Database is up to date, no changesets to execute')
    showSummary(session, changelog, plan, undefined)
    return
  }
  const report = await applyPlan({ database, changelog, plan, signal, onEvent, options: { ...options, ...write } })
  showSummary(session, changelog, plan, report)
  checkReport(report)
  sayDone(session, report)
}

/** update-testing-rollback. */
export const updateTestingRollback: CommandHandler = async (session) => {
  const { context, database, selection, write, onEvent } = session
  const { output, signal } = context
  const changelog = await session.readChangelog()
  const plan = await planTestRollback({ database, changelog, options: selection, signal })
  checkPlan(output, plan)
  if (plan.isEmpty) {
    output.message('Database is up to date, no changesets to execute')
    showSummary(session, changelog, plan.update, undefined)
    return
  }
  const report = await testRollback({ database, changelog, plan, signal, onEvent, options: { ...selection, ...write } })
  for (const part of [report.update, report.updateAgain]) {
    if (part === undefined) continue
    showSummary(session, changelog, plan.update, part)
    if (part.state === 'succeeded') sayDone(session, part)
  }
  checkReport(report)
}

/** How far through the changelog the command goes. Throws `SETTING_INVALID` for a count below 0. */
export function limitsOf({ settings, command }: RunContext): LimitOptions {
  const { name } = command.spec
  if (/^updateCount|^futureRollbackCount/.test(name)) return { count: countOf(settings.argument('count')) }
  if (/ToTag|FromTag/.test(name)) return { toTag: settings.argument('tag') }
  if (name.startsWith('markNextChangesetRan')) return { count: 1 }
  return name.startsWith('updateOneChangeset') ? { only: [changesetOf(settings)] } : {}
}

/** A whole number from 0. */
export function countOf(text: string | undefined): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0) return count
  throw new AppError('invalid', 'SETTING_INVALID', `For input string: "${text ?? ''}"`, {
    hint: 'count is a whole number from 0.',
  })
}

/** The changeset that `--changeset-id`, `--changeset-author` and `--changeset-path` name. */
export function changesetOf(settings: RunContext['settings']): ChangesetKey {
  return {
    id: settings.argument('changesetId') ?? '',
    author: settings.argument('changesetAuthor') ?? '',
    path: settings.argument('changesetPath') ?? '',
  }
}

/** Liquibase Pro asks for `--force` before it changes the order of things. */
export function requireForce({ settings, command }: RunContext): void {
  if (settings.isTrue('force')) return
  throw new AppError('invalid', 'FORCE_MISSING', `${command.shownName} runs changesets out of their order.`, {
    hint: `Add --force if that is meant; look at it with ${command.shownName}-sql first.`,
  })
}

function showSummary({ context }: Session, changelog: Changelog, plan: UpdatePlan, report: ApplyReport | undefined): void {
  const { settings, output } = context
  const wanted = (settings.argument('showSummary') ?? 'SUMMARY').toUpperCase()
  const where = (settings.argument('showSummaryOutput') ?? 'ALL').toUpperCase()
  if (wanted === 'OFF' || hasPlanErrors(plan)) return
  const limits = limitsOf(context)
  const text = renderSummary(changelog, plan, report, { verbose: wanted === 'VERBOSE', toTag: limits.toTag !== undefined })
  if (where !== 'LOG') output.result(text)
  output.log('info', text.trim())
}

function sayDone({ context }: Session, report: ApplyReport): void {
  const name = { updateCount: 'Update-count', updateToTag: 'Update-to-tag' }[context.command.spec.name] ?? 'Update'
  // The history's own row counts too.
  const rows = report.entries.reduce((sum, entry) => sum + entry.rows + (entry.state === 'done' ? 1 : 0), 0)
  context.output.message(`Liquibase: ${name} has been successful. Rows affected: ${String(rows)}`)
}
