import type { Database } from '../database.ts'
import { readPartials } from './detail.ts'
import type { StoredPartial } from './detail.ts'
import { readLockHolder } from './lock.ts'
import type { Tracking } from './tables.ts'

/**
 * Half-done changesets that nobody is at work on. What a run that is alive writes down between its statements looks the same. Such a run
 * holds the lock from before its first note until after its last, so a note counts if its run does not hold the lock after the note was
 * seen, and if it is still there after that.
 */
export async function readAbandonedPartials(database: Database, tracking: Tracking): Promise<readonly StoredPartial[]> {
  const before = await readPartials(database, tracking)
  if (before.length === 0) return before
  const holder = await readLockHolder(database, tracking)
  const isOther = holder?.session !== undefined && holder.session.sessionId !== tracking.facts.sessionId
  const isLive = (runId: string): boolean => isOther && holder.lockedBy?.startsWith(`sluice ${runId} `) === true
  const after = await readPartials(database, tracking)
  return after.filter(({ runId }) => !isLive(runId) && before.some((one) => one.runId === runId))
}
