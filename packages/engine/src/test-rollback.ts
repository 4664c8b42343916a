import { createHash } from 'node:crypto'
import { AppError, systemClock } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import type { Changeset } from '@sluice/changelog'
import { applyPlan } from './apply.ts'
import type { ChangesetKey } from './changeset-key.ts'
import type { EngineFailure } from './events.ts'
import type { CommandInput, UpdateOptions, WriteOptions } from './options.ts'
import { hasPlanErrors } from './plan.ts'
import type { TestRollbackPlan } from './plan.ts'
import { resolveRollback } from './planning/rollback-statements.ts'
import type { ApplyReport, RollbackReport, TestRollbackReport } from './report.ts'
import { notReachedEntry, throwIfCanceled } from './run/changeset-run.ts'
import { diagnosticFailure, toFailure } from './run/failure.ts'
import { applyRollback, planRollback } from './rollback.ts'
import { readTracking } from './tracking/tables.ts'
import { planInDetail, planUpdate, statementContext } from './update.ts'

export interface TestRollbackInput extends CommandInput<UpdateOptions & WriteOptions> {
  readonly options: UpdateOptions & WriteOptions
  /** From `planTestRollback` with the same options. */
  readonly plan: TestRollbackPlan
}

/**
 * What `testRollback` would do. A pending changeset that cannot be undone is an error here, before the database is touched; a warning where
 * its preconditions may leave it out. Reads only.
 */
export async function planTestRollback(input: CommandInput<UpdateOptions>): Promise<TestRollbackPlan> {
  const tracking = await readTracking(input.database, input.options)
  const { plan } = await planInDetail(input, tracking)
  const context = statementContext(input.database, tracking, input.options)
  const undoable = plan.changesets
    .filter(({ action }) => action === 'run')
    .flatMap(({ changeset }) => {
      const { diagnostics: found } = resolveRollback(changeset, context)
      return mayBeSkipped(changeset) ? found.map((one): Diagnostic => ({ ...one, severity: 'warning' })) : found
    })
  const diagnostics = [...plan.diagnostics, ...undoable]
  return {
    kind: 'testRollback',
    diagnostics,
    update: plan,
    digest: createHash('sha256').update(`testRollback\n${plan.digest}`).digest('hex'),
    isEmpty: plan.isEmpty && !hasPlanErrors({ diagnostics }),
  }
}

/** Its preconditions may leave it out; whether they do is known when it is its turn. */
function mayBeSkipped({ preconditions }: Changeset): boolean {
  return (
    preconditions !== undefined &&
    [preconditions.onFail, preconditions.onError].some((one) => one === 'CONTINUE' || one === 'MARK_RAN')
  )
}

/**
 * Liquibase's `update-testing-rollback`: applies what is pending, undoes exactly that, and applies it again, on this very database: meant
 * for one that may break. Changesets that only ran again (`runAlways`, `runOnChange`) are not undone, since they were there before.
 * What fails stays as it is at that moment; the report says in which phase. Asks `beforeFirstWrite` once, with the whole plan.
 *
 * Throws `PLAN_HAS_ERRORS` and what `beforeFirstWrite` throws.
 */
export async function testRollback(input: TestRollbackInput): Promise<TestRollbackReport> {
  const { database, changelog, plan, signal, onEvent } = input
  const { beforeFirstWrite, ...options } = input.options
  const clock = input.clock ?? systemClock
  const started = clock.monotonic()
  if (hasPlanErrors(plan)) {
    throw new AppError('invalid', 'PLAN_HAS_ERRORS', 'The plan has errors, so nothing of it may run.', {
      hint: 'Show its diagnostics.',
    })
  }
  if (!plan.isEmpty) await beforeFirstWrite?.(plan)
  const shared = { database, changelog, options, signal, onEvent, clock }
  const update = await applyPlan({ ...shared, plan: plan.update })
  const finish = (
    failedPhase: TestRollbackReport['failedPhase'],
    rollback?: RollbackReport,
    updateAgain?: ApplyReport,
  ): TestRollbackReport => {
    const last = updateAgain ?? rollback ?? update
    return {
      kind: 'testRollback',
      state: last.state,
      entries: update.entries,
      firstError: last.firstError,
      wrote: update.wrote,
      deploymentId: (updateAgain ?? update).deploymentId,
      durationMs: Math.round(clock.monotonic() - started),
      update,
      rollback,
      updateAgain,
      failedPhase,
    }
  }
  if (update.state !== 'succeeded') return finish('update')
  const applied = update.entries
    .filter(({ result }) => result === 'executed' || result === 'markedRan')
    .map(({ changeset }) => changeset)
  const rerun = new Set(plan.update.changesets.filter(({ action }) => action === 'rerun').map(({ key }) => key))
  const changesets = applied.filter((key) => !rerun.has(key))
  if (changesets.length === 0) return finish(undefined)
  const rollback = await undo({ ...shared, changesets })
  if (rollback.state !== 'succeeded') return finish('rollback', rollback)
  const updateAgain = await applyPlan({ ...shared, plan: await planUpdate(shared) })
  return finish(updateAgain.state === 'succeeded' ? undefined : 'updateAgain', rollback, updateAgain)
}

/** The rollback half. Whatever prevents it is its report's failure, because by then the update has happened. */
async function undo(
  input: CommandInput<UpdateOptions & WriteOptions> & {
    readonly options: UpdateOptions & WriteOptions
    readonly changesets: readonly ChangesetKey[]
  },
): Promise<RollbackReport> {
  const failed = (state: 'failed' | 'canceled', firstError: EngineFailure): RollbackReport => ({
    kind: 'rollback',
    state,
    entries: input.changesets.map((key) => notReachedEntry({ key, statements: [], transactional: true })),
    firstError,
    wrote: false,
    deploymentId: undefined,
    durationMs: 0,
  })
  try {
    throwIfCanceled(input.signal)
    const plan = await planRollback({ ...input, target: { changesets: input.changesets } })
    const problem = plan.diagnostics.find(({ severity }) => severity === 'error')
    if (problem !== undefined) return failed('failed', diagnosticFailure(problem))
    return await applyRollback({ ...input, plan })
  } catch (error) {
    return failed(input.signal?.aborted === true ? 'canceled' : 'failed', toFailure(error))
  }
}
