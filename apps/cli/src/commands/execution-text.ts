import type { ExecutionView, groupView, selectionTrace, StepView } from '@sluice/contract'
import type { z } from 'zod'
import { formatDuration } from '../output/table.ts'

type GroupView = z.infer<typeof groupView>
type WaitingTask = z.infer<typeof selectionTrace>['tasks'][number]

/** Every step of an execution, in order, with the group it belongs to. */
export function stepsOf(
  execution: ExecutionView,
): { readonly stage: string; readonly group: GroupView; readonly step: StepView }[] {
  return execution.stages.flatMap((stage) =>
    stage.nodes
      .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
      .flatMap((group) =>
        group.nodes
          .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
          .map((step) => ({ stage: stage.identifier, group, step })),
      ),
  )
}

/** How long a node took or has been running. */
export function lasted(
  node: { readonly startedAt?: string | undefined; readonly endedAt?: string | undefined },
  nowMs: number,
): string {
  if (node.startedAt === undefined) return ''
  return formatDuration((node.endedAt === undefined ? nowMs : Date.parse(node.endedAt)) - Date.parse(node.startedAt))
}

/** One step on a line: state, path, instance, what happened. */
export function describeStep(step: StepView, nowMs: number): string {
  const counts = step.counts
  const facts = [
    step.dbInstance,
    counts !== undefined && counts.applied > 0 ? `${String(counts.applied)} applied` : undefined,
    counts !== undefined && counts.rolledBack > 0 ? `${String(counts.rolledBack)} rolled back` : undefined,
    step.state === 'Succeeded' && counts !== undefined && counts.applied + counts.rolledBack === 0 ? 'nothing to do' : undefined,
    lasted(step, nowMs),
  ].filter((fact) => fact !== undefined && fact !== '')
  return `${step.state.padEnd(10)} ${step.path}${facts.length === 0 ? '' : `  (${facts.join(', ')})`}`
}

/** What a person wants to know of a step beside its state: its failure with what to do next, why it was skipped, what it waits for. */
export function describeTrouble(execution: ExecutionView, step: StepView): readonly string[] {
  const lines: string[] = []
  if (step.waitingFor !== undefined) lines.push(`waiting: ${step.waitingFor}`)
  if (step.failure !== undefined) {
    lines.push(...`${step.failure.message} [${step.failure.code}]`.split('\n'))
    if (step.failure.hint !== undefined) lines.push(step.failure.hint)
  } else if (step.reason !== undefined) lines.push(step.reason)
  if (step.state === 'Unknown') {
    if (step.inspection?.message !== undefined) lines.push(`Inspection: ${step.inspection.message}`)
    else if (step.inspection?.state === 'running') lines.push('The database is being inspected.')
    lines.push(
      `Its target is blocked until you say what happened: sluice execution resolve ${execution.id} ${step.path} --as succeeded|failed|not-started --reason "…"`,
    )
  }
  if (step.resolution !== undefined)
    lines.push(`Resolved as ${step.resolution.as} by ${step.resolution.by}: ${step.resolution.reason}`)
  return lines
}

/** What stands in the way of a group's start, where its delegate has said so: an image, a node, a quota. */
export function describePlacing({ attempt }: GroupView): readonly string[] {
  if (attempt?.waitingFor === undefined) return []
  return [`waiting: ${attempt.waitingFor}`, ...(attempt.waitingHint === undefined ? [] : [attempt.waitingHint])]
}

/** Why a step group waits: every delegate with every reason why it does not fit. */
export function describeWait(task: WaitingTask): readonly string[] {
  return [
    `${task.groupPath}: ${task.state} for ${formatDuration(task.queuedForMs)}. ${task.message}`,
    ...task.delegates.map(({ name, fits, reasons }) => `  ${name}: ${fits ? 'fits' : reasons.join(' ')}`),
  ]
}

/** A whole execution as text. */
export function describeExecutionText(execution: ExecutionView, nowMs: number): string {
  const lines = [
    `${execution.pipelineName} #${String(execution.sequence)}  ${execution.state}${execution.cancelRequested ? ' (cancel requested)' : ''}`,
    `id ${execution.id}, started by ${execution.triggeredBy} at ${execution.startedAt}, ${lasted(execution, nowMs)}`,
    '',
  ]
  for (const { group, step } of stepsOf(execution)) {
    lines.push(describeStep(step, nowMs))
    // The group's failure follows with its code and hint.
    const isTold = (line: string): boolean => step.state === 'Skipped' && line === group.failure?.message
    for (const line of describeTrouble(execution, step)) if (!isTold(line)) lines.push(`             ${line}`)
    if (group.failure !== undefined && step.state === 'Skipped') {
      for (const line of `${group.failure.message} [${group.failure.code}]`.split('\n')) lines.push(`             ${line}`)
      if (group.failure.hint !== undefined) lines.push(`             ${group.failure.hint}`)
    }
    if (step.state === 'Pending') lines.push(...describePlacing(group).map((line) => `             ${line}`))
    if (step.state === 'Pending' && group.state === 'Queued') lines.push('             waiting for a delegate (see --selection)')
  }
  for (const note of execution.notes) lines.push(`note: ${note}`)
  return lines.join('\n')
}
