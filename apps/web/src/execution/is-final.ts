import type { ExecutionSummary } from '@sluice/contract'

/** Whether nothing more will happen by itself. `Unknown` waits for a person and then goes on, so it is not an end. */
export function isFinal(state: ExecutionSummary['state']): boolean {
  return state === 'Succeeded' || state === 'Failed' || state === 'Cancelled'
}
