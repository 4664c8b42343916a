import type { ExecutionStatus, Failure, GroupStatus, StageStatus, StepResolution, StepStatus } from './execution-state.ts'
import type { JsonValue, StepType } from './model.ts'

interface TreeNode {
  readonly identifier: string
  readonly name: string
  readonly failure?: Failure
  /** Why it was skipped or cancelled, in a sentence. */
  readonly reason?: string
  readonly startedAt?: number
  readonly endedAt?: number
  /** `endedAt - startedAt`, once both are known. */
  readonly durationMs?: number
}

export interface StepTree extends TreeNode {
  readonly kind: 'step'
  readonly stepRunId: string
  readonly type: StepType
  readonly status: StepStatus
  readonly permitted: boolean
  readonly ignoreFailure: boolean
  readonly stopping: boolean
  readonly dbSchema?: string
  readonly dbInstance?: string
  readonly outputs?: { readonly [key: string]: JsonValue }
  readonly resolution?: { readonly as: StepResolution; readonly by: string; readonly reason: string; readonly at: number }
}

export interface ParallelTree<Node> {
  readonly kind: 'parallel'
  readonly nodes: readonly Node[]
}

export interface GroupTree extends TreeNode {
  readonly kind: 'group'
  readonly groupId: string
  /** A step directly in its stage: show the step, not the group. */
  readonly implicit: boolean
  readonly status: GroupStatus
  readonly attemptNumber: number
  readonly attemptId?: string
  readonly queuedAt?: number
  readonly nodes: readonly (StepTree | ParallelTree<StepTree>)[]
}

export interface StageTree extends TreeNode {
  readonly kind: 'stage'
  readonly status: StageStatus
  readonly nodes: readonly (GroupTree | ParallelTree<GroupTree>)[]
}

/** An execution as API and pages show it: stages, their groups and steps, with states and times (milliseconds since the epoch). */
export interface ExecutionTree {
  readonly executionId: string
  readonly pipelineIdentifier: string
  readonly pipelineName: string
  readonly sequence: number
  readonly triggeredBy: string
  readonly status: ExecutionStatus
  readonly createdAt: number
  readonly startedAt?: number
  readonly endedAt?: number
  readonly durationMs?: number
  readonly cancel?: { readonly by: string; readonly reason: string; readonly at: number }
  readonly stages: readonly StageTree[]
}
