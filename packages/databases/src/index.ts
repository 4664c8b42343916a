export { openDatabase } from './open-database.ts'
export { openPostgres } from './postgres/open.ts'
export { postgresDialect } from './postgres/dialect.ts'
export type { OpenOptions, TlsMaterial } from './postgres/options.ts'
