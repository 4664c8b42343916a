import type { StepView } from '@sluice/contract'

/** Evidence about an unknown outcome, in words. */
export interface FindingText {
  readonly summary: string
  readonly facts: readonly string[]
  /** The answer that the evidence points to, where it points to one. */
  readonly suggests: 'succeeded' | 'not-started' | undefined
}

const summaries = {
  noneApplied: 'None of the planned changesets are in the history.',
  allApplied: 'All planned changesets are in the history.',
  partlyApplied: 'Some of the planned changesets are in the history.',
  cannotTell: 'The history does not tell.',
} as const

/** Says what an inspection found; undefined while it has not found anything. Nothing is suggested while a session of the step still lives. */
export function describeFinding(inspection: NonNullable<StepView['inspection']>): FindingText | undefined {
  const { state, finding, appliedCount, expectedCount, liveSessions, lockHolder, message } = inspection
  if (state === 'running' && finding === undefined) return undefined
  const facts = [
    appliedCount === undefined || expectedCount === undefined
      ? undefined
      : `${String(appliedCount)} of ${String(expectedCount)} planned changesets are recorded as applied.`,
    liveSessions === undefined
      ? undefined
      : liveSessions === 0
        ? 'No session of this step is connected any more.'
        : `${String(liveSessions)} ${liveSessions === 1 ? 'session' : 'sessions'} of this step are still connected: it may still be working.`,
    lockHolder === undefined
      ? undefined
      : lockHolder === null
        ? 'The changelog lock is free.'
        : `The changelog lock is held by ${lockHolder}.`,
    message,
  ].filter((fact) => fact !== undefined)
  const isOver = (liveSessions ?? 0) === 0
  return {
    summary: finding === undefined ? 'The database could not be looked at.' : summaries[finding],
    facts,
    suggests: finding === 'allApplied' && isOver ? 'succeeded' : finding === 'noneApplied' && isOver ? 'not-started' : undefined,
  }
}
