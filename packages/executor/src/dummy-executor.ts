import { AppError } from '@sluice/base'
import { endOf, missing, notStarted } from './attempt-folder.ts'
import { orAbort } from './or-abort.ts'
import type { AttemptEnd, Executor, PlacedAttempt } from './executor.ts'

/** What a dummy runner does; read from the task's own field `dummy`. */
export interface DummyBehaviour {
  /** Exit code; 0 unless said. */
  readonly exitCode?: number
  /** How long it runs. Without it, until `finish` or a signal. */
  readonly runMs?: number
  /** The placement fails. */
  readonly failStart?: boolean
  /** It is gone and nobody sees how. */
  readonly lost?: boolean
  /** It holds a permit until its end. */
  readonly permitOpen?: boolean
  /** It ignores being asked to stop. */
  readonly stubborn?: boolean
  /** How much it writes as its own diagnostics. */
  readonly logBytes?: number
}

interface DummyAttempt {
  readonly epoch: number
  readonly behaviour: DummyBehaviour
  phase: PlacedAttempt['phase']
  log: string
  end?: AttemptEnd
  readonly ended: Promise<AttemptEnd>
  readonly finish: (end: AttemptEnd) => void
  received: Record<string, string>
}

/** What outlives a dummy executor, as a disk outlives a process. */
export interface DummyWorld {
  readonly attempts: Map<string, DummyAttempt>
}

export function createDummyWorld(): DummyWorld {
  return { attempts: new Map() }
}

export interface DummyExecutor extends Executor {
  /** Ends a dummy runner. */
  finish(attemptId: string, exitCode: number): void
  /** What the runner was given, by slot. */
  received(attemptId: string): Readonly<Record<string, string>>
}

function createDummyAttempt(epoch: number, behaviour: DummyBehaviour): DummyAttempt {
  const { promise, resolve } = Promise.withResolvers<AttemptEnd>()
  const attempt: DummyAttempt = {
    epoch,
    behaviour,
    phase: 'prepared',
    log: '',
    ended: promise,
    finish(end) {
      if (attempt.phase === 'ended') return
      attempt.phase = 'ended'
      attempt.end = behaviour.lost === true ? missing : end
      resolve(attempt.end)
    },
    received: {},
  }
  return attempt
}

/** An executor without processes, for tests of what uses executors. It keeps every promise of the interface. */
export function createDummyExecutor(world: DummyWorld = createDummyWorld(), logBytesMax = 64 * 1024): DummyExecutor {
  // Like a process executor after a restart: what is in the world is not known before `adopt`.
  const known = new Set<string>()
  const get = (attemptId: string): DummyAttempt => {
    const attempt = known.has(attemptId) ? world.attempts.get(attemptId) : undefined
    if (attempt === undefined) throw new AppError('notFound', 'ATTEMPT_UNKNOWN', `The attempt "${attemptId}" is not placed here.`)
    return attempt
  }
  const describe = (attemptId: string): PlacedAttempt => {
    const attempt = get(attemptId)
    return {
      attemptId,
      epoch: attempt.epoch,
      phase: attempt.phase,
      place: 'dummy',
      permitOpen: attempt.phase === 'running' && attempt.behaviour.permitOpen === true,
      ...(attempt.end === undefined ? {} : { end: attempt.end }),
    }
  }

  return {
    kind: 'dummy',
    async prepare({ attemptId, epoch, task }) {
      const earlier = world.attempts.get(attemptId)
      known.add(attemptId)
      if (earlier !== undefined) {
        if (earlier.epoch === epoch) return
        throw new AppError(
          'conflict',
          'ATTEMPT_EPOCH',
          `The attempt "${attemptId}" is here with epoch ${earlier.epoch}, not ${epoch}.`,
        )
      }
      world.attempts.set(attemptId, createDummyAttempt(epoch, (task as { dummy?: DummyBehaviour } | null)?.dummy ?? {}))
    },
    async place(attemptId, values) {
      const attempt = get(attemptId)
      if (attempt.phase !== 'prepared') {
        throw new AppError('conflict', 'ATTEMPT_PLACED', `The attempt "${attemptId}" was placed before.`)
      }
      const { behaviour } = attempt
      if (behaviour.failStart === true) {
        attempt.phase = 'ended'
        attempt.end = notStarted
        throw new AppError('unavailable', 'PLACEMENT_FAILED', 'The dummy runner was told not to start.')
      }
      attempt.phase = 'running'
      attempt.received = Object.fromEntries([...values].map(([slot, value]) => [slot, Buffer.from(value).toString('utf8')]))
      attempt.log = 'x'.repeat(behaviour.logBytes ?? 0)
      if (behaviour.runMs !== undefined) {
        setTimeout(() => {
          attempt.finish(endOf(behaviour.exitCode ?? 0, null))
        }, behaviour.runMs)
      }
      return describe(attemptId)
    },
    async adopt() {
      for (const [attemptId] of world.attempts) known.add(attemptId)
      return [...known].map(describe)
    },
    inspect: async (attemptId) => describe(attemptId),
    async signal(attemptId, mode) {
      const attempt = get(attemptId)
      if (attempt.phase !== 'running') return 'ended'
      if (attempt.behaviour.permitOpen === true) return 'permitOpen'
      if (mode === 'kill' || attempt.behaviour.stubborn !== true) {
        attempt.finish(endOf(null, mode === 'kill' ? 'SIGKILL' : 'SIGTERM'))
      }
      return 'sent'
    },
    async wait(attemptId, signal) {
      const attempt = get(attemptId)
      if (attempt.end !== undefined) return attempt.end
      if (attempt.phase === 'prepared') {
        throw new AppError('failedPrecondition', 'ATTEMPT_NOT_PLACED', `The attempt "${attemptId}" has no runner to wait for.`)
      }
      return orAbort(attempt.ended, signal)
    },
    tail: async (attemptId, bytesMax) => get(attemptId).log.slice(-bytesMax),
    async tend() {
      for (const attempt of world.attempts.values()) if (attempt.log.length > logBytesMax) attempt.log = ''
    },
    async remove(attemptId) {
      const attempt = world.attempts.get(attemptId)
      if (!known.has(attemptId) || attempt === undefined) return
      if (attempt.phase === 'running') {
        throw new AppError('failedPrecondition', 'ATTEMPT_RUNNING', `The runner of attempt "${attemptId}" still runs.`)
      }
      world.attempts.delete(attemptId)
      known.delete(attemptId)
    },
    finish(attemptId, exitCode) {
      get(attemptId).finish(endOf(exitCode, null))
    },
    received: (attemptId) => get(attemptId).received,
  }
}
