import { AppError } from '@sluice/base'
import type { Executor } from './executor.ts'

/**
 * One executor out of several: `choose` says by an attempt's task which of them places it. What is adopted belongs to the executor that found
 * it.
 */
export function createRoutingExecutor(executors: readonly Executor[], choose: (task: unknown) => Executor['kind']): Executor {
  const placedBy = new Map<string, Executor>()
  const get = (attemptId: string): Executor => {
    const executor = placedBy.get(attemptId)
    if (executor === undefined)
      throw new AppError('notFound', 'ATTEMPT_UNKNOWN', `The attempt "${attemptId}" is not placed here.`)
    return executor
  }
  return {
    kind: executors.map(({ kind }) => kind).join('+'),
    async prepare(plan) {
      const kind = choose(plan.task)
      const executor = executors.find((candidate) => candidate.kind === kind)
      if (executor === undefined) {
        throw new AppError('failedPrecondition', 'EXECUTOR_MISSING', `This delegate does not place step groups as "${kind}".`, {
          hint: 'docs/delegate.md says how a delegate is given a cluster.',
        })
      }
      await executor.prepare(plan)
      placedBy.set(plan.attemptId, executor)
    },
    place: async (attemptId, values) => get(attemptId).place(attemptId, values),
    async adopt() {
      const found = await Promise.all(
        executors.map(async (executor) => (await executor.adopt()).map((attempt) => ({ attempt, executor }))),
      )
      return found.flat().map(({ attempt, executor }) => {
        placedBy.set(attempt.attemptId, executor)
        return attempt
      })
    },
    inspect: async (attemptId) => get(attemptId).inspect(attemptId),
    signal: async (attemptId, mode) => get(attemptId).signal(attemptId, mode),
    wait: async (attemptId, signal) => get(attemptId).wait(attemptId, signal),
    tail: async (attemptId, bytesMax) => get(attemptId).tail(attemptId, bytesMax),
    async tend() {
      await Promise.all(executors.map((executor) => executor.tend()))
    },
    async remove(attemptId) {
      await placedBy.get(attemptId)?.remove(attemptId)
      placedBy.delete(attemptId)
    },
  }
}
