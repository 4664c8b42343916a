import type { Database } from '@sluice/engine'

/**
 * The database server's own name for this database, so that two connection URLs of one database count as one target. On PostgreSQL:
 * the cluster's system identifier, the database's oid, and the address the server itself listens on (a restored copy of a cluster has
 * the same identifier but another address). Undefined where the server does not tell.
 */
export async function readServerIdentity(database: Database): Promise<string | undefined> {
  try {
    const result = await database.query(
      `select c.system_identifier::text, d.oid::text, coalesce(host(inet_server_addr()), 'local'), coalesce(inet_server_port(), 0)::text
         from pg_catalog.pg_control_system() c, pg_catalog.pg_database d where d.datname = pg_catalog.current_database()`,
    )
    const row = result.rows[0]
    return row === undefined ? undefined : `postgresql:${row.map(String).join(':')}`
  } catch {
    // Managed services may forbid pg_control_system: then the canonical URL alone names the target, and the session lock decides.
    return undefined
  }
}
