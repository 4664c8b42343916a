import { createHash } from 'node:crypto'
import { AppError, systemClock } from '@sluice/base'
import { historyTexts } from '@sluice/changelog'
import type { Changelog } from '@sluice/changelog'
import { normalizeChangesetKey } from './changeset-key.ts'
import type { Dialect } from './dialect.ts'
import type { EngineFailure } from './events.ts'
import type { HistoryRow } from './history-row.ts'
import type { CommandInput, SyncOptions, WriteOptions } from './options.ts'
import { hasPlanErrors } from './plan.ts'
import type { PlannedSync, SyncPlan } from './plan.ts'
import { decideChangesets } from './planning/decisions.ts'
import { createNameCheck } from './planning/name-limits.ts'
import type { ReportEntry, SyncReport } from './report.ts'
import { notReachedEntry, throwIfCanceled } from './run/changeset-run.ts'
import { inTransaction } from './run/in-transaction.ts'
import { toFailure } from './run/failure.ts'
import { withWriteSession } from './run/write-session.ts'
import type { WriteSession } from './run/write-session.ts'
import { readPartials, settleDetails } from './tracking/detail.ts'
import { insertHistoryRow, lastOrder, readHistoryRows } from './tracking/history.ts'
import { readTracking } from './tracking/tables.ts'
import type { Tracking } from './tracking/tables.ts'

export interface ApplySyncInput extends CommandInput<SyncOptions & WriteOptions> {
  readonly options: SyncOptions & WriteOptions
  /** From `planSync` with the same options. */
  readonly plan: SyncPlan
}

interface DetailedSync {
  readonly plan: SyncPlan
  readonly history: readonly HistoryRow[]
}

/**
 * Which pending changesets a sync would record as done without running them: all of them (Liquibase's `changelog-sync`), those up to a
 * tag (`changelog-sync-to-tag`), the next one (`mark-next-changeset-ran`: count 1), or chosen ones. Reads only.
 */
export async function planSync(input: CommandInput<SyncOptions>): Promise<SyncPlan> {
  return (await planSyncInDetail(input, await readTracking(input.database, input.options))).plan
}

async function planSyncInDetail(input: CommandInput<SyncOptions>, tracking: Tracking): Promise<DetailedSync> {
  const history = await readHistoryRows(input.database, tracking)
  return { plan: assembleSync(input.changelog, history, input.database.dialect, tracking, input.options), history }
}

/** `planSync` over a history that has been read. Pure. */
export function assembleSync(
  changelog: Changelog,
  history: readonly HistoryRow[],
  dialect: Dialect,
  tracking: Pick<Tracking, 'history'>,
  options: SyncOptions | undefined,
): SyncPlan {
  const decisions = decideChangesets(changelog, history, dialect, { ...options, newOnly: true })
  const changesets = decisions.run.map(({ key, changeset, checksum }) => ({ key, changeset, checksum }))
  const diagnostics = [...decisions.diagnostics, ...decisions.run.flatMap(createNameCheck(dialect, tracking.history.columns))]
  const hash = createHash('sha256').update('sync\n')
  for (const { key, checksum } of changesets) hash.update(JSON.stringify([key.path, key.id, key.author, checksum])).update('\n')
  return {
    kind: 'sync',
    diagnostics,
    changesets,
    skipped: decisions.skipped,
    digest: hash.digest('hex'),
    isEmpty: changesets.length === 0 && !hasPlanErrors({ diagnostics }),
  }
}

/**
 * Records what was planned, all of it in one transaction. A changeset of which an interrupted run did only a part counts as finished
 * by hand afterwards. Throws `PLAN_HAS_ERRORS` and what `beforeFirstWrite` throws; the rest is in the report.
 */
export async function applySync(input: ApplySyncInput): Promise<SyncReport> {
  const { plan, options } = input
  const clock = input.clock ?? systemClock
  const started = clock.monotonic()
  if (hasPlanErrors(plan)) {
    throw new AppError('invalid', 'PLAN_HAS_ERRORS', 'The plan has errors, so nothing of it may be recorded.', {
      hint: 'Show its diagnostics.',
    })
  }
  const report = (fields: Partial<SyncReport>): SyncReport => ({
    kind: 'sync',
    state: 'succeeded',
    entries: plan.changesets.map(toEntry),
    firstError: undefined,
    wrote: false,
    deploymentId: undefined,
    durationMs: Math.round(clock.monotonic() - started),
    ...fields,
  })
  if (plan.isEmpty) return report({})
  await options.beforeFirstWrite?.(plan)
  let sent = false
  try {
    return await withWriteSession({ ...input, clock }, async (session) => {
      const outcome = await syncUnderLock(input, session, () => (sent = true))
      if ('failure' in outcome) return report({ state: 'failed', firstError: outcome.failure })
      return report({ entries: outcome.entries, wrote: outcome.wrote, deploymentId: session.deploymentId })
    })
  } catch (error) {
    // The rows become durable with the last answer; a connection lost before it leaves the question open.
    const isUnknown = sent && input.database.transactionState === 'closed'
    const canceled = input.signal?.aborted === true
    return report({
      state: isUnknown ? 'unknown' : canceled ? 'canceled' : 'failed',
      entries: plan.changesets.map((one) => ({ ...toEntry(one), state: isUnknown ? 'unknown' : 'notReached' })),
      firstError: toFailure(error),
      wrote: isUnknown,
    })
  }
}

async function syncUnderLock(
  input: ApplySyncInput,
  session: WriteSession,
  onCommit: () => void,
): Promise<{ readonly entries: readonly ReportEntry[]; readonly wrote: boolean } | { readonly failure: EngineFailure }> {
  const { database, tracking, onEvent, clock } = session
  const fresh = await planSyncInDetail(input, tracking)
  const approved = new Map(input.plan.changesets.map((one) => [normalizeChangesetKey(one.key), one.checksum]))
  const pending = new Set(fresh.plan.changesets.map((one) => normalizeChangesetKey(one.key)))
  const isPlanned = fresh.plan.changesets.every((one) => approved.get(normalizeChangesetKey(one.key)) === one.checksum)
  if (!isPlanned || hasPlanErrors(fresh.plan)) return { failure: planChanged() }
  throwIfCanceled(input.signal)
  const partial = new Set((await readPartials(database, tracking)).map(({ changeset }) => normalizeChangesetKey(changeset)))
  let order = lastOrder(fresh.history)
  const statements = fresh.plan.changesets.flatMap((planned) => [
    syncRow(database.dialect, session, planned, ++order),
    ...(partial.has(normalizeChangesetKey(planned.key)) ? [settleDetails(database.dialect, tracking, planned.key)] : []),
  ])
  const started = clock.monotonic()
  if (statements.length > 0) await inTransaction(session, statements, onCommit)
  const durationMs = Math.round(clock.monotonic() - started)
  for (const { key } of fresh.plan.changesets) {
    onEvent?.({ type: 'changesetFinished', changeset: key, result: 'synced', rows: 0, durationMs: 0 })
  }
  const entries = input.plan.changesets.map((planned): ReportEntry => {
    const isMine = pending.has(normalizeChangesetKey(planned.key))
    return {
      ...toEntry(planned),
      state: 'done',
      result: isMine ? 'synced' : 'alreadyApplied',
      durationMs: isMine ? durationMs : 0,
    }
  })
  return { entries, wrote: statements.length > 0 }
}

/** The row of a changeset as an update would write it. */
export function syncRow(
  dialect: Dialect,
  facts: { readonly tracking: Tracking; readonly toolVersion: string; readonly deploymentId: string },
  planned: PlannedSync,
  orderExecuted: number,
): string {
  return insertHistoryRow(dialect, facts.tracking, {
    ...planned.key,
    orderExecuted,
    execType: 'EXECUTED',
    checksum: planned.checksum,
    ...historyTexts(planned.changeset),
    toolVersion: facts.toolVersion,
    deploymentId: facts.deploymentId,
  })
}

function toEntry({ key }: PlannedSync): ReportEntry {
  return notReachedEntry({ key, statements: [], transactional: true })
}

function planChanged(): EngineFailure {
  return toFailure(
    new AppError('conflict', 'PLAN_CHANGED', 'The history changed after the sync was planned.', { hint: 'Plan again.' }),
  )
}
