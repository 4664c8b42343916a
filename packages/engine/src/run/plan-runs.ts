import { normalizeChangesetKey } from '../changeset-key.ts'
import { planHistoryWrite } from '../history-sql.ts'
import type { PlannedChangeset } from '../plan.ts'
import type { DecidedChangeset } from '../planning/decisions.ts'
import { keptRollback, resolveRollback } from '../planning/rollback-statements.ts'
import type { StatementContext } from '../planning/statements.ts'
import type { DetailedPlan } from '../update.ts'
import type { ChangesetRun } from './changeset-run.ts'
import { boundRecordingOf } from './recording.ts'
import type { WriteSession } from './write-session.ts'

/** A changeset that is to run. */
export interface Pending {
  readonly decided: DecidedChangeset
  readonly planned: PlannedChangeset
}

/** What runs, changeset by changeset, counted from 0. */
export interface PlannedRuns {
  run(index: number, order: number, markRan: boolean): ChangesetRun
  /** Undefined where it is not worth it, or cannot be known yet. Never throws. */
  ahead(index: number, order: number): RunAhead | undefined
}

/** A run that was put together before its turn: right if it comes in this place and with this number. */
export interface RunAhead {
  readonly index: number
  readonly order: number
  readonly run: ChangesetRun
}

/** Puts together what runs, from the plan and the number that the row of the history gets. Pure, and so as right ahead of time. */
export function planRuns(
  session: WriteSession,
  detailed: DetailedPlan,
  pending: readonly Pending[],
  context: StatementContext,
): PlannedRuns {
  const { database, tracking } = session
  const planRun = ({ decided, planned }: Pending, index: number, order: number, markRan: boolean): ChangesetRun => {
    const partial = detailed.partials.get(normalizeChangesetKey(planned.key))
    const rollback = markRan ? undefined : resolveRollback(planned.changeset, context)
    return {
      key: planned.key,
      direction: 'apply',
      statements: markRan ? [] : planned.statements,
      transactional: planned.transactional || markRan,
      history: planHistoryWrite(
        database.dialect,
        tracking,
        planned,
        decided.stored,
        order,
        markRan ? 'MARK_RAN' : undefined,
        session,
      ),
      result: markRan ? 'markedRan' : planned.action === 'rerun' ? 'reran' : 'executed',
      rollback: rollback === undefined ? undefined : keptRollback(rollback),
      resumeAfter: partial === undefined || markRan ? 0 : partial.done,
      hasPartial: partial !== undefined,
      uncertain: partial?.uncertain,
      position: index + 1,
      total: pending.length,
    }
  }
  return {
    run: (index, order, markRan) => planRun(pending[index] as Pending, index, order, markRan),
    ahead: (index, order) => {
      const next = pending[index]
      if (next === undefined || next.planned.stop !== undefined || next.planned.changeset.isInvalid === true) return undefined
      try {
        const run = planRun(next, index, order, false)
        const isBound = run.transactional && database.keepsPrepared === true
        return { index, order, run: isBound ? { ...run, recording: boundRecordingOf(session, run) } : run }
      } catch {
        // It will be thrown again when its turn comes.
        return undefined
      }
    },
  }
}
