import { createHash } from 'node:crypto'

/** What decides which delegates may take a task. */
export interface TaskFit {
  readonly org: string
  readonly project: string
  /** Tags that the delegate must have, all of them. */
  readonly selectors: readonly string[]
  /** Key ids that every sealed secret of the task is sealed to; undefined when it carries none. */
  readonly recipients?: readonly string[] | undefined
  /** Where it has to be placed; a process when it does not say. */
  readonly infra?: 'process' | 'kubernetes' | undefined
}

/** What of a delegate decides which tasks it may take. */
export interface DelegateFit {
  /** Empty for a delegate of the whole account. */
  readonly org: string
  /** Empty for a delegate of the whole organization. */
  readonly project: string
  readonly tags: readonly string[]
  readonly approved: boolean
  readonly keyId: string
  /** Where the instance can place step groups. */
  readonly executors: readonly string[]
}

/** Equal for tasks that the same delegates may take: the queue is looked through by these keys. */
export function createFitKey(fit: TaskFit): string {
  const facts: unknown[] = [fit.org, fit.project, fit.selectors.toSorted(), fit.recipients?.toSorted() ?? null]
  // Keys of processes stay what they were, so that servers of two versions share one queue.
  if (fit.infra === 'kubernetes') facts.push(fit.infra)
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 27)
}

/** Why a delegate may not take a task, as sentences for people; empty when it may. Says nothing about health and capacity. */
export function explainMisfit(task: TaskFit, delegate: DelegateFit): string[] {
  const reasons: string[] = []
  if (!scopeCovers(delegate, task)) {
    const scope = delegate.project === '' ? `organization "${delegate.org}"` : `project "${delegate.org}/${delegate.project}"`
    reasons.push(`Its scope is the ${scope}; the task is of project "${task.org}/${task.project}".`)
  }
  const missing = task.selectors.filter((selector) => !delegate.tags.includes(selector))
  if (missing.length > 0)
    reasons.push(`It lacks the tag${missing.length > 1 ? 's' : ''} ${missing.map((tag) => `"${tag}"`).join(', ')}.`)
  if (!delegate.executors.includes(task.infra ?? 'process')) {
    reasons.push(
      task.infra === 'kubernetes'
        ? 'It cannot place step groups in pods: it has no Kubernetes configuration.'
        : 'It places step groups in pods only, and this one has no stepGroupInfra.',
    )
  }
  if (task.recipients !== undefined) {
    if (!delegate.approved) reasons.push('It is not approved to receive sealed secrets.')
    else if (!task.recipients.includes(delegate.keyId)) {
      reasons.push('A secret of the task is not sealed to its key: set the secret again with `sluice secret set`.')
    }
  }
  return reasons
}

/** Whether a delegate may take a task, by `explainMisfit`'s rules. */
export function fits(task: TaskFit, delegate: DelegateFit): boolean {
  return (
    scopeCovers(delegate, task) &&
    task.selectors.every((selector) => delegate.tags.includes(selector)) &&
    delegate.executors.includes(task.infra ?? 'process') &&
    (task.recipients === undefined || (delegate.approved && task.recipients.includes(delegate.keyId)))
  )
}

function scopeCovers(delegate: DelegateFit, task: TaskFit): boolean {
  return (delegate.org === '' || delegate.org === task.org) && (delegate.project === '' || delegate.project === task.project)
}
