import type { ColumnType } from 'kysely'

/** A jsonb column: read as a value, written as JSON text made by `toJson`. */
export type Json<T> = ColumnType<T, string, string>
export type JsonWithDefault<T> = ColumnType<T, string | undefined, string>
/** A time written by us or by the database's `now()`. */
export type Time = ColumnType<Date, Date | undefined, Date>
export type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>
export type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>
