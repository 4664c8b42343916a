import { type Clock, type Timings, toAppError } from '@sluice/base'
import type { TaskStep } from '@sluice/contract'
import { type Checkout, fetchGitSource } from './git-source.ts'
import type { SlotValues } from './slot-values.ts'

/** What a step whose source is fetched already has to say about it. */
export interface SourceTaker {
  /** The commit this execution resolved before: it and no other. */
  readonly pinnedCommit: string | undefined
  /** Ends the fetch with the step. */
  readonly signal: AbortSignal
  /** What Git printed so far, and prints from now on. */
  readonly onLine: (line: string) => void
  readonly say: (line: string) => void
}

export interface SourceAhead {
  /**
   * The checkout of this step, once, or undefined where the step has to fetch its source itself: none was begun for it, too long ago, or it is
   * not the pinned commit. Rejects as `fetchGitSource` does.
   */
  take(stepRunId: string, taker: SourceTaker): Promise<Checkout | undefined>
  /** Ends what nobody took, and resolves when its credentials are gone from the file system. Never rejects. */
  close(): Promise<void>
}

interface SourceAheadOptions {
  readonly workDir: string
  readonly slots: SlotValues
  readonly clock: Clock
  readonly timings: Timings
}

/** How old a branch's newest commit may be, in milliseconds: as old as if the step had been slow to start. */
const freshMs = 5000
/** Lines of Git that are kept until a step takes them. */
const linesMax = 100

/**
 * Begins to fetch the source of a task's first step while the control plane is still asked whether the step runs: Git's processes and the
 * network take most of a short step's time. It only reads, with what the attempt was given for that step.
 */
export function fetchAhead(first: TaskStep | undefined, options: SourceAheadOptions): SourceAhead {
  if (first?.kind !== 'database') return { take: () => Promise.resolve(undefined), close: () => Promise.resolve() }
  const { clock } = options
  const startedAt = clock.monotonic()
  const end = new AbortController()
  const kept: ((taker: SourceTaker) => void)[] = []
  let taker: SourceTaker | undefined
  const tell = (what: (to: SourceTaker) => void): void => {
    if (taker !== undefined) what(taker)
    else if (kept.length < linesMax) kept.push(what)
  }
  const fetching = fetchGitSource(first.source, {
    ...options,
    pinnedCommit: undefined,
    signal: end.signal,
    onLine: (line) => tell((to) => to.onLine(line)),
    say: (line) => tell((to) => to.say(line)),
  })
  const settled = fetching.then(
    () => {},
    () => {
      // Whoever takes it hears of it.
    },
  )
  return {
    async take(stepRunId, next) {
      if (stepRunId !== first.stepRunId || taker !== undefined) return undefined
      if (clock.monotonic() - startedAt > freshMs) {
        end.abort()
        return undefined
      }
      taker = next
      const stop = (): void => end.abort(next.signal.reason)
      next.signal.addEventListener('abort', stop, { once: true })
      if (next.signal.aborted) stop()
      for (const say of kept.splice(0)) say(next)
      const { pinnedCommit } = next
      try {
        const checkout = await fetching
        return pinnedCommit === undefined || checkout.commit === pinnedCommit ? checkout : undefined
      } catch (error) {
        // The branch or tag is gone; the commit may be there.
        if (pinnedCommit !== undefined && toAppError(error).code === 'GIT_REVISION_NOT_FOUND') return undefined
        throw error
      }
    },
    close() {
      end.abort()
      return settled
    },
  }
}
