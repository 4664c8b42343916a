import { toStorableText } from '../json.ts'
import type { Queryable } from '../queryable.ts'

/** The delegate has begun to place the attempt, or the runner runs at `place`. */
export async function markAttemptPhase(
  connection: Queryable,
  attemptId: string,
  phase: { readonly state: 'accepted' | 'running'; readonly place?: string | undefined },
): Promise<void> {
  await connection.query({
    name: 'mark-attempt-phase',
    text: `
      update attempts set state = case when state = 'accepted' then $2 else state end, place = coalesce($3, place) where id = $1`,
    values: [attemptId, phase.state, phase.place === undefined ? null : toStorableText(phase.place)],
  })
}
