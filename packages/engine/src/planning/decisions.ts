import type { Diagnostic } from '@sluice/base'
import { computeChecksum, isToleratedChecksum, matchesContexts, matchesLabels, recordedKeys } from '@sluice/changelog'
import type { Changelog, Changeset } from '@sluice/changelog'
import { formatChangesetKey, normalizeChangesetKey } from '../changeset-key.ts'
import type { ChangesetKey } from '../changeset-key.ts'
import type { Dialect } from '../dialect.ts'
import type { HistoryRow } from '../history-row.ts'
import type { LimitOptions, SelectionOptions } from '../options.ts'
import type { SkippedChangeset } from '../plan.ts'
import { selectionDiagnostics } from './selection.ts'

/** A changeset of the changelog with what the history says about it. */
export interface DecidedChangeset {
  readonly key: ChangesetKey
  readonly changeset: Changeset
  readonly action: 'run' | 'rerun'
  readonly stored: HistoryRow | undefined
  readonly checksum: string
}

export interface Decisions {
  readonly run: readonly DecidedChangeset[]
  readonly skipped: readonly SkippedChangeset[]
  /** Rows whose changesets are unchanged and whose checksum is missing or of an older version. */
  readonly checksumUpgrades: readonly { readonly key: ChangesetKey; readonly stored: HistoryRow; readonly checksum: string }[]
  readonly unexpected: readonly ChangesetKey[]
  readonly diagnostics: readonly Diagnostic[]
}

/** What decides beside changelog and history. */
export interface DecisionOptions extends SelectionOptions, LimitOptions {
  /** Leave out what would run again (`runAlways`, edited `runOnChange`): only changesets without a row count as pending. */
  readonly newOnly?: boolean | undefined
}

/** Liquibase's own row under a tag that was set on an empty history. */
export const internalPath = 'liquibase-internal'

/** Decides for every changeset of the changelog, in order, whether it runs and why not. Pure. */
export function decideChangesets(
  changelog: Changelog,
  history: readonly HistoryRow[],
  dialect: Dialect,
  options: DecisionOptions | undefined,
): Decisions {
  const stored = indexHistory(history)
  const run: DecidedChangeset[] = []
  const skipped: SkippedChangeset[] = []
  const checksumUpgrades: { key: ChangesetKey; stored: HistoryRow; checksum: string }[] = []
  const diagnostics: Diagnostic[] = [...selectionDiagnostics(options)]
  const seen = new Map<string, Changeset>()
  const only = options?.only === undefined ? undefined : new Set(options.only.map(normalizeChangesetKey))
  let limited = options?.count !== undefined && options.count < 1
  for (const changeset of changelog.changesets) {
    const key = { id: changeset.id, author: changeset.author, path: changeset.path }
    const normalized = normalizeChangesetKey(key)
    const twin = seen.get(normalized)
    if (twin !== undefined) diagnostics.push(duplicate(changeset, twin))
    seen.set(normalized, changeset)
    const filtered = filterReason(changeset, options)
    if (filtered !== undefined) {
      skipped.push({ key, reason: filtered })
      continue
    }
    const row = findStored(stored, changeset)
    const checksum = computeChecksum(changeset, { version: 9, dbms: dialect.name })
    const decide = (): void => {
      const action = row === undefined ? 'run' : 'rerun'
      if (only?.has(normalized) === false) skipped.push({ key, reason: 'notSelected' })
      else if (row !== undefined && options?.newOnly === true) skipped.push({ key, reason: 'alreadyRan' })
      else if (limited) skipped.push({ key, reason: 'limit' })
      else run.push({ key, changeset, action, stored: row, checksum })
    }
    if (row === undefined || changeset.runAlways) {
      decide()
    } else {
      const comparison = compareChecksum(changeset, row, checksum, dialect)
      if (comparison === 'same' || comparison === 'accepted') {
        skipped.push({ key, reason: 'alreadyRan' })
        if (row.checksum === null || (comparison === 'same' && row.checksum !== checksum))
          checksumUpgrades.push({ key, stored: row, checksum })
      } else if (changeset.runOnChange) {
        decide()
      } else {
        skipped.push({ key, reason: 'alreadyRan' })
        diagnostics.push(comparison === 'unreadable' ? unreadableChecksum(changeset, row) : edited(changeset, row, checksum))
      }
    }
    if (options?.count !== undefined && run.length >= options.count) limited = true
    if (options?.toTag !== undefined && changeset.tag?.toLowerCase() === options.toTag.toLowerCase()) limited = true
  }
  for (const changeset of changelog.otherDatabases) {
    skipped.push({ key: { id: changeset.id, author: changeset.author, path: changeset.path }, reason: 'dbms' })
  }
  if (
    options?.toTag !== undefined &&
    !changelog.changesets.some((one) => one.tag?.toLowerCase() === options.toTag?.toLowerCase())
  ) {
    diagnostics.push({
      severity: 'error',
      code: 'TAG_UNKNOWN',
      message: `No changeset of "${changelog.rootPath}" sets the tag "${options.toTag}".`,
      hint: 'Add a changeset with tagDatabase, or leave the limit out.',
    })
  }
  const known = indexChangelog(changelog)
  for (const key of options?.only ?? []) {
    if (!known.has(normalizeChangesetKey(key))) diagnostics.push(unknownChangeset(changelog, key))
  }
  const unexpected = history
    .filter((row) => row.path !== internalPath && !known.has(normalizeChangesetKey(row)))
    .map(({ id, author, path }) => ({ id, author, path }))
  return { run, skipped, checksumUpgrades, unexpected, diagnostics }
}

/** Changesets by every normalised key under which a history may have them. */
export function indexChangelog(changelog: Changelog): ReadonlyMap<string, Changeset> {
  const known = new Map<string, Changeset>()
  for (const changeset of [...changelog.otherDatabases, ...changelog.changesets]) {
    for (const key of recordedKeys(changeset).toReversed()) known.set(key.toLowerCase(), changeset)
  }
  return known
}

/** The row of a changeset, also where another version of Liquibase gave it another name. */
function findStored(stored: ReadonlyMap<string, HistoryRow>, changeset: Changeset): HistoryRow | undefined {
  for (const key of recordedKeys(changeset)) {
    const row = stored.get(key.toLowerCase())
    if (row !== undefined) return row
  }
  return undefined
}

/** Rows by normalised key; of several the newest. */
export function indexHistory(history: readonly HistoryRow[]): ReadonlyMap<string, HistoryRow> {
  return new Map(history.map((row) => [normalizeChangesetKey(row), row]))
}

/** Why run-time filters leave a changeset out, or undefined. */
export function filterReason(
  changeset: Changeset,
  options: { readonly contexts?: readonly string[] | undefined; readonly labels?: string | undefined } | undefined,
): 'ignored' | 'context' | 'labels' | undefined {
  if (changeset.ignore) return 'ignored'
  if (!matchesContexts([...changeset.inheritedContexts, changeset.context], options?.contexts ?? [])) return 'context'
  return matchesLabels([...changeset.inheritedLabels, changeset.labels], options?.labels) ? undefined : 'labels'
}

/** Whether a changeset is not what its row says that ran, and no `validCheckSum` says that this is fine. */
export function differsFromRow(changeset: Changeset, row: HistoryRow, dialect: Dialect): boolean {
  const current = computeChecksum(changeset, { version: 9, dbms: dialect.name })
  const comparison = compareChecksum(changeset, row, current, dialect)
  return comparison === 'changed' || comparison === 'unreadable'
}

/** `accepted`: different, but listed as valid or computed the way of another release. `unreadable`: of a version that cannot be computed. */
function compareChecksum(
  changeset: Changeset,
  row: HistoryRow,
  current: string,
  dialect: Dialect,
): 'same' | 'accepted' | 'changed' | 'unreadable' {
  if (row.checksum === null || row.checksum === current) return 'same'
  const stored = row.checksum
  const version = /^(\d+):/.exec(stored)?.[1] ?? '1'
  if (version === '8' && computeChecksum(changeset, { version: 8, dbms: dialect.name }) === stored) return 'same'
  if (
    changeset.validCheckSums.some(
      (valid) => acceptsEverything.has(valid.toLowerCase()) || valid.toLowerCase() === stored.toLowerCase(),
    )
  ) {
    return 'accepted'
  }
  if (isToleratedChecksum(changeset, { checksum: stored, toolVersion: row.toolVersion }, dialect.name)) return 'accepted'
  return version === '8' || version === '9' ? 'changed' : 'unreadable'
}

const acceptsEverything = new Set(['any', 'all', '*', '-1', '1:any', '1:all', '1:*'])

function edited(changeset: Changeset, row: HistoryRow, current: string): Diagnostic {
  return {
    severity: changeset.onValidationFail === 'MARK_RAN' ? 'warning' : 'error',
    code: 'CHANGELOG_CHECKSUM_MISMATCH',
    message: `The changeset "${formatChangesetKey(changeset)}" was changed after it ran: its checksum was ${row.checksum ?? ''} and is now ${current}.`,
    ...changeset.place,
    hint: 'Put its old text back and write a new changeset; or add validCheckSum where the change does not matter.',
  }
}

function unreadableChecksum(changeset: Changeset, row: HistoryRow): Diagnostic {
  return {
    severity: 'error',
    code: 'CHANGELOG_CHECKSUM_VERSION',
    message: `The changeset "${formatChangesetKey(changeset)}" was recorded with a checksum of another version, ${row.checksum ?? ''}.`,
    ...changeset.place,
    hint: 'Versions 8 and 9 can be compared. Add validCheckSum to the changeset, or clear the checksums.',
  }
}

/** A changeset that was asked for by name and that the changelog does not have. */
export function unknownChangeset(changelog: Changelog, key: ChangesetKey): Diagnostic {
  const alike = changelog.changesets.filter((one) => one.id.toLowerCase() === key.id.toLowerCase()).slice(0, 3)
  return {
    severity: 'error',
    code: 'CHANGESET_UNKNOWN',
    message: `The changelog "${changelog.rootPath}" has no changeset "${formatChangesetKey(key)}".`,
    hint:
      alike.length === 0
        ? 'Name it as path::id::author, with the path that the changelog reaches it by.'
        : `It has ${alike.map((one) => `"${formatChangesetKey(one)}"`).join(', ')}.`,
  }
}

function duplicate(changeset: Changeset, twin: Changeset): Diagnostic {
  return {
    severity: 'error',
    code: 'CHANGELOG_DUPLICATE_CHANGESET',
    message: `The changeset "${formatChangesetKey(changeset)}" is declared twice; first in ${twin.place.file}:${twin.place.line}.`,
    ...changeset.place,
    hint: 'Give one of them another id.',
  }
}
