import type { Change, Changeset } from './model.ts'

/** The texts of a changeset's row in DATABASECHANGELOG, as Liquibase writes them on a live database. Null where it writes NULL. */
export interface HistoryTexts {
  readonly description: string
  readonly comments: string
  readonly contexts: string | null
  readonly labels: string | null
  readonly tag: string | null
}

const textLengthMax = 250

export function historyTexts(changeset: Changeset): HistoryTexts {
  return {
    description: describeChanges(changeset),
    comments: shorten(changeset.comment),
    contexts: contextsText(changeset),
    labels: labelsText(changeset),
    tag: changeset.tag ?? null,
  }
}

/** DESCRIPTION: each change with its names, joined by `; `, cut to 250 characters. */
export function describeChanges(changeset: Pick<Changeset, 'changes'>): string {
  if (changeset.changes.length === 0) return 'empty'
  return shorten(changeset.changes.map(describeChange).join('; '))
}

function describeChange(change: Change): string {
  if (change.type === 'sql') return 'sql'
  if (change.type === 'sqlFile') return `sqlFile path=${change.path}`
  if (change.name === 'tagDatabase') return 'tagDatabase'
  const shown = Object.entries(change.node.attributes)
    .filter(([name]) => name === 'path' || (/name$/i.test(name) && !/(?:schema|catalog)name$/i.test(name)))
    .map(([name, value]) => `${name}=${value}`)
  return [change.name, shown.toSorted().join(', ')].join(' ').trimEnd()
}

/** CONTEXTS: inherited expressions from the nearest on, then the own one, complex ones in parentheses. */
export function contextsText(changeset: Pick<Changeset, 'context' | 'inheritedContexts'>): string | null {
  const all = [...changeset.inheritedContexts, changeset.context]
  const texts = all.flatMap((text) => (text === undefined || text.trim() === '' ? [] : [contextForm(text)]))
  return texts.length === 0 ? null : texts.join(' AND ')
}

/** An expression as it is written into tables and checksums: in parentheses when it is more than one name. */
export function contextForm(text: string): string {
  return /[\s,]/.test(text) ? `(${text})` : text
}

/** LABELS: inherited labels from the nearest on, then the own ones, comma-joined. */
export function labelsText(changeset: Pick<Changeset, 'labels' | 'inheritedLabels'>): string | null {
  const all = [...changeset.inheritedLabels.flat(), ...changeset.labels]
  return all.length === 0 ? null : all.join(',')
}

function shorten(text: string): string {
  return text.length <= textLengthMax ? text : `${text.slice(0, textLengthMax - 3)}...`
}
