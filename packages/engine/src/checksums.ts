import { createHash } from 'node:crypto'
import { AppError, systemClock } from '@sluice/base'
import { computeChecksum } from '@sluice/changelog'
import type { Changelog } from '@sluice/changelog'
import { normalizeChangesetKey } from './changeset-key.ts'
import type { ChangesetKey } from './changeset-key.ts'
import type { Database } from './database.ts'
import type { Dialect } from './dialect.ts'
import type { ClearChecksumsPlan } from './plan.ts'
import type { CommandInput, TrackingOptions, WriteOptions } from './options.ts'
import { indexChangelog, unknownChangeset } from './planning/decisions.ts'
import type { ClearChecksumsReport } from './report.ts'
import { throwIfCanceled } from './run/changeset-run.ts'
import { toFailure } from './run/failure.ts'
import { inTransaction } from './run/in-transaction.ts'
import { withWriteSession } from './run/write-session.ts'
import { readHistoryRows } from './tracking/history.ts'
import { readTracking } from './tracking/tables.ts'

export interface ClearChecksumsInput extends Omit<CommandInput<TrackingOptions & WriteOptions>, 'changelog'> {
  readonly options: TrackingOptions & WriteOptions
}

/**
 * Forgets every stored checksum, so that the next update takes what the changelog says now for what ran (Liquibase's
 * `clear-checksums`). Edited changesets will not be noticed, so it is for people who know why. Throws what `beforeFirstWrite` throws.
 */
export async function clearChecksums(input: ClearChecksumsInput): Promise<ClearChecksumsReport> {
  const { database, options } = input
  const clock = input.clock ?? systemClock
  const started = clock.monotonic()
  const plan = await planClearChecksums(input)
  const report = (fields: Partial<ClearChecksumsReport>): ClearChecksumsReport => ({
    kind: 'clearChecksums',
    state: 'succeeded',
    entries: [],
    firstError: undefined,
    wrote: false,
    deploymentId: undefined,
    durationMs: Math.round(clock.monotonic() - started),
    rows: 0,
    ...fields,
  })
  if (plan.isEmpty) return report({})
  await options.beforeFirstWrite?.(plan)
  let sent = false
  try {
    return await withWriteSession({ ...input, clock }, async (session) => {
      throwIfCanceled(input.signal)
      const { history } = session.tracking
      const { rowCount } = await database.query(`SELECT 1 FROM ${history.sql} WHERE MD5SUM IS NOT NULL`)
      await inTransaction(session, [`UPDATE ${history.sql} SET MD5SUM = NULL WHERE MD5SUM IS NOT NULL`], () => (sent = true))
      return report({ wrote: rowCount > 0, rows: rowCount })
    })
  } catch (error) {
    const isUnknown = sent && database.transactionState === 'closed'
    const state = isUnknown ? 'unknown' : input.signal?.aborted === true ? 'canceled' : 'failed'
    return report({ state, wrote: isUnknown, firstError: toFailure(error) })
  }
}

/** How many rows `clearChecksums` would touch. Reads only. */
export async function planClearChecksums(input: {
  readonly database: Database
  readonly options?: TrackingOptions | undefined
}): Promise<ClearChecksumsPlan> {
  const history = await readHistoryRows(input.database, await readTracking(input.database, input.options))
  const checksums = history.flatMap((row) => (row.checksum === null ? [] : [row.checksum]))
  const digest = createHash('sha256')
    .update(JSON.stringify(['clearChecksums', ...checksums]))
    .digest('hex')
  return { kind: 'clearChecksums', rows: checksums.length, digest, isEmpty: checksums.length === 0 }
}

export interface CalculateChecksumInput {
  /** Undefined = the changelog alone; then `dialect` has to be there. */
  readonly database?: Database | undefined
  readonly dialect?: Dialect | undefined
  readonly changelog: Changelog
  readonly changeset: ChangesetKey
  readonly options?: TrackingOptions | undefined
}

export interface CalculatedChecksum {
  /** As the changelog spells it. */
  readonly changeset: ChangesetKey
  /** `9:…`, of the changeset as it stands in the changelog. */
  readonly checksum: string
  /** What the history has; null for a row without one, undefined when it has no row (or there is no database). */
  readonly stored: string | null | undefined
}

/**
 * The checksum of one changeset, and the one in the history beside it (Liquibase's `calculate-checksum`). Throws `CHANGESET_UNKNOWN`
 * when the changelog does not have it, `CHECKSUM_NEEDS_DIALECT` without a database or its product.
 */
export async function calculateChecksum(input: CalculateChecksumInput): Promise<CalculatedChecksum> {
  const { database, changelog, options } = input
  const dialect = database?.dialect ?? input.dialect
  if (dialect === undefined) {
    throw new AppError(
      'invalid',
      'CHECKSUM_NEEDS_DIALECT',
      'A checksum without a database has to know for which product it is.',
      {
        hint: 'Name the database, or its product.',
      },
    )
  }
  const normalized = normalizeChangesetKey(input.changeset)
  const changeset = indexChangelog(changelog).get(normalized)
  if (changeset === undefined) {
    const { code, message, hint } = unknownChangeset(changelog, input.changeset)
    throw new AppError('notFound', code, message, hint === undefined ? {} : { hint })
  }
  const history = database === undefined ? [] : await readHistoryRows(database, await readTracking(database, options))
  const row = history.findLast((one) => normalizeChangesetKey(one) === normalizeChangesetKey(changeset))
  return {
    changeset: { id: changeset.id, author: changeset.author, path: changeset.path },
    checksum: computeChecksum(changeset, { version: 9, dbms: dialect.name }),
    stored: row?.checksum,
  }
}
