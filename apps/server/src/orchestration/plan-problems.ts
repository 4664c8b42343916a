import type { Failure } from '@sluice/pipeline'

/** Something that keeps a group from being placed. */
export interface PlanProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
}

/** All problems of a plan as the one failure of its group. */
export function toFailure(problems: readonly PlanProblem[]): Failure {
  const unique = [...new Map(problems.map((problem) => [problem.message, problem])).values()]
  const [first] = unique
  const hint = unique.map((problem) => problem.hint).find((text) => text !== undefined)
  return {
    kind: 'step',
    code: unique.length === 1 && first !== undefined ? first.code : 'PLAN_INVALID',
    message: unique
      .map((problem) => problem.message)
      .join(' ')
      .slice(0, 16_000),
    ...(hint === undefined ? {} : { hint }),
  }
}
