import type { ColumnType } from './types.ts'

export type ProductName = 'postgresql' | 'cockroachdb' | 'yugabytedb' | 'mysql' | 'mariadb' | 'sqlite'

/** What the generators of changes have to know about one database product. Everything is pure. */
export interface Product {
  readonly name: ProductName
  /** Databases that take the same SQL but for details. */
  readonly family: 'postgresql' | 'mysql' | 'sqlite'
  readonly isReservedWord: (name: string) => boolean
  /** A name in quotes, whatever it is. */
  readonly quoteAlways: (name: string) => string
  /** A name that stands in the catalogue exactly like this. */
  readonly quotePhysicalName: (name: string) => string
  /** Unquoted names lose their case, so that names of mixed case are quoted by default (PostgreSQL). */
  readonly foldsCase: boolean
  /** `catalogName` qualifies names; elsewhere only `schemaName` does. */
  readonly usesCatalogs: boolean
  /** Names without schema get the connection's default schema in front. */
  readonly usesDefaultSchema: boolean
  /** A text literal as Liquibase writes it. */
  readonly text: (value: string) => string
  readonly trueValue: string
  readonly falseValue: string
  /** The database's clock, and the same with a precision (`NOW(3)`); undefined where it takes none. */
  readonly now: string
  readonly nowWithPrecision: ((precision: string) => string) | undefined
  readonly hasSequences: boolean
  /** The type that an abstract type of a changelog becomes. */
  readonly columnType: (written: string) => ColumnType
  /** The name of a primary key that was given none, in createTable. */
  readonly primaryKeyName: (table: string) => string
}
