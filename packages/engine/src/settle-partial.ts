import { AppError } from '@sluice/base'
import type { Clock } from '@sluice/base'
import { computeChecksum } from '@sluice/changelog'
import type { Changelog } from '@sluice/changelog'
import { formatChangesetKey, normalizeChangesetKey } from './changeset-key.ts'
import type { ChangesetKey } from './changeset-key.ts'
import type { Database } from './database.ts'
import type { ChangesetDirection, OnEngineEvent } from './events.ts'
import { planHistoryWrite } from './history-sql.ts'
import type { PartialChangeset } from './inspection.ts'
import type { TrackingOptions, WriteOptions } from './options.ts'
import { indexChangelog, unknownChangeset } from './planning/decisions.ts'
import { inTransaction } from './run/in-transaction.ts'
import { withWriteSession } from './run/write-session.ts'
import type { WriteSession } from './run/write-session.ts'
import { readPartials, settleDetails } from './tracking/detail.ts'
import type { StoredPartial } from './tracking/detail.ts'
import { deleteHistoryRow, lastOrder, readHistoryRows } from './tracking/history.ts'
import { readAbandonedPartials } from './tracking/partials.ts'
import { formatWrite } from './tracking/row-insert.ts'
import { readTracking } from './tracking/tables.ts'

/** An interrupted changeset, and whether it was being applied or rolled back. */
export interface InterruptedChangeset extends PartialChangeset {
  readonly direction: ChangesetDirection
}

/**
 * What a person found, or made of it by hand. `done`: everything that the changeset (or its rollback) was to do is done. `undone`: nothing
 * of it is there any more.
 */
export type PartialOutcome = 'done' | 'undone'

export interface SettlePartialInput {
  readonly database: Database
  /** What the row of a changeset that counts as applied is written from. */
  readonly changelog: Changelog
  readonly changeset: ChangesetKey
  readonly as: PartialOutcome
  readonly options: TrackingOptions & Omit<WriteOptions, 'beforeFirstWrite'>
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: OnEngineEvent | undefined
  readonly clock?: Clock | undefined
}

export interface SettledPartial {
  readonly partial: InterruptedChangeset
  /** What became of its row in the history: written (or brought up to date), removed, or left as it was. */
  readonly history: 'written' | 'removed' | 'unchanged'
}

/** Changesets that an interrupted run left half-done, oldest first. Reads only. */
export async function listPartials(input: {
  readonly database: Database
  readonly options?: TrackingOptions | undefined
}): Promise<readonly InterruptedChangeset[]> {
  return readAbandonedPartials(input.database, await readTracking(input.database, input.options))
}

/**
 * Ends the half-done state of one changeset as a person says, under the changelog lock and in one transaction with its row: applied by hand =
 * a row; taken back by hand = no row, and the next run applies it from its first statement. Runs none of its statements.
 *
 * Throws `PARTIAL_NOT_FOUND`, `CHANGESET_UNKNOWN`, and what taking the lock throws.
 */
export async function settlePartial(input: SettlePartialInput): Promise<SettledPartial> {
  const wanted = normalizeChangesetKey(input.changeset)
  return withWriteSession(input, async (session) => {
    // Under the lock nobody is at work, so every note is of a run that has ended.
    const found = (await readPartials(session.database, session.tracking)).filter(
      ({ changeset }) => normalizeChangesetKey(changeset) === wanted,
    )
    const partial = found.at(-1)
    if (partial === undefined) {
      throw new AppError(
        'notFound',
        'PARTIAL_NOT_FOUND',
        `The changeset "${formatChangesetKey(input.changeset)}" was not interrupted: nothing has to be settled.`,
        { hint: 'status lists the changesets of which only a part ran.' },
      )
    }
    const { history, statement } = await planHistory(input, session, partial)
    const notes = found.map(({ changeset }) => settleDetails(session.database.dialect, session.tracking, changeset))
    await inTransaction(session, [...(statement === undefined ? [] : [statement]), ...new Set(notes)], () => {})
    return { partial, history }
  })
}

async function planHistory(
  { as, changelog }: SettlePartialInput,
  session: WriteSession,
  partial: StoredPartial,
): Promise<{ readonly history: SettledPartial['history']; readonly statement: string | undefined }> {
  if (as === 'undone') return { history: 'unchanged', statement: undefined }
  const { database, tracking } = session
  const key = normalizeChangesetKey(partial.changeset)
  const rows = await readHistoryRows(database, tracking)
  const stored = rows.findLast((row) => normalizeChangesetKey(row) === key)
  if (partial.direction === 'rollback') {
    return stored === undefined
      ? { history: 'unchanged', statement: undefined }
      : { history: 'removed', statement: deleteHistoryRow(database.dialect, tracking, stored) }
  }
  const changeset = indexChangelog(changelog).get(key)
  if (changeset === undefined) {
    const { code, message } = unknownChangeset(changelog, partial.changeset)
    throw new AppError('notFound', code, message, {
      hint: 'Its row is written from the changelog: give the one that was applied.',
    })
  }
  const planned = {
    key: { id: changeset.id, author: changeset.author, path: changeset.path },
    changeset,
    action: stored === undefined ? ('run' as const) : ('rerun' as const),
    checksum: computeChecksum(changeset, { version: 9, dbms: database.dialect.name }),
  }
  const write = planHistoryWrite(database.dialect, tracking, planned, stored, lastOrder(rows) + 1, undefined, session)
  const statement = formatWrite(database.dialect, write)
  return { history: 'written', statement }
}
