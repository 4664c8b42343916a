import { createLookup } from '../execution-scope.ts'
import type { GroupState, GroupStatus, StageState, StageStatus, StepState } from '../execution-state.ts'
import { evaluateVariables, isVariableOfGroup, isVariableOfStage } from '../execution-variables.ts'
import { quote } from '../report.ts'
import { groupsOf, isGroupOver, isStageOver, isStepFailure, isStepOver, stepsOf } from '../state-queries.ts'
import { decideWhen, evaluateInfra, evaluateOrder, evaluateSelectors, evaluateTarget } from './evaluate.ts'
import { describeExecutionFailure, describeStageFailure } from './skip-reasons.ts'
import { timerKey } from './transition.ts'
import type { Transition } from './transition.ts'

/** Moves everything on that can move now. Doing it twice changes nothing more. */
export function progressExecution(work: Transition): void {
  const { draft } = work
  if (draft.status !== 'Running' && draft.status !== 'Unknown') return
  for (const stage of draft.stages) {
    if (stage.status === 'Pending') reachStage(work, stage)
    if (!isStageOver(stage)) progressStage(work, stage)
    if (!isStageOver(stage)) {
      draft.status = stage.status === 'Unknown' ? 'Unknown' : 'Running'
      return
    }
  }
  const statuses = draft.stages.map((stage) => stage.status)
  const combined = combine(statuses, draft.cancel !== undefined)
  const status = combined === 'Skipped' ? 'Succeeded' : combined
  draft.status = status
  draft.endedAt = work.at
  work.effects.push({ type: 'executionFinished', state: status })
}

function reachStage(work: Transition, stage: StageState): void {
  const { draft } = work
  const lookup = createLookup(draft, { stage })
  stage.variables = evaluateVariables(stage.definitions, stage.inputs, isVariableOfStage(stage.identifier), lookup)
  const what = `stage ${quote(stage.identifier)}`
  const decision = decideWhen(draft, { stage }, stage.when, describeExecutionFailure(draft), what)
  if (decision.ok && decision.value === undefined) {
    stage.status = 'Running'
    stage.startedAt = work.at
    return
  }
  const reason = decision.ok ? decision.value : decision.failure.message
  for (const group of groupsOf(stage)) work.closeGroup(group, 'Skipped', reason === undefined ? {} : { reason })
  stage.status = decision.ok ? 'Skipped' : 'Failed'
  stage.endedAt = work.at
  if (decision.ok) stage.reason = reason ?? ''
  else stage.failure = decision.failure
}

function progressStage(work: Transition, stage: StageState): void {
  for (const node of stage.nodes) {
    const groups = node.kind === 'parallel' ? node.nodes : [node]
    // Asked once, so that of parallel nodes none decides on what another one did in the same moment.
    const failed = describeStageFailure(stage)
    for (const group of groups) {
      if (group.status === 'Pending') reachGroup(work, stage, group, failed)
      else if (group.status === 'Running') offerSteps(work, stage, group)
      if (!isGroupOver(group)) settleGroup(work, group)
    }
    if (!groups.every(isGroupOver)) {
      const isMoving = groups.some((group) => group.status === 'Queued' || group.status === 'Running')
      stage.status = isMoving ? 'Running' : 'Unknown'
      return
    }
  }
  const statuses = groupsOf(stage).map((group) => group.status)
  stage.status = combine(statuses, work.draft.cancel !== undefined)
  stage.endedAt = work.at
}

function reachGroup(work: Transition, stage: StageState, group: GroupState, failed: string | undefined): void {
  const what = `${group.implicit ? 'step' : 'step group'} ${quote(group.identifier)}`
  if (group.definitions !== undefined && group.variables === undefined) {
    const isOwn = isVariableOfGroup(stage.identifier, group.identifier)
    group.variables = evaluateVariables(group.definitions, group.inputs ?? [], isOwn, createLookup(work.draft, { stage, group }))
    work.changed = true
  }
  const decision = decideWhen(work.draft, { stage, group }, group.when, failed, what)
  if (!decision.ok) work.closeGroup(group, 'Failed', { failure: decision.failure })
  else if (decision.value !== undefined) work.closeGroup(group, 'Skipped', { reason: decision.value })
  else if (nextSteps(work, stage, group).length > 0) placeGroup(work, stage, group)
}

/**
 * Puts the group into the queue. All of its targets are evaluated now: the delegate checks them and opens their secrets before the
 * first step runs.
 */
export function placeGroup(work: Transition, stage: StageState, group: GroupState): void {
  const { draft } = work
  work.changed = true
  group.queuedAt ??= work.at
  const steps = stepsOf(group).filter((step) => !isStepOver(step))
  for (const step of steps) {
    const target = evaluateTarget(draft, stage, group, step)
    if (!target.ok) {
      work.endUnstarted(step, 'Failed', { failure: target.failure })
      work.closeGroup(group, 'Failed', { failure: target.failure })
      return
    }
    step.target = target.value
  }
  const targets = steps.map((step) => step.target).filter((target) => target !== undefined)
  // Database steps run in the runner's own container; scripts have containers of their own.
  const connectors = new Set(targets.flatMap((target) => (target.type === 'Run' ? [] : (target.connectorRef ?? []))))
  const selectors = evaluateSelectors(draft, stage, group)
  const infra = evaluateInfra(draft, stage, group)
  if (!selectors.ok || !infra.ok || connectors.size > 1) {
    const [first, second] = [...connectors].map(quote)
    const message = `The steps of ${quote(group.identifier)} name two connectors, ${first} and ${second}, but share one runner.`
    const hint = 'Give all database steps of the group the same connectorRef.'
    const differ = { kind: 'expression' as const, code: 'GROUP_CONNECTORS_DIFFER', message, hint }
    const failure = !selectors.ok ? selectors.failure : infra.ok ? differ : infra.failure
    work.closeGroup(group, 'Failed', { failure })
    return
  }
  group.status = 'Queued'
  group.attemptNumber += 1
  const { groupId, attemptNumber } = group
  work.effects.push({
    type: 'placeGroup',
    groupId,
    attemptNumber,
    selectors: selectors.value,
    ...(infra.value === undefined ? {} : { infra: infra.value }),
    steps: targets,
  })
  work.setTimer(timerKey('queueTimeout', groupId, attemptNumber), draft.timings.queueTimeoutMs)
}

/** The steps that are to run next. Those before them that are not to run are skipped on the way. */
function nextSteps(work: Transition, stage: StageState, group: GroupState): StepState[] {
  for (const node of group.nodes) {
    const steps = node.kind === 'parallel' ? node.nodes : [node]
    const failed = describeStageFailure(stage)
    const next: StepState[] = []
    for (const step of steps) {
      if (step.status !== 'Pending' || step.offeredAt !== undefined) continue
      const decision = decideWhen(work.draft, { stage, group, step }, step.when, failed, `step ${quote(step.identifier)}`)
      if (!decision.ok) work.endUnstarted(step, 'Failed', { failure: decision.failure })
      else if (decision.value !== undefined) work.endUnstarted(step, 'Skipped', { reason: decision.value })
      else next.push(step)
    }
    if (next.length > 0) return next
    if (!steps.every(isStepOver)) return []
  }
  return []
}

function offerSteps(work: Transition, stage: StageState, group: GroupState): void {
  const { attemptId } = group
  // A step whose order cannot be evaluated ends at once, and then the ones behind it are next.
  for (let steps = nextSteps(work, stage, group); steps.length > 0 && attemptId !== undefined;) {
    let isOffered = false
    for (const step of steps) {
      const target = step.target
      const order = target === undefined ? undefined : evaluateOrder(work.draft, stage, group, step, target)
      if (order?.ok === true) {
        step.offeredAt = work.at
        isOffered = true
        const { groupId } = group
        work.effects.push({ type: 'offerStep', groupId, attemptId, stepRunId: step.stepRunId, order: order.value })
        work.changed = true
      } else if (order !== undefined) work.endUnstarted(step, 'Failed', { failure: order.failure })
    }
    if (isOffered) return
    steps = nextSteps(work, stage, group)
  }
}

/** Gives the group its status once every step is over or Unknown, and lets its runner go. */
function settleGroup(work: Transition, group: GroupState): void {
  const steps = stepsOf(group)
  if (!steps.every((step) => isStepOver(step) || step.status === 'Unknown')) return
  if (group.attemptId !== undefined && group.finishAsked !== true) {
    group.finishAsked = true
    if (!group.endedAttemptIds.includes(group.attemptId)) {
      work.effects.push({ type: 'finishGroup', groupId: group.groupId, attemptId: group.attemptId })
    }
    if (work.draft.cancel !== undefined) {
      work.clearTimer(timerKey('cancelInterrupt', group.groupId))
      work.clearTimer(timerKey('cancelForce', group.groupId))
    }
    work.changed = true
  }
  const status = groupStatus(group, steps, work.draft.cancel !== undefined)
  if (status === group.status) return
  group.status = status
  if (status !== 'Unknown') group.endedAt = work.at
  work.changed = true
}

function groupStatus(group: GroupState, steps: readonly StepState[], isCancelled: boolean): GroupStatus {
  if (steps.some((step) => step.status === 'Unknown')) return 'Unknown'
  if (isCancelled && steps.some((step) => step.status === 'Cancelled')) return 'Cancelled'
  if (group.failure !== undefined || steps.some((step) => step.status !== 'Cancelled' && isStepFailure(step))) return 'Failed'
  if (steps.some((step) => step.status === 'Cancelled')) return 'Cancelled'
  return steps.every((step) => step.status === 'Skipped') ? 'Skipped' : 'Succeeded'
}

/** What nodes that are over come to together. */
function combine(
  statuses: readonly (StageStatus | GroupStatus)[],
  isCancelled: boolean,
): 'Succeeded' | 'Failed' | 'Skipped' | 'Cancelled' {
  if (isCancelled && statuses.includes('Cancelled')) return 'Cancelled'
  if (statuses.includes('Failed')) return 'Failed'
  if (statuses.includes('Cancelled')) return 'Cancelled'
  return statuses.every((status) => status === 'Skipped') ? 'Skipped' : 'Succeeded'
}
