import type { ExecutionState, GroupState, StageState, StepState } from './execution-state.ts'

/** The groups of a stage, in order, whether parallel or not. */
export function groupsOf(stage: StageState): GroupState[] {
  return stage.nodes.flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
}

/** The steps of a group, in order, whether parallel or not. */
export function stepsOf(group: GroupState): StepState[] {
  return group.nodes.flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
}

/** A group with the stage that it is in. */
export interface GroupPlace {
  readonly stage: StageState
  readonly group: GroupState
}

/** A step with the group and the stage that it is in. */
export interface StepPlace extends GroupPlace {
  readonly step: StepState
}

/** The group with this id, or undefined. */
export function findGroup(state: ExecutionState, groupId: string): GroupPlace | undefined {
  for (const stage of state.stages) {
    const group = groupsOf(stage).find((candidate) => candidate.groupId === groupId)
    if (group !== undefined) return { stage, group }
  }
  return undefined
}

/** The step with this run id, or undefined. */
export function findStep(state: ExecutionState, stepRunId: string): StepPlace | undefined {
  for (const stage of state.stages) {
    for (const group of groupsOf(stage)) {
      const step = stepsOf(group).find((candidate) => candidate.stepRunId === stepRunId)
      if (step !== undefined) return { stage, group, step }
    }
  }
  return undefined
}

/** Whether nothing can change this step any more. `Unknown` waits for its resolution. */
export function isStepOver(step: StepState): boolean {
  return step.status !== 'Pending' && step.status !== 'Running' && step.status !== 'Unknown'
}

/** Whether the runner may be working on this step, or be about to. */
export function isStepOpen(step: StepState): boolean {
  return step.status === 'Running' || (step.status === 'Pending' && step.offeredAt !== undefined)
}

/** Whether the group has its final status. */
export function isGroupOver(group: GroupState): boolean {
  return group.status === 'Succeeded' || group.status === 'Failed' || group.status === 'Skipped' || group.status === 'Cancelled'
}

/** Whether the stage has its final status. */
export function isStageOver(stage: StageState): boolean {
  return stage.status === 'Succeeded' || stage.status === 'Failed' || stage.status === 'Skipped' || stage.status === 'Cancelled'
}

/** Whether the execution has its final status. */
export function isExecutionOver(state: ExecutionState): boolean {
  return state.status === 'Succeeded' || state.status === 'Failed' || state.status === 'Cancelled'
}

/** Whether what came of this step makes everything around it a failure. */
export function isStepFailure(step: StepState): boolean {
  if (step.status === 'Cancelled') return true
  return (step.status === 'Failed' || step.status === 'NotStarted') && !step.ignoreFailure
}

/** Whether something in the stage has failed so far: what `stageStatus` asks. */
export function hasStageFailed(stage: StageState): boolean {
  if (stage.status === 'Failed' || stage.status === 'Cancelled') return true
  return groupsOf(stage).some(hasGroupFailed)
}

/** Whether the group, or something in it, has failed so far. */
export function hasGroupFailed(group: GroupState): boolean {
  return group.status === 'Failed' || group.status === 'Cancelled' || stepsOf(group).some(isStepFailure)
}

/**
 * Whether the permit to write may be given to this step of this attempt, as far as the execution is concerned: it was offered, is not
 * over, and was not asked to stop. The target's lock and the permit's uniqueness are the store's. To be asked in the permit's
 * transaction, on a state that no unread event of this execution could change.
 */
export function isPermitAllowed(
  state: ExecutionState,
  request: { readonly stepRunId: string; readonly attemptId: string },
): boolean {
  const place = findStep(state, request.stepRunId)
  if (place === undefined || state.cancel !== undefined) return false
  const { group, step } = place
  const isCurrent = group.attemptId === request.attemptId && !group.endedAttemptIds.includes(request.attemptId)
  return isCurrent && isStepOpen(step) && step.stop === undefined
}
