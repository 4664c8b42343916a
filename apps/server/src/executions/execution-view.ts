import type { ExecutionView, StepView } from '@sluice/contract'
import {
  describeExecution,
  type ExecutionTree,
  type GroupTree,
  type JsonValue,
  type ParallelTree,
  type StageTree,
  type StepTree,
} from '@sluice/pipeline'
import type { ExecutionDetails } from '@sluice/store'
import { toExecutionSummary } from './execution-summary.ts'

type StageView = ExecutionView['stages'][number]
type StageNodeView = StageView['nodes'][number]
type GroupView = Extract<StageNodeView, { kind: 'stepGroup' }>
type FailureView = NonNullable<ExecutionView['failure']>

/** An execution with its graph, as pages and the CLI show it. */
export function toExecutionView(details: ExecutionDetails): ExecutionView {
  const { execution } = details
  const tree = describeExecution(execution.state)
  const failure = findFailure(tree)
  return {
    ...toExecutionSummary(execution),
    version: execution.version,
    inputs: execution.inputs,
    ...(failure === undefined ? {} : { failure }),
    notes: execution.notes,
    stages: tree.stages.map((stage) => toStage(stage, details)),
  }
}

function toStage(stage: StageTree, details: ExecutionDetails): StageView {
  return {
    identifier: stage.identifier,
    name: stage.name,
    state: stage.status,
    ...times(stage),
    ...(stage.reason === undefined ? {} : { reason: stage.reason }),
    nodes: stage.nodes.map((node) => mapNode(node, (group) => toGroup(group, stage, details))),
  }
}

function toGroup(group: GroupTree, stage: StageTree, details: ExecutionDetails): GroupView {
  const attempt = details.attempts.get(group.groupId)
  const log = attempt === undefined ? undefined : details.logs.get(attempt.id)
  const path = group.implicit ? stage.identifier : `${stage.identifier}/${group.identifier}`
  return {
    kind: 'stepGroup',
    groupId: group.groupId,
    identifier: group.identifier,
    name: group.name,
    implicit: group.implicit,
    state: group.status,
    ...times(group),
    ...(group.failure === undefined ? {} : { failure: group.failure }),
    ...(group.reason === undefined ? {} : { reason: group.reason }),
    ...(attempt === undefined
      ? {}
      : {
          attempt: {
            attemptId: attempt.id,
            number: attempt.attempt_number,
            state: attempt.state,
            delegateName: attempt.delegate_name,
            ...(attempt.place === null ? {} : { place: attempt.place }),
            contact: attempt.contact,
            ...(attempt.waiting_for === null ? {} : { waitingFor: attempt.waiting_for }),
            ...(attempt.waiting_hint === null ? {} : { waitingHint: attempt.waiting_hint }),
            ...(log === undefined ? {} : { log: { stream: log.id, length: log.length, sealed: log.sealed } }),
          },
        }),
    nodes: group.nodes.map((node) => mapNode(node, (step) => toStep(step, path, details))),
  }
}

function toStep(step: StepTree, parentPath: string, details: ExecutionDetails): StepView {
  const run = details.stepRuns.get(step.stepRunId)
  const permit = details.permits.get(step.stepRunId)
  const log = details.logs.get(step.stepRunId)
  const dbSchema = step.dbSchema ?? run?.db_schema ?? undefined
  const dbInstance = step.dbInstance ?? run?.db_instance ?? undefined
  const waiting = step.status === 'Running' && run?.waiting_for ? run.waiting_for : undefined
  const counts = toCounts(step.stepRunId, details)
  return {
    kind: 'step',
    stepRunId: step.stepRunId,
    identifier: step.identifier,
    name: step.name,
    path: run?.path ?? `${parentPath}/${step.identifier}`,
    type: step.type,
    state: step.status,
    ...times(step),
    ...(step.failure === undefined ? {} : { failure: step.failure }),
    ...(step.reason === undefined ? {} : { reason: step.reason }),
    ...(step.outputs === undefined ? {} : { outputs: toOutputs(step.outputs) }),
    ...(dbSchema === undefined ? {} : { dbSchema }),
    ...(dbInstance === undefined ? {} : { dbInstance }),
    ...(!run?.target_key ? {} : { targetKey: run.target_key }),
    ...(waiting === undefined ? {} : { waitingFor: waiting }),
    ...(!run?.commit_sha ? {} : { commit: run.commit_sha }),
    ...(counts === undefined ? {} : { counts }),
    ...(permit === undefined
      ? {}
      : {
          permit: {
            permitId: permit.permit_id,
            fence: permit.fence,
            grantedAt: permit.granted_at.toISOString(),
            open: permit.released_at === null,
          },
        }),
    ...(log === undefined ? {} : { log: { stream: log.id, length: log.length, sealed: log.sealed, gaps: log.gaps.length } }),
    ...toInspection(step.stepRunId, details),
    ...(step.resolution === undefined
      ? {}
      : { resolution: { ...step.resolution, at: new Date(step.resolution.at).toISOString() } }),
  }
}

function toCounts(stepRunId: string, details: ExecutionDetails): StepView['counts'] {
  const planned = details.stepRuns.get(stepRunId)?.counts?.planned
  const seen = details.changesets.get(stepRunId)
  if (planned === undefined && seen === undefined) return undefined
  const { applied = 0, rolledBack = 0, failed = 0 } = seen ?? {}
  return { planned: planned ?? applied + rolledBack + failed, applied, rolledBack, failed }
}

function toInspection(stepRunId: string, details: ExecutionDetails): Pick<StepView, 'inspection'> {
  const row = details.inspections.get(stepRunId)
  if (row === undefined) return {}
  return {
    inspection: {
      state: row.state,
      ...(row.finding === null ? {} : { finding: row.finding }),
      ...(row.applied_count === null ? {} : { appliedCount: row.applied_count }),
      ...(row.expected_count === null ? {} : { expectedCount: row.expected_count }),
      ...(row.live_sessions === null ? {} : { liveSessions: row.live_sessions }),
      lockHolder: row.lock_holder,
      ...(row.message === null ? {} : { message: row.message }),
      at: row.at.toISOString(),
    },
  }
}

/** Outputs are text to whoever reads them; other values are shown as their JSON. */
function toOutputs(outputs: { readonly [key: string]: JsonValue }): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [
      name,
      value === null || typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

/** The first failure in the order of the graph: what a person has to look at. */
function findFailure(tree: ExecutionTree): FailureView | undefined {
  for (const stage of tree.stages) {
    if (stage.failure !== undefined) return stage.failure
    for (const group of stage.nodes.flatMap(flat)) {
      for (const step of group.nodes.flatMap(flat)) if (step.failure !== undefined && !step.ignoreFailure) return step.failure
      if (group.failure !== undefined) return group.failure
    }
  }
  return undefined
}

function flat<Node>(node: Node | ParallelTree<Node>): readonly Node[] {
  return isParallel(node) ? node.nodes : [node]
}

function mapNode<Node, View>(
  node: Node | ParallelTree<Node>,
  map: (node: Node) => View,
): View | { kind: 'parallel'; nodes: View[] } {
  return isParallel(node) ? { kind: 'parallel', nodes: node.nodes.map(map) } : map(node)
}

function isParallel<Node>(node: Node | ParallelTree<Node>): node is ParallelTree<Node> {
  return (node as { kind?: unknown }).kind === 'parallel'
}

function times(node: { readonly startedAt?: number; readonly endedAt?: number }): { startedAt?: string; endedAt?: string } {
  return {
    ...(node.startedAt === undefined ? {} : { startedAt: new Date(node.startedAt).toISOString() }),
    ...(node.endedAt === undefined ? {} : { endedAt: new Date(node.endedAt).toISOString() }),
  }
}
