import type { ExecutionSummary, NodeState } from '@sluice/contract'
import type { IconName } from '../ui/Icon.tsx'

export type Tone = 'neutral' | 'running' | 'success' | 'failure' | 'warning' | 'unknown'

/** How a state looks: always a word and an icon, so that colour is never the only sign. */
export interface StateLook {
  readonly label: string
  readonly tone: Tone
  /** `spinner` turns. */
  readonly icon: IconName | 'spinner'
}

/** Looks of the states of executions, stages, groups and steps. */
export const stateLooks: Readonly<Record<NodeState | ExecutionSummary['state'], StateLook>> = {
  Pending: { label: 'Pending', tone: 'neutral', icon: 'dot' },
  Queued: { label: 'Queued', tone: 'warning', icon: 'clock' },
  Running: { label: 'Running', tone: 'running', icon: 'spinner' },
  Succeeded: { label: 'Succeeded', tone: 'success', icon: 'check' },
  Failed: { label: 'Failed', tone: 'failure', icon: 'cross' },
  Skipped: { label: 'Skipped', tone: 'neutral', icon: 'skip' },
  Cancelled: { label: 'Cancelled', tone: 'neutral', icon: 'slash' },
  Unknown: { label: 'Unknown', tone: 'unknown', icon: 'question' },
  NotStarted: { label: 'Not started', tone: 'neutral', icon: 'dash' },
}
