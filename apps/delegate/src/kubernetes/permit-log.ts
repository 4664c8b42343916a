import type { PermitView } from '@sluice/executor'

/**
 * What this process knows about permits of attempts in pods, where it cannot look into the runner's files. An attempt that it has placed
 * and whose calls all come through its relay holds no permit until it asks for one; and the control plane says when none is open and none
 * will be granted. Everything else counts as open.
 */
export interface PermitLog extends PermitView {
  /** The runner was started by this process, so that every call of it is seen here. */
  placed(attemptId: string): void
  /** The relay is about to pass on that a permit is asked for; false when it must not. */
  asks(attemptId: string): boolean
  /** The control plane says that no permit is open and none will be granted. */
  cleared(attemptId: string): void
  forget(attemptId: string): void
}

type State = 'none' | 'asked' | 'closed'

/** `sharesRelay`: calls may also come through relays of other instances, so that what was not seen here may have happened. */
export function createPermitLog({ sharesRelay }: { readonly sharesRelay: boolean }): PermitLog {
  const states = new Map<string, State>()
  return {
    placed(attemptId) {
      if (!sharesRelay && !states.has(attemptId)) states.set(attemptId, 'none')
    },
    asks(attemptId) {
      if (states.get(attemptId) === 'closed') return false
      states.set(attemptId, 'asked')
      return true
    },
    cleared(attemptId) {
      states.set(attemptId, 'closed')
    },
    forget(attemptId) {
      states.delete(attemptId)
    },
    isOpen(attemptId) {
      const state = states.get(attemptId)
      return state === undefined || state === 'asked'
    },
    async close(attemptId) {
      if (states.get(attemptId) === 'none') states.set(attemptId, 'closed')
      return states.get(attemptId) === 'closed'
    },
  }
}
