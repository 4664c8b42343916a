import type { Diagnostic } from '@sluice/base'
import type { Changeset } from '@sluice/changelog'
import { formatChangesetKey, normalizeChangesetKey } from '../changeset-key.ts'
import type { HistoryRow } from '../history-row.ts'
import type { RollbackTarget } from '../rollback-plan.ts'
import { internalPath } from './decisions.ts'

/** Rows that a target reaches, newest first, and what is wrong with the target. */
export interface RowsToUndo {
  readonly rows: readonly HistoryRow[]
  readonly diagnostics: Diagnostic[]
}

/**
 * Finds the rows that a target reaches. `history` is oldest first; `known` are the changelog's changesets by normalised key;
 * `isLeftOut` tells rows that contexts, labels or the like leave out, which a count does not count (Liquibase's rule). Pure.
 */
export function rowsToUndo(
  history: readonly HistoryRow[],
  target: RollbackTarget,
  known: ReadonlyMap<string, Changeset>,
  isLeftOut: (row: HistoryRow) => boolean = () => false,
): RowsToUndo {
  if ('count' in target) return rowsByCount(history, target.count, isLeftOut)
  if ('toDate' in target) return rowsAfter(history, target.toDate)
  if ('changesets' in target) {
    const wanted = new Set(target.changesets.map(normalizeChangesetKey))
    const present = new Set(history.map(normalizeChangesetKey))
    const missing = target.changesets.filter((key) => !present.has(normalizeChangesetKey(key)))
    if (missing.length > 0) {
      const names = missing.map((key) => `"${formatChangesetKey(key)}"`).join(', ')
      return refused('CHANGESET_NOT_APPLIED', `The history has no row of ${names}.`, 'Look at the history for what ran.')
    }
    return chosenRows(history, (row) => wanted.has(normalizeChangesetKey(row)))
  }
  return 'deployment' in target ? rowsOfDeployment(history, target.deployment) : rowsAfterTag(history, target, known)
}

/** The newest rows until `count` of them are undone; those left out on the way are among them, so that the plan can say so. */
function rowsByCount(history: readonly HistoryRow[], count: number, isLeftOut: (row: HistoryRow) => boolean): RowsToUndo {
  if (!Number.isInteger(count) || count < 0) {
    return refused('ROLLBACK_COUNT', `A rollback by count needs a whole number of at least 0, not ${count}.`)
  }
  const rows: HistoryRow[] = []
  let left = count
  for (const row of history.toReversed()) {
    if (left === 0) break
    rows.push(row)
    if (!isLeftOut(row)) left--
  }
  return { rows, diagnostics: [] }
}

function rowsAfter(history: readonly HistoryRow[], toDate: string): RowsToUndo {
  const moment = parseMoment(toDate)
  if (moment === undefined) {
    return refused(
      'ROLLBACK_DATE_INVALID',
      `"${toDate}" is not a moment to go back to.`,
      'Write it as 2026-03-01 or "2026-03-01 12:30:00", by the clock of the database; DATEEXECUTED has no time zone.',
    )
  }
  const rows: HistoryRow[] = []
  for (const row of history.toReversed()) {
    const executed = parseMoment(row.dateExecuted)
    if (executed === undefined) {
      const message = `DATEEXECUTED of "${formatChangesetKey(row)}" is "${row.dateExecuted}", which is no date.`
      return refused('ROLLBACK_DATE_UNREADABLE', message, 'Go back by count or to a tag instead.')
    }
    if (executed > moment) rows.push(row)
  }
  return { rows, diagnostics: [] }
}

/** A date or timestamp as text that sorts by time: `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`. Undefined for anything else, time zones included. */
function parseMoment(text: string): string | undefined {
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?$/.exec(text.trim())
  if (found === null) return undefined
  const [, day = '', hours = '00', minutes = '00', seconds = '00', fraction = ''] = found
  const date = new Date(`${day}T00:00:00Z`)
  const isDay = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
  if (!isDay || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return undefined
  return `${day} ${hours}:${minutes}:${seconds}.${fraction.padEnd(9, '0')}`
}

function rowsOfDeployment(history: readonly HistoryRow[], wanted: string | undefined): RowsToUndo {
  const ids = [...new Set(history.flatMap((row) => (row.deploymentId === null ? [] : [row.deploymentId])))]
  const id = wanted ?? history.findLast((row) => row.path !== internalPath)?.deploymentId ?? undefined
  if (id !== undefined && ids.includes(id)) return chosenRows(history, (row) => row.deploymentId === id)
  if (wanted === undefined && history.length === 0) return { rows: [], diagnostics: [] }
  return refused(
    'DEPLOYMENT_UNKNOWN',
    id === undefined ? 'The newest row of the history has no deployment id.' : `The history has no deployment "${id}".`,
    ids.length === 0 ? 'None of its rows has one.' : `The newest are ${ids.slice(-5).toReversed().join(', ')}.`,
  )
}

/** Rows picked from anywhere in the history; newer ones that stay are told, because they may depend on what goes. */
function chosenRows(history: readonly HistoryRow[], isChosen: (row: HistoryRow) => boolean): RowsToUndo {
  const rows = history.filter(isChosen).toReversed()
  const oldest = history.findIndex(isChosen)
  const staying = history.slice(oldest).filter((row) => !isChosen(row) && row.path !== internalPath)
  if (staying.length === 0) return { rows, diagnostics: [] }
  const shown = staying.slice(0, 3).map((row) => `"${formatChangesetKey(row)}"`)
  const more = staying.length > shown.length ? ` and ${staying.length - shown.length} more` : ''
  return {
    rows,
    diagnostics: [
      {
        severity: 'warning',
        code: 'ROLLBACK_OUT_OF_ORDER',
        message: `Newer changesets stay and may depend on what is undone: ${shown.join(', ')}${more}.`,
        hint: 'Undo them too (by count, tag or date), or go on if you know that they do not.',
      },
    ],
  }
}

function rowsAfterTag(
  history: readonly HistoryRow[],
  target: Extract<RollbackTarget, { readonly tag: string }>,
  known: ReadonlyMap<string, Changeset>,
): RowsToUndo {
  const newestFirst = history.toReversed()
  const wanted = target.tag.toLowerCase()
  const carries = (row: HistoryRow): boolean => row.tag?.toLowerCase() === wanted
  const index = target.tagVersion === 'oldest' ? newestFirst.findLastIndex(carries) : newestFirst.findIndex(carries)
  const tagged = newestFirst[index]
  if (tagged === undefined) {
    const tags = [...new Set(history.flatMap((row) => (row.tag === null ? [] : [row.tag])))].slice(-10)
    return refused(
      'TAG_UNKNOWN',
      `No row of the history carries the tag "${target.tag}".`,
      tags.length === 0 ? 'The history has no tags.' : `It has ${tags.map((tag) => `"${tag}"`).join(', ')}.`,
    )
  }
  const rows = newestFirst.slice(0, index)
  // The row of a tagDatabase changeset is the tag itself; any other row is the state that the tag marks.
  if (tagged.description === 'tagDatabase' && !keepsTag(known.get(normalizeChangesetKey(tagged)))) rows.push(tagged)
  return { rows, diagnostics: [] }
}

function keepsTag(changeset: Changeset | undefined): boolean {
  return (changeset?.changes ?? []).some(
    (change) =>
      change.type === 'modelled' && change.name === 'tagDatabase' && change.node.attributes['keepTagOnRollback'] === 'true',
  )
}

function refused(code: string, message: string, hint?: string): RowsToUndo {
  return { rows: [], diagnostics: [{ severity: 'error', code, message, ...(hint === undefined ? {} : { hint }) }] }
}
