import type { ExecutionState, GroupState, StageState, StepState } from '../execution-state.ts'
import { quote } from '../report.ts'
import { groupsOf, hasGroupFailed, hasStageFailed, isStepFailure, stepsOf } from '../state-queries.ts'
import { toStorableText } from '../storable-json.ts'

/** Characters of a condition that are shown: enough for every one that somebody reads. */
const conditionLengthMax = 200

/** What in the stage has failed so far, in words, the first one; undefined where `hasStageFailed` is false. */
export function describeStageFailure(stage: StageState): string | undefined {
  if (!hasStageFailed(stage)) return undefined
  const group = groupsOf(stage).find(hasGroupFailed)
  const step = group === undefined ? undefined : stepsOf(group).find(isStepFailure)
  if (step !== undefined) return `Step ${quote(step.identifier)} ${became(step)}.`
  if (group !== undefined) return `${group.implicit ? 'Step' : 'Step group'} ${quote(group.identifier)} ${became(group)}.`
  return `Stage ${quote(stage.identifier)} ${became(stage)}.`
}

/** The first stage that has failed so far, in words; undefined where none has. */
export function describeExecutionFailure(state: ExecutionState): string | undefined {
  const stage = state.stages.find(hasStageFailed)
  return stage === undefined ? undefined : `Stage ${quote(stage.identifier)} ${became(stage)}.`
}

/** A condition's text for a sentence: on one line, and cut where it is very long. */
export function describeCondition(expression: string): string {
  const line = toStorableText(expression).replaceAll(/\s+/g, ' ').trim()
  return line.length > conditionLengthMax ? `${line.slice(0, conditionLengthMax - 1)}…` : line
}

function became({ status }: StageState | GroupState | StepState): string {
  if (status === 'Cancelled') return 'was cancelled'
  return status === 'NotStarted' ? 'was resolved as not started' : 'failed'
}
