import type { Diagnostic } from '@sluice/base'
import { contextsText, labelsText } from '@sluice/changelog'
import type { Changeset } from '@sluice/changelog'
import { sqlDialectOf } from '@sluice/sql'
import { formatChangesetKey } from '../changeset-key.ts'
import type { ChangesetKey } from '../changeset-key.ts'
import type { TableColumn } from '../database.ts'
import type { Dialect } from '../dialect.ts'

/** What the columns for texts hold as Liquibase makes them, in characters. */
const usualWidth = 255

/** Texts that may be too long, with their columns. Description and comments are cut when they are written, as Liquibase cuts them. */
const columnNames = { id: 'id', author: 'author', path: 'filename', tag: 'tag', contexts: 'contexts', labels: 'labels' } as const
type LimitedText = keyof typeof columnNames

const hints: Readonly<Record<LimitedText, string>> = {
  id: 'Shorten it.',
  author: 'Shorten it.',
  path: 'Shorten it; logicalFilePath gives the changesets of a file another path.',
  tag: 'Shorten it.',
  contexts: 'Shorten the expression, those of the includes around it counted; or make the column wider.',
  labels: 'Use fewer labels, those of the includes around it counted; or make the column wider.',
}

/** Finds the texts of a changeset that its history row has no room for. */
export type NameCheck = (decided: { readonly key: ChangesetKey; readonly changeset: Changeset }) => readonly Diagnostic[]

/**
 * Liquibase finds out when it writes the row, after the changeset ran. `columns` are those of the history as it is; undefined where it has
 * yet to be made. SQLite holds texts of any length, whatever its columns say.
 */
export function createNameCheck(dialect: Pick<Dialect, 'name'>, columns: readonly TableColumn[] | undefined): NameCheck {
  if (sqlDialectOf(dialect.name) === 'sqlite') return () => []
  const widths = Object.entries(columnNames).map(([text, name]): readonly [LimitedText, number] => {
    const column = columns?.find((one) => one.name === name)
    const width = column === undefined ? usualWidth : (column.maxLength ?? Infinity)
    // Our own table holds the identity too, and is no wider where the history is.
    return [text as LimitedText, text in ownColumns ? Math.min(width, usualWidth) : width]
  })
  return ({ key, changeset }) => {
    const texts: Readonly<Record<LimitedText, string | null | undefined>> = {
      ...key,
      tag: changeset.tag,
      contexts: contextsText(changeset),
      labels: labelsText(changeset),
    }
    return widths.flatMap(([what, max]): Diagnostic[] => {
      const text = texts[what] ?? ''
      // Counting characters takes longer, and they are never more than units.
      if (text.length <= max) return []
      const length = Array.from(text).length
      if (length <= max) return []
      return [
        {
          severity: 'error',
          code: 'CHANGESET_NAME_TOO_LONG',
          message: `The ${what} of the changeset "${shorten(formatChangesetKey(key))}" would take ${length} characters; the history table holds ${max}.`,
          ...changeset.place,
          hint: hints[what],
        },
      ]
    })
  }
}

const ownColumns: Readonly<Record<string, true>> = { id: true, author: true, path: true }

function shorten(key: string): string {
  return key.length <= usualWidth ? key : `${key.slice(0, usualWidth)}…`
}
