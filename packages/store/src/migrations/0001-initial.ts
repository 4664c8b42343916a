import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { access } from './0001/access.ts'
import { attempts } from './0001/attempts.ts'
import { delegates } from './0001/delegates.ts'
import { entities } from './0001/entities.ts'
import { executions } from './0001/executions.ts'

const schemaInfo = `
-- The lowest schema version that a server must know to work on this database: what lets an older server tolerate a newer one.
create table schema_info (
  singleton boolean primary key default true check (singleton),
  oldest_server integer not null
);
insert into schema_info (oldest_server) values (1);
`

/** Every table of the first release. */
export const initial: Migration = {
  async up(db) {
    for (const part of [schemaInfo, entities, access, delegates, executions, attempts]) await sql.raw(part).execute(db)
  },
}
