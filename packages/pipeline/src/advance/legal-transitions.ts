import type { ExecutionStatus, GroupStatus, StageStatus, StepStatus } from '../execution-state.ts'

// Which status may follow which within one event, whatever the event. Tests hold every step of `advance` against it.

export const legalStepTransitions: Readonly<Record<StepStatus, readonly StepStatus[]>> = {
  Pending: ['Running', 'Succeeded', 'Failed', 'Skipped', 'Cancelled', 'Unknown'],
  Running: ['Succeeded', 'Failed', 'Cancelled', 'Unknown'],
  Unknown: ['Succeeded', 'Failed', 'Cancelled', 'NotStarted'],
  Succeeded: [],
  Failed: [],
  Skipped: [],
  Cancelled: [],
  NotStarted: [],
}

export const legalGroupTransitions: Readonly<Record<GroupStatus, readonly GroupStatus[]>> = {
  // Succeeded without having been placed: its only steps to run had conditions that failed, and were ignored.
  Pending: ['Queued', 'Skipped', 'Failed', 'Cancelled', 'Succeeded'],
  Queued: ['Running', 'Failed', 'Cancelled', 'Skipped', 'Succeeded'],
  Running: ['Queued', 'Succeeded', 'Failed', 'Skipped', 'Cancelled', 'Unknown'],
  Unknown: ['Succeeded', 'Failed', 'Cancelled'],
  Succeeded: [],
  Failed: [],
  Skipped: [],
  Cancelled: [],
}

export const legalStageTransitions: Readonly<Record<StageStatus, readonly StageStatus[]>> = {
  Pending: ['Running', 'Succeeded', 'Failed', 'Skipped', 'Cancelled'],
  Running: ['Succeeded', 'Failed', 'Skipped', 'Cancelled', 'Unknown'],
  Unknown: ['Running', 'Succeeded', 'Failed', 'Cancelled'],
  Succeeded: [],
  Failed: [],
  Skipped: [],
  Cancelled: [],
}

export const legalExecutionTransitions: Readonly<Record<ExecutionStatus, readonly ExecutionStatus[]>> = {
  Pending: ['Running', 'Succeeded', 'Failed', 'Cancelled'],
  Running: ['Succeeded', 'Failed', 'Cancelled', 'Unknown'],
  Unknown: ['Running', 'Succeeded', 'Failed', 'Cancelled'],
  Succeeded: [],
  Failed: [],
  Cancelled: [],
}
