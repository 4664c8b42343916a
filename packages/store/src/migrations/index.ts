import type { Migration } from 'kysely/migration'
import { initial } from './0001-initial.ts'
import { pods } from './0002-pods.ts'

/**
 * All migrations by name, oldest first. The number in front is the schema version. A migration only adds: a server that is up to two
 * versions older keeps working on the result; one that breaks older servers raises `schema_info.oldest_server`.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-pods': pods,
}
