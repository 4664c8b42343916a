import type { GroupInfraTarget, StepTarget } from './execution-state.ts'
import type { DbStepType, EvaluatedPart } from './model.ts'

/**
 * `graceful`: nothing further is begun. `interrupt`: the running statement is cancelled at the database. `force`: what is left is
 * ended; never asked for while a step of the attempt holds a permit.
 */
export type CancelMode = 'graceful' | 'interrupt' | 'force'

/** One step with every field evaluated: what the runner is told to do. */
export type StepOrder = DbStepOrder | RunStepOrder

/** A script. Its parts are final: text that came from an expression is text. */
export interface RunStepOrder {
  readonly type: 'Run'
  readonly identifier: string
  readonly name: string
  readonly command: readonly EvaluatedPart[]
  readonly env: readonly { readonly name: string; readonly value: readonly EvaluatedPart[] }[]
  readonly timeoutMs: number
}

export interface DbStepOrder {
  readonly type: DbStepType
  readonly identifier: string
  readonly name: string
  readonly migrationType: 'Liquibase'
  readonly dbSchema: string
  readonly dbInstance: string
  /** Apply: the tag to write afterwards. Rollback: the tag to go back to. */
  readonly tag?: string
  /** Rollback only: how many changesets to undo, at least 1. */
  readonly changeSetCount?: number
  /** How long it may run, without the wait for its target. */
  readonly timeoutMs: number
}

/** Put the group's task into the queue. A new attempt each time; `attemptNumber` counts from 1. */
export interface PlaceGroupEffect {
  readonly type: 'placeGroup'
  readonly groupId: string
  readonly attemptNumber: number
  readonly selectors: readonly string[]
  /** Absent: a process of its delegate. */
  readonly infra?: GroupInfraTarget
  readonly steps: readonly StepTarget[]
}

/** The runner of this attempt may have this step now. */
export interface OfferStepEffect {
  readonly type: 'offerStep'
  readonly groupId: string
  readonly attemptId: string
  readonly stepRunId: string
  readonly order: StepOrder
}

/** No further step will come; the runner may complete. */
export interface FinishGroupEffect {
  readonly type: 'finishGroup'
  readonly groupId: string
  readonly attemptId: string
}

/** The queued task is not needed any more. */
export interface WithdrawTaskEffect {
  readonly type: 'withdrawTask'
  readonly groupId: string
}

export interface CancelAttemptEffect {
  readonly type: 'cancelAttempt'
  readonly groupId: string
  readonly attemptId: string
  readonly mode: CancelMode
}

export interface CancelStepEffect {
  readonly type: 'cancelStep'
  readonly stepRunId: string
  readonly attemptId: string
  readonly mode: CancelMode
}

/** Deliver a `timer` event with this key after that long. Setting a key again replaces it. */
export interface SetTimerEffect {
  readonly type: 'setTimer'
  readonly key: string
  readonly afterMs: number
}

export interface ClearTimerEffect {
  readonly type: 'clearTimer'
  readonly key: string
}

/** The step's outcome is unknown: nothing may write to its target until it is released. */
export interface BlockTargetEffect {
  readonly type: 'blockTarget'
  readonly stepRunId: string
}

export interface ReleaseTargetEffect {
  readonly type: 'releaseTarget'
  readonly stepRunId: string
}

/** Collect evidence of what the step did. */
export interface InspectStepEffect {
  readonly type: 'inspectStep'
  readonly stepRunId: string
}

/** The execution is over for good. */
export interface ExecutionFinishedEffect {
  readonly type: 'executionFinished'
  readonly state: 'Succeeded' | 'Failed' | 'Cancelled'
}

/** Something worth a line in the execution's history, such as an event that came too late. */
export interface NoteEffect {
  readonly type: 'note'
  readonly message: string
}

/** What the server does after an event, in this order and in the event's transaction. */
export type ExecutionEffect =
  | PlaceGroupEffect
  | OfferStepEffect
  | FinishGroupEffect
  | WithdrawTaskEffect
  | CancelAttemptEffect
  | CancelStepEffect
  | SetTimerEffect
  | ClearTimerEffect
  | BlockTargetEffect
  | ReleaseTargetEffect
  | InspectStepEffect
  | ExecutionFinishedEffect
  | NoteEffect
