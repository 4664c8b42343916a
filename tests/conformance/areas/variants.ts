import type { ChangeSource, ChangesetCase, ConformanceDatabase } from '../framework/model.ts'

type Values = Readonly<Record<string, unknown>>

export interface Variants {
  readonly change: string
  readonly given?: readonly ChangeSource[]
  /** Attributes that every variant has. */
  readonly base: Values
  /** What each variant adds, by its name; the one without a name is the base alone. */
  readonly variants: Readonly<Record<string, Values>>
  readonly databases?: readonly ConformanceDatabase[]
  readonly changeset?: Values
  readonly files?: Readonly<Record<string, string>>
}

/** One case per variant: `createTable` for the base, `createTable-remarks` for one with remarks. */
export function casesOf(...all: readonly Variants[]): readonly ChangesetCase[] {
  return all.flatMap(({ change, base, variants, ...shared }) =>
    Object.entries({ '': {}, ...variants }).map(([suffix, extra]) => ({
      ...shared,
      name: suffix === '' ? change : `${change}-${suffix}`,
      changes: [{ [change]: { ...base, ...extra } }],
    })),
  )
}

/** A column as lists of columns hold it. */
export function column(name: string, type: string, extra: Values = {}): Values {
  return { column: { name, type, ...extra } }
}

/** A value for a column of insert and update. */
export function value(name: string, extra: Values): Values {
  return { column: { name, ...extra } }
}

export function table(name: string, ...columns: readonly Values[]): ChangeSource {
  return { createTable: { tableName: name, columns } }
}

export function insert(name: string, ...columns: readonly Values[]): ChangeSource {
  return { insert: { tableName: name, columns } }
}

export const id = column('id', 'int', { constraints: { primaryKey: true, nullable: false } })
export const plainId = column('id', 'int')
export const label = column('label', 'varchar(40)')
