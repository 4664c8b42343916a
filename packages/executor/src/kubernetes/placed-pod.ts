import type { AttemptEnd, PlaceNotice } from '../executor.ts'
import type { PodTrouble, Words } from './judge-pod.ts'
import type { KubernetesPlan } from './kubernetes-plan.ts'
import type { Pod } from './kube-types.ts'

/** What is known of one attempt's place in a cluster. */
export interface PlacedPod {
  readonly attemptId: string
  readonly epoch: number
  readonly namespace: string
  readonly anchorUid: string
  readonly attemptToken: string
  /** Absent for an adopted attempt: it is not placed again. */
  readonly plan: KubernetesPlan | undefined
  readonly initTimeoutMs: number
  phase: 'prepared' | 'running' | 'ended'
  podUid: string | undefined
  pod: Pod | undefined
  hasStarted: boolean
  end: AttemptEnd | undefined
  readonly ended: PromiseWithResolvers<AttemptEnd>
  /** Monotonic, when the pod was made or first seen. */
  placedAt: number
  /** The last trouble with an image in which the registry was quoted. */
  pullTrouble?: PodTrouble | undefined
  /** What the events say of things that failed, oldest first. */
  pullAnswers: readonly string[]
  /** Monotonic, since when something stands in the way. */
  troubleSince: number | undefined
  /** What was said last, so that it is said once. */
  said: string | undefined
  /** Why this executor ends the pod before its runner has started. */
  givenUp: Words | undefined
  givenUpAt: number
  /** This executor ended the runner on purpose. */
  signaled: boolean
  /** Until when an adopted attempt may have its pod created by a call of the process before, monotonic. */
  readonly seenEvents: Set<string>
  eventsAt: number
}

export function createPlacedPod(
  facts: Pick<PlacedPod, 'attemptId' | 'epoch' | 'namespace' | 'anchorUid' | 'attemptToken' | 'plan' | 'initTimeoutMs'>,
): PlacedPod {
  return {
    ...facts,
    phase: 'prepared',
    podUid: undefined,
    pod: undefined,
    hasStarted: false,
    end: undefined,
    ended: Promise.withResolvers(),
    placedAt: 0,
    pullAnswers: [],
    troubleSince: undefined,
    said: undefined,
    givenUp: undefined,
    givenUpAt: 0,
    signaled: false,
    seenEvents: new Set(),
    eventsAt: Number.NEGATIVE_INFINITY,
  }
}

/** Ends the attempt, once. */
export function settle(placed: PlacedPod, end: AttemptEnd): void {
  if (placed.end !== undefined) return
  placed.phase = 'ended'
  placed.end = end
  placed.ended.resolve(end)
}

export type OnNotice = (attemptId: string, notice: PlaceNotice) => void

/** Says what stands in the way, unless it was just said. */
export function say(placed: PlacedPod, { what, hint }: Words, onNotice: OnNotice): void {
  if (placed.said === what) return
  placed.said = what
  onNotice(placed.attemptId, { type: 'waiting', what, hint })
}
