import { type selectionTrace as selectionTraceSchema, protocolVersions } from '@sluice/contract'
import {
  explainMisfit,
  listSelectionCandidates,
  listWaitingTasks,
  type SelectionCandidate,
  type WaitingTask,
} from '@sluice/store'
import type { z } from 'zod'
import type { OrchestrationDeps } from './deps.ts'

type SelectionTrace = z.infer<typeof selectionTraceSchema>
type TaskTrace = SelectionTrace['tasks'][number]

/** Why the tasks of an execution wait: each delegate with each reason why it does not take them. */
export async function selectionTrace(deps: OrchestrationDeps, executionId: string): Promise<SelectionTrace> {
  const { store, timings } = deps
  const waiting = await listWaitingTasks(store.pool, executionId)
  const candidates = waiting.length === 0 ? [] : await listSelectionCandidates(store.pool)
  return { tasks: waiting.map((task) => traceTask(task, candidates, timings.leaseMs)) }
}

function traceTask(task: WaitingTask, candidates: readonly SelectionCandidate[], leaseMs: number): TaskTrace {
  const delegates = [...Map.groupBy(candidates, (candidate) => candidate.delegateId).values()].map((instances) => {
    // A delegate fits when one of its instances does; else the reasons of the one that comes closest are the ones to mend.
    const reasons = instances
      .map((instance) => explain(task, instance, leaseMs))
      .reduce((best, other) => (other.length < best.length ? other : best))
    return { name: instances[0]?.delegateName ?? '', fits: reasons.length === 0, reasons }
  })
  return {
    taskId: task.taskId,
    groupPath: task.groupPath,
    state: task.state,
    queuedForMs: Math.max(0, Math.round(task.queuedForMs)),
    selectors: task.selectors,
    delegates,
    message: summarize(task, delegates),
  }
}

function explain(task: WaitingTask, candidate: SelectionCandidate, leaseMs: number): string[] {
  const fit = {
    org: task.org,
    project: task.project,
    selectors: task.selectors,
    recipients: task.recipients ?? undefined,
    infra: task.infra,
  }
  const reasons = explainMisfit(fit, candidate)
  if (candidate.revoked) reasons.push('It was revoked.')
  const isDraining = candidate.draining || candidate.instanceDraining === true
  if (isDraining) reasons.push('It is draining: it takes no new work.')
  if (candidate.instanceId === null) reasons.push('It has no instance.')
  else if (candidate.deregistered === true) reasons.push('It has said good-bye: it is not running.')
  else if (candidate.quietMs === null) reasons.push('It has enrolled and never been heard of since.')
  else if (candidate.quietMs > leaseMs)
    reasons.push(`It is disconnected: not heard of for ${String(Math.round(candidate.quietMs / 1000))} s.`)
  else if (!isDraining && candidate.free !== null && candidate.free <= 0) {
    reasons.push(`It has no free place: ${String(candidate.activeAttempts)} attempts are running on it.`)
  }
  if (candidate.protocol !== null && (candidate.protocol < protocolVersions.min || candidate.protocol > protocolVersions.max)) {
    reasons.push(`It speaks protocol ${String(candidate.protocol)}, which this control plane does not.`)
  }
  const decline = task.declines.find((declined) => declined.delegateId === candidate.delegateId)
  if (decline !== undefined) reasons.push(`It declined this task (${decline.code}): ${decline.reason}`)
  return reasons
}

function summarize(task: WaitingTask, delegates: TaskTrace['delegates']): string {
  if (task.state === 'offered') return `It is offered to "${task.offeredTo ?? 'a delegate'}" and waits for its answer.`
  if (delegates.length === 0) return 'No delegate is enrolled. Start one with `sluice delegate start`.'
  const fitting = delegates.filter((delegate) => delegate.fits)
  if (fitting.length > 0)
    return `It waits to be offered to ${fitting
      .map(({ name }) => `"${name}"`)
      .slice(0, 5)
      .join(', ')}.`
  return delegates.length === 1
    ? `The only delegate, "${delegates[0]?.name ?? ''}", cannot take it.`
    : `None of the ${String(delegates.length)} delegates can take it.`
}
