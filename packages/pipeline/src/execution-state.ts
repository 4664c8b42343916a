import type { Timings } from '@sluice/base'
import type {
  Condition,
  JsonObject,
  JsonValue,
  DbStepType,
  GroupInfra,
  KubernetesOptions,
  OutputVariable,
  PullPolicy,
  StepResources,
  StepShell,
  StepSpec,
  Template,
  Variable,
  VariableType,
  WhenStatus,
} from './model.ts'

/**
 * The state of one execution: everything that `advance` knows. JSON through and through (it is stored as jsonb), so times are
 * milliseconds since the epoch, absent things are absent properties, and order lives in arrays.
 */
export interface ExecutionState {
  readonly version: 1
  readonly executionId: string
  readonly org: string
  readonly project: string
  readonly pipeline: { readonly identifier: string; readonly name: string }
  /** Count of this pipeline's executions, from 1. */
  readonly sequence: number
  readonly triggeredBy: { readonly name: string }
  /** What `<+trigger.…>` reads; the empty object when a person started it. */
  readonly trigger: { readonly [key: string]: JsonValue }
  readonly timings: ExecutionTimings
  status: ExecutionStatus
  createdAt: number
  startedAt?: number
  endedAt?: number
  /** The first request to cancel. */
  cancel?: { readonly by: string; readonly reason: string; readonly at: number }
  readonly variables: readonly VariableState[]
  readonly stages: StageState[]
}

/** The durations that `advance` puts into timers. */
export type ExecutionTimings = Pick<Timings, 'queueTimeoutMs' | 'targetWaitMs' | 'cancelInterruptMs' | 'cancelForceMs'>

/**
 * `Pending` until the `started` event. `Unknown` is not an end: nothing moves until the steps whose outcome is unknown are
 * resolved, then it goes on. `Succeeded`, `Failed` and `Cancelled` are ends.
 */
export type ExecutionStatus = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Cancelled' | 'Unknown'

export type StageStatus = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Skipped' | 'Cancelled' | 'Unknown'

/** `Queued`: its task waits for a delegate. `Running`: an attempt was accepted. */
export type GroupStatus = 'Pending' | 'Queued' | 'Running' | 'Succeeded' | 'Failed' | 'Skipped' | 'Cancelled' | 'Unknown'

/** `NotStarted`: resolved by a person as never having begun; for everything after it that is a failure. */
export type StepStatus = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Skipped' | 'Cancelled' | 'Unknown' | 'NotStarted'

export type FailureKind = 'step' | 'infrastructure' | 'timeout' | 'expression'

/** Why a node failed. `code` is stable, `message` says what happened to which thing, `hint` what to do next. */
export interface Failure {
  readonly kind: FailureKind
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** A variable's value in an execution; `unset` says why there is none and is what a reference to it fails with. */
export type VariableValue =
  | { readonly kind: 'value'; readonly value: string | number | null }
  | { readonly kind: 'secret'; readonly ref: string }
  | { readonly kind: 'unset'; readonly message: string }

export interface VariableState {
  readonly name: string
  readonly type: VariableType
  readonly value: VariableValue
}

export interface WhenState {
  readonly status: WhenStatus
  readonly condition?: Condition
}

interface NodeTimes {
  /** Why it failed, where the reason is not one of its children's. */
  failure?: Failure
  /** Why it was skipped or cancelled, for people. */
  reason?: string
  startedAt?: number
  endedAt?: number
}

export interface StageState extends NodeTimes {
  readonly identifier: string
  readonly name: string
  status: StageStatus
  readonly when: WhenState
  /** Evaluated when the stage starts. */
  readonly definitions: readonly Variable[]
  /** Values that the run gave to this stage's variables. */
  readonly inputs: readonly VariableState[]
  variables: readonly VariableState[]
  readonly nodes: StageNodeState[]
}

export type StageNodeState = GroupState | ParallelState<GroupState>

export interface ParallelState<Node> {
  readonly kind: 'parallel'
  readonly nodes: Node[]
}

/** A step group; a step that stands directly in its stage has an `implicit` one of its own, with its identifier. */
export interface GroupState extends NodeTimes {
  readonly kind: 'group'
  readonly groupId: string
  readonly identifier: string
  readonly name: string
  readonly implicit: boolean
  status: GroupStatus
  readonly when: WhenState
  /** From the innermost level that names any; all must match. */
  readonly selectors: readonly Template[]
  /** Absent: a process of its delegate. */
  readonly infra?: GroupInfra
  /** Its variables, values that the run gave to them, and what they came to when the group was reached. */
  readonly definitions?: readonly Variable[]
  readonly inputs?: readonly VariableState[]
  variables?: readonly VariableState[]
  readonly nodes: GroupNodeState[]
  /** Placements so far. */
  attemptNumber: number
  /** The attempt that counts, once accepted. Reports of any other change nothing. */
  attemptId?: string
  /** Attempts that are gone, oldest first. */
  readonly endedAttemptIds: string[]
  queuedAt?: number
  /** Set once the attempt was told that no further step will come. */
  finishAsked?: boolean
}

export type GroupNodeState = StepState | ParallelState<StepState>

export interface StepState extends NodeTimes {
  readonly kind: 'step'
  readonly stepRunId: string
  readonly identifier: string
  readonly name: string
  status: StepStatus
  readonly when: WhenState
  readonly spec: StepSpec
  readonly timeoutMs: number
  readonly ignoreFailure: boolean
  /** Where it was evaluated: at the group's placement, so that server, delegate and permit speak of the same target. */
  target?: StepTarget
  /** When it was offered to the current attempt; it counts as started only with `stepStarted` or `stepPermitted`. */
  offeredAt?: number
  /** Whether the permit to write was given: from then on only the runner's word or a person's ends it. */
  permitted?: boolean
  permittedAt?: number
  /** Set when it was asked to stop, and why. */
  stop?: { readonly cause: 'cancel' | 'timeout'; readonly at: number }
  outputs?: { readonly [key: string]: JsonValue }
  /** How a person resolved it after it was Unknown. */
  resolution?: { readonly as: StepResolution; readonly by: string; readonly reason: string; readonly at: number }
}

export type StepResolution = 'succeeded' | 'failed' | 'not-started'

/** What a step works on or in, evaluated when its group is placed. */
export type StepTarget = DbStepTarget | RunStepTarget

export interface RunStepTarget {
  readonly stepRunId: string
  readonly type: 'Run'
  readonly shell: StepShell
  readonly connectorRef?: string
  readonly image?: string
  readonly resources?: StepResources
  readonly imagePullPolicy?: PullPolicy
  readonly runAsUser?: number
  readonly privileged?: boolean
  /** Every secret that its command and environment name, each once. */
  readonly secretRefs: readonly string[]
  readonly outputVariables: readonly OutputVariable[]
  /** Equal for steps that never run at the same time. */
  readonly lane: number
  readonly timeoutMs: number
}

/** Where a group runs, evaluated. */
export interface GroupInfraTarget {
  readonly type: 'KubernetesDirect'
  readonly connectorRef: string
  readonly namespace?: string
  readonly serviceAccountName?: string
  readonly priorityClassName?: string
  readonly imageConnectorRef?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly podSpecOverlay?: JsonObject
  readonly options: KubernetesOptions
}

export interface DbStepTarget {
  readonly stepRunId: string
  readonly type: DbStepType
  readonly dbSchema: string
  readonly dbInstance: string
  readonly connectorRef?: string
  readonly resources?: StepResources
  readonly timeoutMs: number
}
