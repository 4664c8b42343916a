import { historyTexts } from '@sluice/changelog'
import { type ApplyReport, applyPlan, hasPlanErrors, planUpdate, type UpdatePlan } from '@sluice/engine'
import { changesetName } from './engine-log.ts'
import {
  changesetsOutput,
  describeProblems,
  type DatabaseStep,
  reportPlan,
  writeOptions,
  releaseLeftLock,
} from './database-step.ts'
import { finishCommand } from './finish-command.ts'
import type { StepContext, StepResult } from './step-context.ts'
import { failed } from './step-context.ts'

/** `DBSchemaApply`: brings the database to the changelog's state, and sets the tag that the step asks for. */
export async function runApplyStep(context: StepContext, work: DatabaseStep): Promise<StepResult> {
  const { log, order, step } = context
  const tag = order.fields['tag']
  const options = {
    ...work.selection,
    anchorTag: order.anchorTag,
    onPartial: step.database.onPartial,
    ...(typeof tag === 'string' && tag !== '' ? { tag } : {}),
  }
  const signal = context.stop.signal
  const plan = await planUpdate({ database: work.database, changelog: work.changelog, options, signal })
  if (hasPlanErrors(plan)) return failed('PLAN_REFUSED', describeProblems(plan.diagnostics, log), 'Nothing was changed.')
  describePlan(plan, context)
  for (const { key, checksum, changeset } of plan.changesets) {
    work.details.set(changesetName(key), { checksum, description: historyTexts(changeset).description })
  }
  reportPlan(
    context,
    plan.digest,
    plan.changesets.map((planned) => planned.key),
  )
  if (plan.isEmpty) {
    await releaseLeftLock(context, work)
    log.line(
      `The database is up to date: ${String(plan.skipped.filter(({ reason }) => reason === 'alreadyRan').length)} changesets ran before.`,
    )
    return {
      outcome: 'Succeeded',
      outputs: { preStartTag: plan.lastTag, tag: plan.lastTag, changeSets: '[]', commit: work.commit },
      summary: { applied: 0, skipped: plan.skipped.length, rolledBack: 0, lastTag: plan.lastTag },
    }
  }
  const report = await applyPlan({
    database: work.database,
    changelog: work.changelog,
    plan,
    signal,
    onEvent: work.onEvent,
    options: { ...options, ...writeOptions(context, work, plan.digest, plan.changesets.length) },
  })
  return finishCommand(context, work, report, 'apply', {
    outputs: { ...applyOutputs(report), commit: work.commit },
    lastTag: report.tag ?? report.preStartTag,
    skipped: plan.skipped.length,
    what: `applied to ${step.database.dbInstance}`,
  })
}

function applyOutputs(report: ApplyReport): Record<string, string | null> {
  return {
    preStartTag: report.preStartTag,
    tag: report.tag,
    changeSets: changesetsOutput(report.entries.filter((entry) => entry.state === 'done').map((entry) => entry.changeset)),
  }
}

function describePlan(plan: UpdatePlan, { log }: StepContext): void {
  for (const diagnostic of plan.diagnostics) log.line(`${diagnostic.severity}: ${diagnostic.message}`)
  for (const key of plan.unexpected.slice(0, 20))
    log.line(`The history has ${changesetName(key)}, which the changelog does not have.`)
  if (plan.changesets.length === 0) return
  log.line(
    `${String(plan.changesets.length)} changesets to run, ${String(plan.skipped.length)} not (ran before or filtered out).`,
  )
}
