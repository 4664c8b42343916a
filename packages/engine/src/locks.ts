import type { Database } from './database.ts'
import type { LockHolder } from './events.ts'
import type { TrackingOptions } from './options.ts'
import { freeLockRow, isProvenStale, readLockHolder, sessionLockKey } from './tracking/lock.ts'
import { readTracking } from './tracking/tables.ts'

export interface LocksInput {
  readonly database: Database
  readonly options?: TrackingOptions | undefined
}

/** Who has the changelog lock now: a live Sluice session, or a row (a Liquibase, or a Sluice run that was killed). */
export async function readLock(input: LocksInput): Promise<LockHolder | undefined> {
  return readLockHolder(input.database, await readTracking(input.database, input.options))
}

export interface ReleaseLockInput extends LocksInput {
  /** Free the row of a Liquibase too. Only a person who knows that it is dead may say so. Default false. */
  readonly force?: boolean | undefined
}

/**
 * Frees the lock row that a killed run left behind, so that a Liquibase can go on; Sluice itself takes such a row over. The row of a
 * run whose session lives is never freed, that of a Liquibase only by force. Gives whose row was freed, and who has the lock still.
 */
export async function releaseStaleLock(
  input: ReleaseLockInput,
): Promise<{ readonly released: LockHolder | undefined; readonly holder: LockHolder | undefined }> {
  const { database, options } = input
  const tracking = await readTracking(database, options)
  const key = sessionLockKey(tracking)
  if (!(await database.trySessionLock(key))) return { released: undefined, holder: await readLockHolder(database, tracking) }
  try {
    // Our own session holds the lock at this moment, so what counts is the row.
    const holder = await readLockHolder(database, tracking, { withoutSession: true })
    if (holder === undefined) return { released: undefined, holder: undefined }
    const mayFree = input.force === true || isProvenStale(database, holder.lockedBy)
    if (!mayFree) return { released: undefined, holder }
    const isFreed = await freeLockRow(database, tracking, holder.lockedBy)
    return isFreed ? { released: holder, holder: undefined } : { released: undefined, holder }
  } finally {
    await database.releaseSessionLock(key)
  }
}
