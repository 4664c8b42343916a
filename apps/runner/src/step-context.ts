import type { Clock, Timings } from '@sluice/base'
import type { AttemptEvent, DatabaseTaskStep, ReportedFailure, StepOrder, TaskSpec, TaskStep } from '@sluice/contract'
import type { AttemptApi } from './attempt-api.ts'
import type { Checkout } from './git-source.ts'
import type { PermitFile } from './permit.ts'
import type { SlotValues } from './slot-values.ts'
import type { SourceTaker } from './source-ahead.ts'
import type { StepLog } from './step-log.ts'
import type { StepStop, StepTimer } from './step-stop.ts'

/** What one step's code may use. */
export interface StepContext<Step extends TaskStep = DatabaseTaskStep> {
  readonly task: TaskSpec
  readonly step: Step
  readonly order: StepOrder
  readonly slots: SlotValues
  readonly api: AttemptApi
  readonly bootId: string
  readonly workDir: string
  readonly permits: PermitFile
  readonly log: StepLog
  readonly stop: StepStop
  readonly timer: StepTimer
  readonly timings: Timings
  readonly clock: Clock
  /** In a pod: where the volumes of step containers are mounted, and how those see theirs. */
  readonly containersDir: string | undefined
  readonly containerRoot: string
  readonly allowCommands: boolean
  /** Outputs of type Secret of this group's steps, by slot. */
  readonly secretOutputs: Map<string, Buffer>
  /** From now on logs and reports are masked for this value too. */
  readonly addMask: (name: string, value: Buffer) => void
  /** This step's source where it was fetched ahead: see `SourceAhead.take`. */
  readonly takeSource: (taker: SourceTaker) => Promise<Checkout | undefined>
  send(event: AttemptEvent): void
}

/** How a step ended, in the words of the contract. */
export interface StepResult {
  readonly outcome: 'Succeeded' | 'Failed' | 'Cancelled' | 'Unknown'
  readonly failure?: ReportedFailure | undefined
  readonly outputs?: Record<string, string | null> | undefined
  readonly summary?: { applied: number; skipped: number; rolledBack: number; lastTag: string | null } | undefined
}

export function failed(code: string, message: string, hint?: string, kind: ReportedFailure['kind'] = 'step'): StepResult {
  return {
    outcome: 'Failed',
    failure: { kind, code, message: message.slice(0, 16_000), ...(hint === undefined ? {} : { hint: hint.slice(0, 4000) }) },
  }
}
