import type { PropertyValue } from '@sluice/engine'
import { commentOn, optionList } from './reading.ts'
import type { Reading } from './reading.ts'
import { sequenceOptions } from './read-sequences.ts'
import type { SequenceRow } from './read-sequences.ts'

export interface ColumnRow {
  readonly table: string
  readonly number: number
  readonly name: string
  readonly type: string
  readonly notNull: boolean
  /** '', `a` (always) or `d` (by default). */
  readonly identity: string
  /** '', `s` (stored) or `v` (virtual). */
  readonly generated: string
  readonly expression: string | null
  readonly defaultOid: string | null
  readonly collation: readonly [string, string] | null
  readonly storage: string | null
  readonly compression: string
  readonly statistics: number | null
  readonly options: readonly string[] | null
  /** What a foreign table's column says to the wrapper. */
  readonly foreignOptions: readonly string[] | null
  /** Said by the table itself; a child of INHERITS may say what its parents say. */
  readonly isLocal: boolean
  /** Some parent has it, so that it changes with that one. */
  readonly isInherited: boolean
  readonly comment: string | null
}

const storages: Readonly<Record<string, string>> = { p: 'PLAIN', e: 'EXTERNAL', m: 'MAIN', x: 'EXTENDED' }

/** A column's SQL in its parts. */
export interface ColumnText {
  /** As in CREATE TABLE and ADD COLUMN. */
  readonly definition: string
  /** The same without its default. */
  readonly bare: string
  /** Statements after it is there: storage, statistics, options, comment. */
  readonly extras: readonly string[]
  readonly properties: Record<string, PropertyValue>
}

/** Writes a column of the table that SQL calls `table`. */
export function describeColumn(reading: Reading, row: ColumnRow, table: string, sequence: SequenceRow | undefined): ColumnText {
  const column = reading.quote(row.name)
  const collation = row.collation === null ? null : reading.qualified(...row.collation)
  const compression = { p: 'pglz', l: 'lz4' }[row.compression] ?? null
  const isGenerated = row.generated !== ''
  const identity = row.identity === '' ? null : identityText(reading, row, sequence)
  const head = [
    `${column} ${row.type}`,
    ...(compression === null ? [] : [`COMPRESSION ${compression}`]),
    ...(collation === null ? [] : [`COLLATE ${collation}`]),
  ]
  const generated = isGenerated
    ? `GENERATED ALWAYS AS (${row.expression ?? ''}) ${row.generated === 'v' ? 'VIRTUAL' : 'STORED'}`
    : null
  const byDefault = !isGenerated && row.expression !== null ? row.expression : null
  const tail = [...(identity === null ? [] : [`GENERATED ${identity}`]), ...(row.notNull ? ['NOT NULL'] : [])]
  const statistics = row.statistics === null || row.statistics < 0 ? null : row.statistics
  const storage = row.storage === null ? null : (storages[row.storage] ?? row.storage)
  const alter = `ALTER TABLE ${table} ALTER COLUMN ${column}`
  return {
    definition: [
      ...head,
      ...(generated === null ? [] : [generated]),
      ...(byDefault === null ? [] : [`DEFAULT ${byDefault}`]),
      ...tail,
    ].join(' '),
    bare: [...head, ...(generated === null ? [] : [generated]), ...tail].join(' '),
    extras: [
      ...(storage === null ? [] : [`${alter} SET STORAGE ${storage}`]),
      ...(statistics === null ? [] : [`${alter} SET STATISTICS ${String(statistics)}`]),
      ...(row.options === null ? [] : [`${alter} SET (${optionList(row.options).join(', ')})`]),
      ...commentOn(`COLUMN ${table}.${column}`, row.comment),
    ],
    properties: {
      dataType: row.type,
      isNotNull: row.notNull,
      default: byDefault,
      generated,
      identity,
      collation,
      storage,
      compression,
      statistics,
      options: optionList(row.options),
      comment: row.comment,
    },
  }
}

function identityText(reading: Reading, row: ColumnRow, sequence: SequenceRow | undefined): string {
  const kind = row.identity === 'a' ? 'ALWAYS' : 'BY DEFAULT'
  if (sequence === undefined) return `${kind} AS IDENTITY`
  const table = sequence.owner?.[1] ?? ''
  // A longer name is cut by rules of the server's own, so that it is written out.
  const isUsualName = sequence.name === `${table}_${row.name}_seq`
  const options = [
    ...(isUsualName ? [] : [`SEQUENCE NAME ${reading.qualified(sequence.schema, sequence.name)}`]),
    ...sequenceOptions(sequence),
  ]
  return `${kind} AS IDENTITY${options.length === 0 ? '' : ` (${options.join(' ')})`}`
}
