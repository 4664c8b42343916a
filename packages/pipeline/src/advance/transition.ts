import type { ExecutionEffect, CancelMode } from '../effects.ts'
import type { ExecutionState, Failure, GroupState, StepState } from '../execution-state.ts'
import { isStepOver, stepsOf } from '../state-queries.ts'

/** Placements of one group before it fails. */
export const attemptsMax = 3

/** Names of the timers that `advance` sets; whole keys are made below. */
export type TimerName = 'queueTimeout' | 'stepTimeout' | 'cancelInterrupt' | 'cancelForce'

/** The key of a timer: its name, what it is for, and for a queue the number of the placement, so that an old one cannot match. */
export function timerKey(name: TimerName, id: string, attemptNumber?: number): string {
  return attemptNumber === undefined ? `${name}:${id}` : `${name}:${id}:${attemptNumber}`
}

/** One event's work: a draft of the next state, the effects so far, and whether anything changed at all. */
export class Transition {
  readonly draft: ExecutionState
  readonly at: number
  readonly effects: ExecutionEffect[] = []
  /** Stays false when the event turns out to mean nothing: then the state that comes back is the one that came in. */
  changed = false

  constructor(draft: ExecutionState, at: number) {
    this.draft = draft
    this.at = at
  }

  /** The event changes nothing, and that is worth a line. */
  ignore(message: string): void {
    this.effects.push({ type: 'note', message })
  }

  note(message: string): void {
    this.effects.push({ type: 'note', message })
  }

  setTimer(key: string, afterMs: number): void {
    this.effects.push({ type: 'setTimer', key, afterMs })
  }

  clearTimer(key: string): void {
    this.effects.push({ type: 'clearTimer', key })
  }

  cancelAttempt(group: GroupState, mode: CancelMode): void {
    if (group.attemptId === undefined || group.endedAttemptIds.includes(group.attemptId)) return
    this.effects.push({ type: 'cancelAttempt', groupId: group.groupId, attemptId: group.attemptId, mode })
  }

  /** A step that never began comes to its end. */
  endUnstarted(step: StepState, status: 'Skipped' | 'Cancelled' | 'Failed', why: { reason?: string; failure?: Failure }): void {
    step.status = status
    step.endedAt = this.at
    if (why.reason !== undefined) step.reason = why.reason
    if (why.failure !== undefined) step.failure = why.failure
    if (step.stop?.cause === 'timeout') this.clearTimer(timerKey('cancelForce', step.stepRunId))
    this.changed = true
  }

  /** A step that was begun, or that was Unknown, comes to its end. */
  endStep(step: StepState, status: 'Succeeded' | 'Failed' | 'Cancelled' | 'NotStarted', failure?: Failure): void {
    if (step.status === 'Unknown') this.effects.push({ type: 'releaseTarget', stepRunId: step.stepRunId })
    else this.#clearStepTimers(step)
    step.status = status
    step.startedAt ??= this.at
    step.endedAt = this.at
    delete step.failure
    if (failure !== undefined) step.failure = failure
    this.changed = true
  }

  /** What became of the step cannot be known: its target is blocked until somebody finds out. */
  loseStep(step: StepState, failure: Failure): void {
    this.#clearStepTimers(step)
    step.status = 'Unknown'
    step.startedAt ??= this.at
    step.failure = failure
    this.effects.push({ type: 'blockTarget', stepRunId: step.stepRunId }, { type: 'inspectStep', stepRunId: step.stepRunId })
    this.changed = true
  }

  /**
   * Nothing more is begun in this group. What was to come is skipped, and then the group has failed for this reason. A step that was
   * offered to a runner that may be alive may have its permit already, with the news under way: it is left to the runner.
   */
  skipRest(group: GroupState, failure: Failure): void {
    const isGone = group.attemptId === undefined || group.endedAttemptIds.includes(group.attemptId)
    for (const step of stepsOf(group)) {
      if (step.status !== 'Pending' || (step.offeredAt !== undefined && !isGone)) continue
      this.endUnstarted(step, 'Skipped', { reason: failure.message })
      group.failure ??= failure
    }
  }

  /** Ends a group none of whose steps runs, with all of its steps. */
  closeGroup(group: GroupState, status: 'Failed' | 'Skipped' | 'Cancelled', why: { reason?: string; failure?: Failure }): void {
    const reason = why.reason ?? why.failure?.message
    for (const step of stepsOf(group)) {
      if (isStepOver(step)) continue
      this.endUnstarted(step, status === 'Cancelled' ? 'Cancelled' : 'Skipped', reason === undefined ? {} : { reason })
    }
    group.status = status
    group.endedAt = this.at
    if (why.reason !== undefined) group.reason = why.reason
    if (why.failure !== undefined) group.failure ??= why.failure
    this.changed = true
  }

  #clearStepTimers(step: StepState): void {
    if (step.startedAt !== undefined) this.clearTimer(timerKey('stepTimeout', step.stepRunId))
    if (step.stop?.cause === 'timeout') this.clearTimer(timerKey('cancelForce', step.stepRunId))
  }
}
