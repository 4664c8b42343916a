import { normalizeChangesetKey } from './changeset-key.ts'
import type { Database } from './database.ts'
import type { ExpectedWork, Inspection, PartialChangeset } from './inspection.ts'
import type { TrackingOptions } from './options.ts'
import { readPartials } from './tracking/detail.ts'
import { readHistoryRows } from './tracking/history.ts'
import { describeHolder, readLockHolder } from './tracking/lock.ts'
import { readTracking } from './tracking/tables.ts'

export interface InspectInput {
  readonly database: Database
  readonly expected: ExpectedWork
  readonly options?: TrackingOptions | undefined
}

/**
 * What became of a step whose end nobody reported: compares the history with the changesets it was going to run, and looks for its
 * sessions, its lock and half-done changesets. Reads only. Sessions are looked at first, so that a step which ends meanwhile counts
 * as alive rather than as settled too early.
 */
export async function inspect(input: InspectInput): Promise<Inspection> {
  const { database, expected, options } = input
  const sessions = await database.sessionsNamed(expected.applicationNamePrefix)
  const tracking = await readTracking(database, options)
  const lock = await readLockHolder(database, tracking)
  const history = await readHistoryRows(database, tracking)
  const partial = (await readPartials(database, tracking)).filter((one) => one.runId === expected.runId)
  const present = new Set(history.map(normalizeChangesetKey))
  const isDone = expected.changesets.map((key) => present.has(normalizeChangesetKey(key)) === (expected.direction === 'apply'))
  const done = isDone.filter(Boolean).length
  const finding = done === 0 ? 'none' : done === isDone.length ? 'all' : isDone.slice(0, done).every(Boolean) ? 'prefix' : 'mixed'
  const wanted = new Set(expected.changesets.map(normalizeChangesetKey))
  const newest = history.findLastIndex((row) => wanted.has(normalizeChangesetKey(row)))
  const unexpected = newest < 0 ? [] : history.slice(newest + 1).map(({ id, author, path }) => ({ id, author, path }))
  const inspection = {
    finding,
    done,
    expected: expected.changesets.length,
    doneChangesets: expected.changesets.filter((_, index) => isDone[index]),
    unexpected,
    partial,
    sessions,
    lock,
    settled: sessions.length === 0 && partial.length === 0,
  } as const
  return { ...inspection, summary: summarize(inspection, expected) }
}

function summarize(inspection: Omit<Inspection, 'summary'>, expected: ExpectedWork): string {
  const verb = expected.direction === 'apply' ? 'applied' : 'rolled back'
  const count =
    inspection.finding === 'none'
      ? `None of the ${inspection.expected} changesets was ${verb}`
      : inspection.finding === 'all'
        ? `All ${inspection.expected} changesets were ${verb}`
        : `${inspection.done} of ${inspection.expected} changesets were ${verb}${inspection.finding === 'mixed' ? ', not the first ones' : ''}`
  const notes = [
    ...inspection.partial.map(describePartial),
    ...(inspection.sessions.length === 0 ? [] : [`${inspection.sessions.length} of its sessions are still alive`]),
    ...(inspection.lock === undefined ? [] : [`the changelog lock is held by ${describeHolder(inspection.lock)}`]),
  ]
  return `${[count, ...notes].join('; ')}.`
}

function describePartial(partial: PartialChangeset): string {
  const { changeset, done, statements, uncertain } = partial
  const maybe = uncertain === undefined ? '' : ` and perhaps ${formatDoubt(done, uncertain)}`
  return `of changeset "${changeset.id}" ${done} of ${statements} statements${maybe} ran`
}

/** `statement 3` or `statements 3 to 5`. */
export function formatDoubt(done: number, uncertain: number): string {
  return uncertain <= done + 1 ? `statement ${uncertain}` : `statements ${done + 1} to ${uncertain}`
}
