import { createHash } from 'node:crypto'
import { AppError, systemClock } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import type { Changeset } from '@sluice/changelog'
import { formatChangesetKey, normalizeChangesetKey } from './changeset-key.ts'
import type { EngineFailure } from './events.ts'
import type { HistoryRow } from './history-row.ts'
import type { CommandInput, SelectionOptions, WriteOptions } from './options.ts'
import { hasPlanErrors } from './plan.ts'
import { differsFromRow, filterReason, indexChangelog, internalPath } from './planning/decisions.ts'
import { rowsToUndo } from './planning/rollback-rows.ts'
import { openSchemaFacts } from './planning/open-facts.ts'
import { selectionDiagnostics } from './planning/selection.ts'
import { resolveRollback } from './planning/rollback-statements.ts'
import type { ResolvedRollback } from './planning/rollback-statements.ts'
import { findNonTransactional } from './planning/statements.ts'
import type { StatementContext } from './planning/statements.ts'
import type { ReportEntry, RollbackReport } from './report.ts'
import type { PlannedRollback, RollbackPlan, RollbackTarget } from './rollback-plan.ts'
import { notReachedEntry, runChangeset, throwIfCanceled } from './run/changeset-run.ts'
import { toFailure } from './run/failure.ts'
import { withWriteSession } from './run/write-session.ts'
import type { WriteSession } from './run/write-session.ts'
import { readKeptRollbacks } from './tracking/detail.ts'
import type { StoredPartial } from './tracking/detail.ts'
import { deleteHistoryRow, readHistoryRows } from './tracking/history.ts'
import { readAbandonedPartials } from './tracking/partials.ts'
import { readTracking } from './tracking/tables.ts'
import type { Tracking } from './tracking/tables.ts'
import { statementContext } from './update.ts'

export interface RollbackPlanInput extends CommandInput<SelectionOptions> {
  readonly target: RollbackTarget
}

export interface ApplyRollbackInput extends CommandInput<SelectionOptions & WriteOptions> {
  readonly options: SelectionOptions & WriteOptions
  /** From `planRollback` with the same options. */
  readonly plan: RollbackPlan
}

interface DetailedRollback {
  readonly plan: RollbackPlan
  readonly rows: readonly HistoryRow[]
}

/**
 * What a rollback would undo, newest first. A changeset is undone as the changelog says; one that the changelog does not have any
 * more, has in another form, or knows no way back for, as it was kept when it was applied. Where there is neither, that is an error
 * here, before anything starts. Reads only.
 */
export async function planRollback(input: RollbackPlanInput): Promise<RollbackPlan> {
  const tracking = await readTracking(input.database, input.options)
  return (await planRollbackInDetail(input, tracking)).plan
}

async function planRollbackInDetail(input: RollbackPlanInput, tracking: Tracking): Promise<DetailedRollback> {
  const { database, changelog, options, target } = input
  const history = await readHistoryRows(database, tracking)
  const known = indexChangelog(changelog)
  const { rows, diagnostics } = rowsToUndo(history, target, known, (row) => {
    const changeset = known.get(normalizeChangesetKey(row))
    return changeset !== undefined && filterReason(changeset, options) !== undefined
  })
  const facts = rows.length === 0 ? undefined : await openSchemaFacts(database)
  const context = { ...statementContext(database, tracking, options), facts }
  const ways = new Map(rows.map((row) => [row, findWayBack(row, known, context)]))
  const wanting = rows.filter((row) => ways.get(row)?.needsKept === true)
  const kept = await readKeptRollbacks(database, tracking, wanting)
  const partials = rows.length === 0 ? [] : await readAbandonedPartials(database, tracking)
  const problems = [...selectionDiagnostics(options), ...diagnostics]
  return planRows({ rows, target, known, ways, kept, partials, options, context }, problems)
}

/** How the changelog of today undoes a row, and why what was kept when it was applied may know better. */
interface WayBack {
  /** Undefined when the changelog does not have the changeset any more. */
  readonly resolved: ResolvedRollback | undefined
  /** It is not what ran: its checksum differs from the row's, and nothing says that this is fine. */
  readonly isEdited: boolean
  readonly needsKept: boolean
}

function findWayBack(row: HistoryRow, known: ReadonlyMap<string, Changeset>, context: StatementContext): WayBack {
  // What was only recorded and never ran has nothing to undo, and neither has a row that only carries a tag.
  if (row.path === internalPath || row.execType === 'MARK_RAN')
    return { resolved: { source: 'none', statements: [], diagnostics: [] }, isEdited: false, needsKept: false }
  const changeset = known.get(normalizeChangesetKey(row))
  if (changeset === undefined) return { resolved: undefined, isEdited: false, needsKept: true }
  const resolved = resolveRollback(changeset, context)
  const differs = differsFromRow(changeset, row, context.dialect)
  return {
    resolved,
    isEdited: differs && !changeset.runOnChange && !changeset.runAlways,
    needsKept: differs || resolved.diagnostics.length > 0,
  }
}

interface RowsToPlan {
  readonly rows: readonly HistoryRow[]
  readonly target: RollbackTarget
  readonly known: ReadonlyMap<string, Changeset>
  readonly ways: ReadonlyMap<HistoryRow, WayBack>
  readonly kept: ReadonlyMap<string, readonly string[]>
  readonly partials: readonly StoredPartial[]
  readonly options: SelectionOptions | undefined
  readonly context: StatementContext
}

function planRows(input: RowsToPlan, diagnostics: Diagnostic[]): DetailedRollback {
  const changesets: PlannedRollback[] = []
  const left: { key: PlannedRollback['key']; reason: 'context' | 'labels' | 'dbms' | 'ignored' }[] = []
  const rows: HistoryRow[] = []
  const partial = new Set(
    input.partials.filter((one) => one.direction === 'rollback').map((one) => normalizeChangesetKey(one.changeset)),
  )
  for (const row of input.rows) {
    const key = { id: row.id, author: row.author, path: row.path }
    const normalized = normalizeChangesetKey(row)
    const changeset = input.known.get(normalized)
    const reason = changeset === undefined ? undefined : filterReason(changeset, input.options)
    if (reason !== undefined) {
      left.push({ key, reason })
      continue
    }
    if (partial.has(normalized)) diagnostics.push(interrupted(key))
    const planned = planOne(row, changeset, input, diagnostics)
    if (planned === undefined) continue
    changesets.push(planned)
    rows.push(row)
  }
  const plan: RollbackPlan = {
    kind: 'rollback',
    target: input.target,
    diagnostics,
    changesets,
    left,
    digest: digestRollback(changesets),
    isEmpty: changesets.length === 0 && !hasPlanErrors({ diagnostics }),
  }
  return { plan, rows }
}

function planOne(
  row: HistoryRow,
  changeset: Changeset | undefined,
  input: RowsToPlan,
  diagnostics: Diagnostic[],
): PlannedRollback | undefined {
  const key = { id: row.id, author: row.author, path: row.path }
  const kept = input.kept.get(normalizeChangesetKey(row))
  const build = (source: PlannedRollback['source'], statements: PlannedRollback['statements']): PlannedRollback => {
    const nonTransactionalReason = findNonTransactional(changeset, statements, input.context)
    return { key, changeset, source, statements, transactional: nonTransactionalReason === undefined, nonTransactionalReason }
  }
  const { resolved, isEdited } = input.ways.get(row) ?? { resolved: undefined, isEdited: false }
  if (kept !== undefined) {
    return build(
      'kept',
      kept.map((sql) => ({ sql, place: undefined })),
    )
  }
  if (resolved === undefined || isEdited) {
    diagnostics.push(resolved === undefined ? missing(key) : edited(key, changeset))
    return undefined
  }
  diagnostics.push(...resolved.diagnostics)
  return build(resolved.source, resolved.statements)
}

function missing(key: PlannedRollback['key']): Diagnostic {
  return {
    severity: 'error',
    code: 'ROLLBACK_CHANGESET_MISSING',
    message: `The changeset "${formatChangesetKey(key)}" ran, is not in the changelog, and left no rollback.`,
    hint: 'Use the revision of the changelog that has it.',
  }
}

function edited(key: PlannedRollback['key'], changeset: Changeset | undefined): Diagnostic {
  return {
    severity: 'error',
    code: 'ROLLBACK_CHANGESET_EDITED',
    message: `The changeset "${formatChangesetKey(key)}" was changed after it ran and left no rollback, so how to undo what ran is not known.`,
    ...changeset?.place,
    hint: 'Use the revision of the changelog that ran; or add validCheckSum where the change does not matter.',
  }
}

function digestRollback(changesets: readonly PlannedRollback[]): string {
  const hash = createHash('sha256').update('rollback\n')
  for (const { key, statements } of changesets) {
    hash.update(JSON.stringify([key.path, key.id, key.author, statements.map(({ sql }) => sql)])).update('\n')
  }
  return hash.digest('hex')
}

function interrupted(key: PlannedRollback['key']): Diagnostic {
  return {
    severity: 'error',
    code: 'ROLLBACK_PARTIAL',
    message: `A rollback of the changeset "${formatChangesetKey(key)}" was interrupted before; some of its statements ran.`,
    hint: 'Look at the database and bring the changeset to one side by hand.',
  }
}

/**
 * Carries out a rollback under the lock, one transaction per changeset with the removal of its row. Goes on only if the history
 * still has exactly what was planned. Throws `PLAN_HAS_ERRORS` and what `beforeFirstWrite` throws; the rest is in the report.
 */
export async function applyRollback(input: ApplyRollbackInput): Promise<RollbackReport> {
  const { plan, options } = input
  const clock = input.clock ?? systemClock
  const started = clock.monotonic()
  if (hasPlanErrors(plan)) {
    throw new AppError('invalid', 'PLAN_HAS_ERRORS', 'The plan has errors, so nothing of it may run.', {
      hint: 'Show its diagnostics.',
    })
  }
  const entries: ReportEntry[] = []
  let deploymentId: string | undefined
  const finish = (firstError: EngineFailure | undefined): RollbackReport => {
    const isUnknown = entries.some((entry) => entry.state === 'unknown')
    const canceled = input.signal?.aborted === true && firstError !== undefined
    return {
      kind: 'rollback',
      state: isUnknown ? 'unknown' : canceled ? 'canceled' : firstError === undefined ? 'succeeded' : 'failed',
      entries: [...entries, ...plan.changesets.slice(entries.length).map(notReachedEntry)],
      firstError,
      wrote: entries.some((entry) => entry.state === 'done' || entry.state === 'unknown' || entry.statementsDone > 0),
      deploymentId: entries.length === 0 ? undefined : deploymentId,
      durationMs: Math.round(clock.monotonic() - started),
    }
  }
  if (plan.isEmpty) return finish(undefined)
  await options.beforeFirstWrite?.(plan)
  try {
    const failure = await withWriteSession({ ...input, clock }, async (session) => {
      deploymentId = session.deploymentId
      return rollbackUnderLock(input, session, entries)
    })
    return finish(failure)
  } catch (error) {
    return finish(toFailure(error))
  }
}

async function rollbackUnderLock(
  input: ApplyRollbackInput,
  session: WriteSession,
  entries: ReportEntry[],
): Promise<EngineFailure | undefined> {
  const { database, tracking } = session
  const fresh = await planRollbackInDetail({ ...input, target: input.plan.target }, tracking)
  if (fresh.plan.digest !== input.plan.digest || hasPlanErrors(fresh.plan)) {
    return toFailure(
      new AppError('conflict', 'PLAN_CHANGED', 'The history changed after the rollback was planned.', { hint: 'Plan again.' }),
    )
  }
  for (const [index, planned] of fresh.plan.changesets.entries()) {
    throwIfCanceled(input.signal)
    const row = fresh.rows[index]
    if (row === undefined) break
    const entry = await runChangeset(session, {
      key: planned.key,
      direction: 'rollback',
      statements: planned.statements,
      transactional: planned.transactional,
      history: deleteHistoryRow(database.dialect, tracking, row),
      result: 'rolledBack',
      rollback: undefined,
      resumeAfter: 0,
      hasPartial: false,
      position: index + 1,
      total: fresh.plan.changesets.length,
    })
    entries.push(entry)
    if (entry.state !== 'done') return entry.error
  }
  return undefined
}
