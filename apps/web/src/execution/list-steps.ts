import type { ExecutionView, StepView } from '@sluice/contract'

export type StageView = ExecutionView['stages'][number]
export type StageNode = StageView['nodes'][number]
export type GroupView = Extract<StageNode, { kind: 'stepGroup' }>
export type GroupNode = GroupView['nodes'][number]

/** A step with what it stands in. */
export interface PlacedStep {
  readonly step: StepView
  readonly group: GroupView
  readonly stage: StageView
}

export function listGroups(stage: StageView): GroupView[] {
  return stage.nodes.flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
}

/** All steps in the order of the graph. */
export function listSteps(execution: ExecutionView): PlacedStep[] {
  return execution.stages.flatMap((stage) =>
    listGroups(stage).flatMap((group) =>
      group.nodes.flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node])).map((step) => ({ step, group, stage })),
    ),
  )
}

/** What a reader most likely came for: what needs a person, then what broke, then what runs, then the last that ran. */
const interest = ['Unknown', 'Failed', 'Running'] as const

/** The step with this path or, without one, the most interesting. Undefined for an execution without steps. */
export function chooseStep(execution: ExecutionView, path: string | undefined): PlacedStep | undefined {
  const steps = listSteps(execution)
  const named = steps.find(({ step }) => step.path === path)
  if (named !== undefined) return named
  for (const state of interest) {
    const found = steps.find(({ step }) => step.state === state)
    if (found !== undefined) return found
  }
  return steps.findLast(({ step }) => step.startedAt !== undefined) ?? steps[0]
}
