import type { TableFacts } from '@sluice/engine'
import type { ChangeWriter } from '../../changes/writer.ts'
import { formatTableText, namesIn, parseTableText } from './table-text.ts'
import type { TableText } from './table-text.ts'

/** A table that is made anew: what the catalogue says of it, and its text taken apart. */
export interface RebuiltTable {
  readonly facts: TableFacts
  readonly text: TableText
}

/** Reads a table that a change makes anew; reports why that cannot be, and gives undefined then. */
export function readRebuiltTable(writer: ChangeWriter): RebuiltTable | undefined {
  const name = writer.need('tableName')
  const facts = writer.context.facts?.readTable(name)
  if (facts === undefined) {
    writer.report(
      'CHANGE_NEEDS_DATABASE',
      `The change "${writer.change.name}" makes the table "${name}" anew, and nothing is known about that table here.`,
      'Run this with the database named, so that the table can be looked at; or check that the table exists.',
    )
    return undefined
  }
  const text = parseTableText(facts.sql)
  if (text === undefined) {
    writer.report(
      'CHANGE_UNSUPPORTED',
      `The table "${name}" is none that "${writer.change.name}" can make anew.`,
      'Write the change as SQL.',
    )
    return undefined
  }
  if (facts.losesRowsWhenDropped) {
    writer.report(
      'CHANGE_FOREIGN_KEYS',
      `The change "${writer.change.name}" makes the table "${name}" anew, which would delete rows of tables that refer to it while foreign keys are enforced.`,
      'Leave "foreign_keys=on" out of the URL for this run.',
    )
    return undefined
  }
  return { facts, text }
}

/**
 * The statements that make a table anew, https://www.sqlite.org/lang_altertable.html#otheralter: a new one, its rows, the old one's
 * end, its name; then indexes and triggers. `values` are the expressions that fill columns which the old table has not.
 */
export function rebuildTable(
  { facts, text: before }: RebuiltTable,
  text: TableText,
  writer: ChangeWriter,
  values: Readonly<Record<string, string>> = {},
): readonly string[] {
  const { quotePhysicalName } = writer.product
  const table = writer.table()
  const copyName = `sluice_new_${facts.name}`
  const copy = writer.qualified(copyName, writer.get('schemaName'), writer.get('catalogName'))
  const kept = new Set(columnNames(before).map((name) => name.toLowerCase()))
  const columns = columnNames(text).filter((name) => kept.has(name.toLowerCase()) || values[name] !== undefined)
  const targets = columns.map(quotePhysicalName).join(', ')
  const sources = columns.map((name) => values[name] ?? quotePhysicalName(name)).join(', ')
  const names = new Set(columnNames(text).map((name) => name.toLowerCase()))
  const gone = [...kept].filter((name) => !names.has(name))
  const parts = facts.parts.filter((part) => part.kind === 'trigger' || !gone.some((name) => namesIn(part.sql).has(name)))
  const counts = /\bautoincrement\b/i.test(facts.sql) && /\bautoincrement\b/i.test(formatTableText(text, copy))
  const { text: literal } = writer.product
  return [
    // Otherwise a view on the table would be in the way while there is none of its name.
    'PRAGMA legacy_alter_table = ON',
    formatTableText(text, copy),
    `INSERT INTO ${copy} (${targets}) SELECT ${sources} FROM ${table}`,
    ...(counts
      ? [
          `DELETE FROM sqlite_sequence WHERE name = ${literal(copyName)}`,
          `INSERT INTO sqlite_sequence (name, seq) SELECT ${literal(copyName)}, seq FROM sqlite_sequence WHERE name = ${literal(facts.name)}`,
        ]
      : []),
    `DROP TABLE ${table}`,
    `ALTER TABLE ${copy} RENAME TO ${quotePhysicalName(facts.name)}`,
    ...parts.map((part) => part.sql),
    'PRAGMA legacy_alter_table = OFF',
  ]
}

export function columnNames(text: TableText): readonly string[] {
  return text.items.flatMap((item) => (item.kind === 'column' ? [item.name] : []))
}
