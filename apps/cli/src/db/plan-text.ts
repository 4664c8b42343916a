import { hasPlanErrors } from '@sluice/engine'
import type { RollbackPlan, UpdatePlan } from '@sluice/engine'
import { AppError } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import type { CommandContext } from '../command-context.ts'
import { formatTable } from '../output/table.ts'
import { changesetJson, changesetName, countOf } from './report-text.ts'

/** Prints what a plan has to say, and ends the command with `PLAN_REFUSED` where it has errors: nothing was changed then. */
export function showDiagnostics(
  context: CommandContext,
  plan: { readonly diagnostics: readonly Diagnostic[] },
  refusal: string,
): void {
  context.printer.diagnostics(plan.diagnostics)
  if (hasPlanErrors(plan)) throw new AppError('failedPrecondition', 'PLAN_REFUSED', refusal)
}

/** Answers with what would run, changeset by changeset, for `--dry-run`. */
export function showPlan(context: CommandContext, plan: UpdatePlan | RollbackPlan): void {
  const rows = plan.changesets.map((planned) => ({
    ...changesetJson(planned.key),
    action: 'action' in planned ? planned.action : planned.source,
    statements: planned.statements.map(({ sql }) => sql),
    transactional: planned.transactional,
    nonTransactionalReason: planned.nonTransactionalReason ?? null,
  }))
  context.printer.result({ dryRun: true, digest: plan.digest, changesets: rows }, () => {
    const table = formatTable(
      ['#', plan.kind === 'rollback' ? 'UNDONE BY' : 'ACTION', 'STATEMENTS', 'TRANSACTION', 'CHANGESET'],
      plan.changesets.map((planned, index) => [
        String(index + 1),
        rows[index]?.action ?? '',
        String(planned.statements.length),
        planned.transactional ? 'yes' : 'no',
        changesetName(planned.key),
      ]),
      'Nothing would run.',
    )
    const verb = plan.kind === 'rollback' ? 'be rolled back' : 'run'
    return rows.length === 0 ? table : `${table}\n${countOf(rows.length, 'changeset')} would ${verb}; nothing was changed.`
  })
}
