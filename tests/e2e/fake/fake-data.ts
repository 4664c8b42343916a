import type {
  changesetView,
  DelegateView,
  ExecutionSummary,
  ExecutionView,
  kubernetesEventView,
  selectionTrace,
  StepView,
  targetView,
} from '@sluice/contract'
import type { z } from 'zod'

export type Changeset = z.output<typeof changesetView>
export type Stage = ExecutionView['stages'][number]
export type Group = Extract<Stage['nodes'][number], { kind: 'stepGroup' }>

/** Everything that the fake control plane knows. */
export interface FakeData {
  readonly executions: Map<string, ExecutionView>
  readonly changesets: Map<string, Changeset[]>
  /** Text of each log stream, and whether it is complete. */
  readonly logs: Map<string, { text: string; sealed: boolean }>
  readonly selections: Map<string, z.output<typeof selectionTrace>>
  /** What clusters said, by execution. */
  readonly kubernetesEvents: Map<string, z.output<typeof kubernetesEventView>[]>
  delegates: DelegateView[]
  targets: z.output<typeof targetView>[]
}

/** Ids of the executions, named for what each shows. */
export const executionIds = {
  running: id(9),
  unknown: id(8),
  queued: id(7),
  failed: id(6),
  succeeded: id(5),
  parallel: id(4),
  cancelled: id(3),
  bigLog: id(2),
} as const

function id(number: number): string {
  return `exe_01jzz0000${String(number)}${'0'.repeat(16)}`
}

/** The row that the list shows of an execution. */
export function toSummary(view: ExecutionView): ExecutionSummary {
  const { version: _version, inputs: _inputs, failure: _failure, notes: _notes, stages: _stages, ...summary } = view
  return summary
}

export function stepsOf(stage: Stage): StepView[] {
  return stage.nodes
    .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
    .flatMap((group) => group.nodes)
    .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
}
