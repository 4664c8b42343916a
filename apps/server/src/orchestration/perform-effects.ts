import { idSuffix } from '@sluice/base'
import { secretOutputSlot, type SlotValue, type StepOrder as WireOrder } from '@sluice/contract'
import {
  type DbStepOrder,
  type EvaluatedPart,
  type ExecutionEffect,
  type ExecutionState,
  findGroup,
  findStep,
  type GroupPlace,
  type OfferStepEffect,
  type PlaceGroupEffect,
  type RunStepOrder,
} from '@sluice/pipeline'
import {
  cancelAttempt,
  cancelStepRun,
  clearTimer,
  enqueueTask,
  finishAttemptSteps,
  insertExecutionEvent,
  isModuleEnabled,
  type LockedExecution,
  markStepOver,
  markStepUnknown,
  offerStepRun,
  type Queryable,
  readTaskSteps,
  releasePermit,
  setTimer,
  upsertStepRuns,
  withdrawTask,
} from '@sluice/store'
import type { OrchestrationDeps } from './deps.ts'
import { startInspection } from './inspections.ts'
import { planGroup } from './plan-group.ts'

/** What an advance has to be done with, in its transaction. */
export interface EffectsContext {
  readonly deps: OrchestrationDeps
  readonly connection: Queryable
  readonly execution: LockedExecution
  /** The state after the event. */
  readonly state: ExecutionState
}

/** What is left for the caller to do with the execution's own row. */
export interface EffectsOutcome {
  readonly notes: string[]
  /** How soon the first timer that was set is due. */
  readonly nextTimerMs: number
}

/** Writes the rows that effects stand for, in order. */
export async function performEffects(context: EffectsContext, effects: readonly ExecutionEffect[]): Promise<EffectsOutcome> {
  const outcome = { notes: [] as string[], nextTimerMs: Number.POSITIVE_INFINITY }
  for (const effect of effects) {
    if (effect.type === 'note') outcome.notes.push(effect.message)
    else await perform(context, effect)
    if (effect.type === 'setTimer') outcome.nextTimerMs = Math.min(outcome.nextTimerMs, effect.afterMs)
  }
  return outcome
}

async function perform(context: EffectsContext, effect: Exclude<ExecutionEffect, { type: 'note' }>): Promise<void> {
  const { connection, execution, deps } = context
  switch (effect.type) {
    case 'placeGroup':
      return placeGroup(context, effect)
    case 'offerStep':
      return offerStep(context, effect)
    case 'finishGroup':
      return finishAttemptSteps(connection, effect.attemptId)
    case 'withdrawTask':
      return withdrawTask(connection, execution.id, effect.groupId)
    case 'cancelAttempt':
      return cancelAttempt(connection, effect.attemptId, effect.mode)
    case 'cancelStep':
      return cancelStepRun(connection, effect)
    case 'setTimer':
      return setTimer(connection, execution.id, effect.key, effect.afterMs)
    case 'clearTimer':
      return clearTimer(connection, execution.id, effect.key)
    case 'blockTarget':
      // The open permit is the block; the row says that nobody is at work any more.
      return markStepUnknown(connection, effect.stepRunId)
    case 'releaseTarget':
      await releasePermit(connection, effect.stepRunId)
      return markStepOver(connection, effect.stepRunId)
    case 'inspectStep':
      return startInspection(connection, deps, effect.stepRunId)
    case 'executionFinished':
      deps.logger.info({ executionId: execution.id, state: effect.state }, 'an execution is over')
  }
}

async function placeGroup(context: EffectsContext, effect: PlaceGroupEffect): Promise<void> {
  const { connection, execution, state, deps } = context
  const { id: executionId, org, project } = execution
  const place = findGroup(state, effect.groupId)
  const reject = (failure: Parameters<typeof rejected>[1]): Promise<void> =>
    insertExecutionEvent(connection, executionId, { ...rejected(effect.groupId, failure), at: deps.clock.now() })
  if (!(await isModuleEnabled(connection))) {
    return reject({
      kind: 'step',
      code: 'MODULE_DISABLED',
      message: 'The Database DevOps module is switched off for this account.',
      hint: 'An administrator can switch it on: PATCH /api/v1/settings {"DBOPS_ENABLED": true}.',
    })
  }
  const groupPath = place === undefined ? effect.groupId : groupPathOf(place)
  const steps = effect.steps.map((target) => ({ target, path: stepPathOf(state, target.stepRunId) }))
  const planned = await planGroup(
    connection,
    {
      executionId,
      org,
      project,
      pipelineIdentifier: execution.pipelineIdentifier,
      groupPath,
      kind: 'stepGroup',
      selectors: effect.selectors,
      ...(effect.infra === undefined ? {} : { infra: effect.infra }),
      steps,
    },
    deps.timings,
  )
  if (!planned.ok) return reject(planned.failure)
  const taskId = await enqueueTask(connection, {
    executionId,
    groupId: effect.groupId,
    groupPath,
    kind: 'stepGroup',
    org,
    project,
    selectors: planned.selectors,
    recipients: planned.recipients,
    infra: planned.spec.infra.type,
    infraTarget: planned.infraTarget,
    spec: planned.spec,
    attemptNumber: effect.attemptNumber,
  })
  await upsertStepRuns(
    connection,
    planned.spec.steps.map((step) => ({
      stepRunId: step.stepRunId,
      executionId,
      org,
      project,
      groupId: effect.groupId,
      taskId,
      path: step.path,
      type: step.type,
      ...(step.kind === 'database'
        ? { dbSchema: step.database.dbSchema, dbInstance: step.database.dbInstance, targetKey: step.database.targetKey }
        : {}),
    })),
  )
}

function rejected(
  groupId: string,
  failure: { kind: 'step' | 'infrastructure' | 'timeout' | 'expression'; code: string; message: string; hint?: string },
): { type: 'groupRejected'; groupId: string; failure: typeof failure } {
  return { type: 'groupRejected', groupId, failure }
}

async function offerStep({ connection, execution }: EffectsContext, effect: OfferStepEffect): Promise<void> {
  const { order, stepRunId, attemptId, groupId } = effect
  const steps = await readTaskSteps(connection, execution.id, groupId)
  const facts = steps.find((step) => step.stepRunId === stepRunId)
  const sourceKey = facts?.sourceKey
  await offerStepRun(connection, {
    stepRunId,
    attemptId,
    order: {
      stepRunId,
      type: order.type,
      timeoutMs: order.timeoutMs,
      ...(order.type === 'Run' ? { fields: {}, run: bindScript(order, facts?.refs ?? {}) } : { fields: databaseFields(order) }),
      anchorTag: `sluice-${idSuffix(execution.id)}-${idSuffix(stepRunId)}`,
      // For the commit that an earlier step of this execution has resolved; taken off before the order goes out.
      ...(sourceKey === undefined || sourceKey === null ? {} : { sourceKey }),
    },
  })
}

function databaseFields(order: DbStepOrder): Record<string, string | number> {
  return {
    ...(order.tag === undefined ? {} : { tag: order.tag }),
    ...(order.changeSetCount === undefined ? {} : { changeSetCount: order.changeSetCount }),
  }
}

/** A script with slots where its secrets go. Text stays text, whatever it looks like. */
function bindScript(order: RunStepOrder, slotOf: Readonly<Record<string, string>>): NonNullable<WireOrder['run']> {
  const bind = (parts: readonly EvaluatedPart[]): SlotValue[] =>
    parts.map((part): SlotValue => {
      if (part.kind === 'text') return { kind: 'literal', text: part.text }
      return {
        kind: 'slot',
        slot: part.kind === 'secret' ? (slotOf[part.ref] ?? '') : secretOutputSlot(part.stepRunId, part.name),
      }
    })
  return { command: bind(order.command), env: order.env.map(({ name, value }) => ({ name, value: bind(value) })) }
}

function groupPathOf({ stage, group }: GroupPlace): string {
  return `${stage.identifier}/${group.identifier}`
}

function stepPathOf(state: ExecutionState, stepRunId: string): string {
  const place = findStep(state, stepRunId)
  if (place === undefined) return stepRunId
  return place.group.implicit ? groupPathOf(place) : `${groupPathOf(place)}/${place.step.identifier}`
}
