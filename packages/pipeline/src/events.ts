import type { Failure, StepResolution } from './execution-state.ts'
import type { JsonValue } from './model.ts'

interface At {
  /** When it happened, milliseconds since the epoch: becomes the nodes' `startedAt` and `endedAt`. Never compared with a deadline. */
  readonly at: number
}

/** What a runner may say a step came to. */
export type StepOutcome = 'Succeeded' | 'Failed' | 'Cancelled' | 'Unknown'

export interface Reason {
  readonly code: string
  readonly message: string
  readonly hint?: string
  /** Placing it again would come to the same. */
  readonly final?: boolean
}

/** The execution may begin. */
export interface StartedEvent extends At {
  readonly type: 'started'
}

/** A delegate took the group's task; `attemptId` is the id of that placement. */
export interface AttemptAcceptedEvent extends At {
  readonly type: 'attemptAccepted'
  readonly groupId: string
  readonly attemptId: string
}

/** The runner began the step: it fetches, parses and plans. */
export interface StepStartedEvent extends At {
  readonly type: 'stepStarted'
  readonly stepRunId: string
  readonly attemptId: string
}

/** The permit to write was given (written in the permit's own transaction). */
export interface StepPermittedEvent extends At {
  readonly type: 'stepPermitted'
  readonly stepRunId: string
  readonly attemptId: string
}

/** Code of the failure of a step that ended because its runner was asked to, and not the step. */
export const runnerStoppedCode = 'RUNNER_STOPPED'

/** The runner's word on the step's outcome. */
export interface StepFinishedEvent extends At {
  readonly type: 'stepFinished'
  readonly stepRunId: string
  readonly attemptId: string
  readonly outcome: StepOutcome
  readonly failure?: Failure | undefined
  readonly outputs?: { readonly [key: string]: JsonValue } | undefined
}

/** The runner is done with its group and has sealed its logs. */
export interface AttemptCompletedEvent extends At {
  readonly type: 'attemptCompleted'
  readonly groupId: string
  readonly attemptId: string
}

/** The attempt is gone without having completed: process died, lease lost, placement failed. */
export interface AttemptEndedEvent extends At {
  readonly type: 'attemptEnded'
  readonly groupId: string
  readonly attemptId: string
  readonly reason: Reason
}

/** The server found, while planning the group, that it cannot be placed: an entity is missing, the module is off. */
export interface GroupRejectedEvent extends At {
  readonly type: 'groupRejected'
  readonly groupId: string
  readonly failure: Failure
}

/** A timer that a `setTimer` effect asked for is due. */
export interface TimerEvent extends At {
  readonly type: 'timer'
  readonly key: string
}

export interface CancelRequestedEvent extends At {
  readonly type: 'cancelRequested'
  readonly by: string
  readonly reason: string
}

/** A person says what became of a step whose outcome is Unknown. */
export interface StepResolvedEvent extends At {
  readonly type: 'stepResolved'
  readonly stepRunId: string
  readonly as: StepResolution
  readonly by: string
  readonly reason: string
}

/** Everything that can happen to an execution. */
export type ExecutionEvent =
  | StartedEvent
  | AttemptAcceptedEvent
  | StepStartedEvent
  | StepPermittedEvent
  | StepFinishedEvent
  | AttemptCompletedEvent
  | AttemptEndedEvent
  | GroupRejectedEvent
  | TimerEvent
  | CancelRequestedEvent
  | StepResolvedEvent
