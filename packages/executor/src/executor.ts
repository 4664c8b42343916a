/** Secret values by slot name. Whoever made the bytes fills them with zeros after `place` has returned. */
export type SlotValues = ReadonlyMap<string, Uint8Array>

/** What an attempt's place is made from. Nothing in it is a secret of the user's; `attemptToken` is good for this attempt alone. */
export interface AttemptPlan {
  readonly attemptId: string
  /** Fence of the attempt, as the control plane gave it. */
  readonly epoch: number
  /** What the runner is to do: any JSON value. The executor writes it down and never looks inside. */
  readonly task: unknown
  readonly attemptToken: string
  /** Where the runner finds the relay: `unix:/path` or an https origin. */
  readonly relay: string
}

/** How far an attempt's place has come. `ended` also when its runner was never started and never will be. */
export type PlacePhase = 'prepared' | 'running' | 'ended'

/**
 * How a runner ended.
 * `completed`: it exited with 0, which a runner does only after the control plane has acknowledged its completion.
 * `exited`: another exit code. `killed`: by a signal.
 * `missing`: it is gone and nobody saw how. `notStarted`: it never ran, so nothing of the attempt happened.
 */
export interface AttemptEnd {
  readonly how: 'completed' | 'exited' | 'killed' | 'missing' | 'notStarted'
  readonly exitCode: number | null
  readonly signal: string | null
  /** What is known beyond that, in words: with the object and the reason. */
  readonly detail?: string | undefined
  /** What to do next. */
  readonly hint?: string | undefined
}

/** What an executor has to say about a place while it is looked after. */
export type PlaceNotice =
  /** It waits for something outside, or something is wrong that may yet pass. Said again when it changes. */
  | { readonly type: 'waiting'; readonly what: string; readonly hint?: string | undefined }
  /** Events of the place's objects, as the cluster tells them. */
  | { readonly type: 'clusterEvents'; readonly events: readonly ClusterEventRecord[] }

/** One event of a cluster. */
export interface ClusterEventRecord {
  /** RFC 3339, as the cluster says it. */
  readonly at: string
  readonly type: string
  /** `Pod/sluice-…`. */
  readonly object: string
  readonly reason: string
  readonly message: string
  readonly count?: number | undefined
}

/** What an executor knows about one attempt. */
export interface PlacedAttempt {
  readonly attemptId: string
  readonly epoch: number
  readonly phase: PlacePhase
  /** Where it runs, for people: `process 4711`. */
  readonly place: string
  /** Whether the runner holds, or is asking for, a permit to change a database. True when that cannot be read. */
  readonly permitOpen: boolean
  readonly end?: AttemptEnd | undefined
}

/** `permitOpen`: nothing was done, since the runner may be changing a database. `ended`: there was nothing to signal. */
export type SignalResult = 'sent' | 'permitOpen' | 'ended'

/**
 * Places attempts somewhere and looks after the places. Knows nothing of the control plane.
 *
 * Order for one attempt: `prepare`, `place`, `wait` (any number), `remove`. After a restart of the delegate: `adopt` first, once; the
 * attempts it lists are then known as if this instance had placed them.
 *
 * Concurrency: calls for different attempts may overlap freely. For one attempt, `wait` and `inspect` overlap with everything; the
 * caller does not overlap `prepare`, `place` and `remove`.
 *
 * Crash safety: a process that calls these methods may be killed at any moment. An attempt is then either absent, `prepared` or
 * `running`/`ended` for the next `adopt`, and a runner that did anything at all is among those listed.
 *
 * All methods but `adopt` throw `AppError('notFound', 'ATTEMPT_UNKNOWN')` for an attempt that is not here, unless they say otherwise.
 */
export interface Executor {
  readonly kind: string
  /**
   * Makes the attempt's place, without a runner. Repeating it with the same epoch changes nothing; another epoch is
   * `AppError('conflict', 'ATTEMPT_EPOCH')`.
   */
  prepare(plan: AttemptPlan): Promise<void>
  /**
   * Starts the runner and hands it the values; returns when it has them. At most once for an attempt, whoever calls: a second call
   * throws `AppError('conflict', 'ATTEMPT_PLACED')`. Throws `AppError('unavailable', 'PLACEMENT_FAILED')` when nothing could be
   * started; the attempt has then ended as `notStarted`. The executor's own copies of the values are zeroed before this returns.
   */
  place(attemptId: string, values: SlotValues): Promise<PlacedAttempt>
  /** Finds what an earlier instance left behind. Half-made places are removed and not listed. */
  adopt(): Promise<readonly PlacedAttempt[]>
  inspect(attemptId: string): Promise<PlacedAttempt>
  /**
   * `terminate` asks the runner to stop what it does in good order. `kill` ends it and what it started, at once. Both do nothing while
   * the runner holds an open permit; the check and the act cannot be overtaken by a permit request.
   */
  signal(attemptId: string, mode: 'terminate' | 'kill'): Promise<SignalResult>
  /** Resolves when the runner has ended, at once if it already has; rejects with the signal's reason when that is aborted first. */
  wait(attemptId: string, signal?: AbortSignal): Promise<AttemptEnd>
  /** The last part of what the runner said about itself, for a failure's message. Empty when there is none. Not masked. */
  tail(attemptId: string, bytesMax: number): Promise<string>
  /** Keeps what runners leave behind within bounds; called now and then. Throws nothing. */
  tend(): Promise<void>
  /**
   * Removes the place and whatever the runner left running. An attempt that is not here is no error. Throws
   * `AppError('failedPrecondition', 'ATTEMPT_RUNNING')` while the runner lives.
   */
  remove(attemptId: string): Promise<void>
}
