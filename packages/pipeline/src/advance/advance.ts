import type { ExecutionEffect } from '../effects.ts'
import type { ExecutionEvent } from '../events.ts'
import type { ExecutionState } from '../execution-state.ts'
import { onAttemptAccepted, onAttemptCompleted, onAttemptEnded, onGroupRejected } from './attempt-events.ts'
import { onCancelRequested, onTimer } from './cancel-events.ts'
import { progressExecution } from './progress.ts'
import { onStepFinished, onStepPermitted, onStepResolved, onStepStarted } from './step-events.ts'
import { Transition } from './transition.ts'

export interface AdvanceResult {
  readonly state: ExecutionState
  readonly effects: readonly ExecutionEffect[]
}

/**
 * What an event makes of an execution: the new state and what is to be done. Pure and total: an event that is unknown, repeated or
 * too late returns the very same state, with at most a `note` (and, for an attempt that nobody needs any more, `finishGroup`).
 *
 * Legal transitions; `-` means that the event changes nothing. "open" is Running, or Pending and offered; "current" means reported by
 * the group's current attempt (anything else is `-`).
 *
 * | step, event              | Pending       | Pending, offered      | Running              | Running, permitted | Unknown           | over |
 * | ------------------------ | ------------- | --------------------- | -------------------- | ------------------ | ----------------- | ---- |
 * | stepStarted              | -             | Running               | -                    | -                  | -                 | -    |
 * | stepPermitted            | -             | Running, permitted    | Running, permitted   | -                  | -                 | -    |
 * | stepFinished Succeeded   | -             | Succeeded             | Succeeded            | Succeeded          | Succeeded         | -    |
 * | stepFinished Failed      | -             | Failed                | Failed               | Failed             | Failed            | -    |
 * | stepFinished Cancelled   | -             | Cancelled             | Cancelled (1)        | Cancelled (1)      | Cancelled (1)     | -    |
 * | stepFinished Unknown     | -             | Unknown               | Unknown              | Unknown            | -                 | -    |
 * | attemptEnded/Completed   | Skipped (2)   | Pending or Skipped (2)| Failed               | Unknown            | -                 | -    |
 * | timer stepTimeout        | -             | -                     | asked to stop        | asked to stop      | -                 | -    |
 * | timer cancelForce        | -             | Cancelled (3)         | Cancelled, Failed (3)| Unknown (3)        | -                 | -    |
 * | cancelRequested          | Cancelled     | asked to stop         | asked to stop        | asked to stop      | -                 | -    |
 * | stepResolved             | -             | -                     | -                    | -                  | Succeeded, Failed, NotStarted | - |
 *
 * (1) Failed (timeout) where it was asked to stop since its time was up; Failed, too, where nobody asked and its runner was ended. (2) None of the group's steps has started: the group is placed
 * again, up to three times, and its steps wait; else they are skipped. Cancelled where the execution is. (3) Only where it was asked to
 * stop; Failed where that was for its timeout. Besides, a Pending step becomes Skipped or Failed (expression) when it is reached.
 *
 * | group, event             | Pending       | Queued                | Running              | Unknown            | over |
 * | ------------------------ | ------------- | --------------------- | -------------------- | ------------------ | ---- |
 * | (reached)                | Queued, Skipped, Failed | -           | -                    | -                  | -    |
 * | attemptAccepted          | -             | Running               | -                    | -                  | -    |
 * | attemptEnded/Completed   | -             | Queued, Failed        | Queued, Failed, Unknown, Cancelled | -    | -    |
 * | groupRejected            | -             | Failed                | -                    | -                  | -    |
 * | timer queueTimeout       | -             | Failed                | -                    | -                  | -    |
 * | cancelRequested          | Cancelled     | Cancelled             | Running, Cancelled   | -                  | -    |
 * | its last step is over    | -             | -                     | Succeeded, Failed, Skipped, Cancelled | the same | - |
 * | its last step is Unknown | -             | -                     | Unknown              | -                  | -    |
 *
 * Stages and the execution follow from their groups. A stage is Unknown while nothing in it moves but something is Unknown; so is
 * the execution, and it goes on by itself once that is resolved. `started` counts only for an execution that is Pending.
 *
 * A group is over as soon as its steps are: what its attempt does afterwards (seal logs, clean up) holds nothing up.
 */
export function advance(state: ExecutionState, event: ExecutionEvent): AdvanceResult {
  const work = new Transition(structuredClone(state), event.at)
  apply(work, event)
  if (work.changed) progressExecution(work)
  return { state: work.changed ? work.draft : state, effects: work.effects }
}

function apply(work: Transition, event: ExecutionEvent): void {
  switch (event.type) {
    case 'started':
      onStarted(work)
      return
    case 'attemptAccepted':
      onAttemptAccepted(work, event)
      return
    case 'stepStarted':
      onStepStarted(work, event)
      return
    case 'stepPermitted':
      onStepPermitted(work, event)
      return
    case 'stepFinished':
      onStepFinished(work, event)
      return
    case 'attemptCompleted':
      onAttemptCompleted(work, event)
      return
    case 'attemptEnded':
      onAttemptEnded(work, event)
      return
    case 'groupRejected':
      onGroupRejected(work, event)
      return
    case 'timer':
      onTimer(work, event)
      return
    case 'cancelRequested':
      onCancelRequested(work, event)
      return
    case 'stepResolved':
      onStepResolved(work, event)
      return
    default:
      // A newer server may have written it into the database that both read.
      work.ignore(`An event of the unknown type "${(event satisfies never as { type: string }).type}" changes nothing.`)
  }
}

function onStarted(work: Transition): void {
  const { draft, at } = work
  if (draft.status !== 'Pending') {
    work.ignore(`The execution is ${draft.status}; starting it changes nothing.`)
    return
  }
  draft.status = 'Running'
  draft.startedAt = at
  work.changed = true
}
