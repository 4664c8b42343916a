import type { ExecutionState, GroupState, StageState, StepState } from './execution-state.ts'
import type { ExecutionTree, GroupTree, ParallelTree, StageTree, StepTree } from './execution-tree.ts'

/** An execution's state as a tree for API and pages. */
export function describeExecution(state: ExecutionState): ExecutionTree {
  return {
    executionId: state.executionId,
    pipelineIdentifier: state.pipeline.identifier,
    pipelineName: state.pipeline.name,
    sequence: state.sequence,
    triggeredBy: state.triggeredBy.name,
    status: state.status,
    createdAt: state.createdAt,
    ...times(state),
    ...(state.cancel === undefined ? {} : { cancel: state.cancel }),
    stages: state.stages.map(describeStage),
  }
}

function describeStage(stage: StageState): StageTree {
  return {
    kind: 'stage',
    ...common(stage),
    status: stage.status,
    nodes: stage.nodes.map((node): GroupTree | ParallelTree<GroupTree> =>
      node.kind === 'parallel' ? { kind: 'parallel', nodes: node.nodes.map(describeGroup) } : describeGroup(node),
    ),
  }
}

function describeGroup(group: GroupState): GroupTree {
  return {
    kind: 'group',
    ...common(group),
    groupId: group.groupId,
    implicit: group.implicit,
    status: group.status,
    attemptNumber: group.attemptNumber,
    ...(group.attemptId === undefined ? {} : { attemptId: group.attemptId }),
    ...(group.queuedAt === undefined ? {} : { queuedAt: group.queuedAt }),
    nodes: group.nodes.map((node): StepTree | ParallelTree<StepTree> =>
      node.kind === 'parallel' ? { kind: 'parallel', nodes: node.nodes.map(describeStep) } : describeStep(node),
    ),
  }
}

function describeStep(step: StepState): StepTree {
  return {
    kind: 'step',
    ...common(step),
    stepRunId: step.stepRunId,
    type: step.spec.type,
    status: step.status,
    permitted: step.permitted === true,
    ignoreFailure: step.ignoreFailure,
    stopping: step.stop !== undefined && (step.status === 'Running' || step.status === 'Pending'),
    ...(step.target === undefined || step.target.type === 'Run'
      ? {}
      : { dbSchema: step.target.dbSchema, dbInstance: step.target.dbInstance }),
    ...(step.outputs === undefined ? {} : { outputs: step.outputs }),
    ...(step.resolution === undefined ? {} : { resolution: step.resolution }),
  }
}

type Common = Pick<StageTree, 'identifier' | 'name' | 'failure' | 'reason' | 'startedAt' | 'endedAt' | 'durationMs'>

function common(node: StageState | GroupState | StepState): Common {
  // What was reached, and whose steps all had reasons of their own.
  const reason = node.reason ?? (node.status === 'Skipped' ? 'None of its steps was to run.' : undefined)
  return {
    identifier: node.identifier,
    name: node.name,
    ...(node.failure === undefined ? {} : { failure: node.failure }),
    ...(reason === undefined ? {} : { reason }),
    ...times(node),
  }
}

function times(node: { startedAt?: number; endedAt?: number }): Pick<Common, 'startedAt' | 'endedAt' | 'durationMs'> {
  const { startedAt, endedAt } = node
  return {
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(startedAt === undefined || endedAt === undefined ? {} : { durationMs: Math.max(0, endedAt - startedAt) }),
  }
}
