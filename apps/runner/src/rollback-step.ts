import { applyRollback, hasPlanErrors, planRollback, type RollbackTarget } from '@sluice/engine'
import { changesetName } from './engine-log.ts'
import {
  changesetsOutput,
  type DatabaseStep,
  describeProblems,
  reportPlan,
  writeOptions,
  releaseLeftLock,
} from './database-step.ts'
import { finishCommand } from './finish-command.ts'
import { failed, type StepContext, type StepResult } from './step-context.ts'

/** `DBSchemaRollback`: undoes what came after a tag, or a number of changesets, newest first. */
export async function runRollbackStep(context: StepContext, work: DatabaseStep): Promise<StepResult> {
  const { log, step } = context
  const target = rollbackTarget(context)
  if (target === undefined)
    return failed('ROLLBACK_TARGET_MISSING', `The step "${step.path}" names neither a tag nor a count to roll back to.`)
  const signal = context.stop.signal
  const plan = await planRollback({ database: work.database, changelog: work.changelog, target, options: work.selection, signal })
  if (hasPlanErrors(plan)) return failed('PLAN_REFUSED', describeProblems(plan.diagnostics, log), 'Nothing was changed.')
  for (const { key, reason } of plan.left) log.line(`Left as it is (${reason}): ${changesetName(key)}`)
  reportPlan(
    context,
    plan.digest,
    plan.changesets.map((planned) => planned.key),
  )
  if (plan.isEmpty) {
    await releaseLeftLock(context, work)
    log.line('There is nothing to roll back.')
    return {
      outcome: 'Succeeded',
      outputs: { changeSets: '[]', commit: work.commit },
      summary: { applied: 0, skipped: 0, rolledBack: 0, lastTag: null },
    }
  }
  log.line(`${String(plan.changesets.length)} changesets to roll back.`)
  const report = await applyRollback({
    database: work.database,
    changelog: work.changelog,
    plan,
    signal,
    onEvent: work.onEvent,
    options: { ...work.selection, ...writeOptions(context, work, plan.digest, plan.changesets.length) },
  })
  return finishCommand(context, work, report, 'rollback', {
    outputs: {
      changeSets: changesetsOutput(report.entries.filter((entry) => entry.state === 'done').map((entry) => entry.changeset)),
      commit: work.commit,
    },
    lastTag: 'tag' in target ? target.tag : null,
    skipped: plan.left.length,
    what: `rolled back on ${step.database.dbInstance}`,
  })
}

function rollbackTarget({ order }: StepContext): RollbackTarget | undefined {
  const { tag, changeSetCount } = order.fields
  if (typeof tag === 'string' && tag !== '') return { tag }
  const count = Number(changeSetCount)
  return changeSetCount !== undefined && Number.isInteger(count) && count > 0 ? { count } : undefined
}
