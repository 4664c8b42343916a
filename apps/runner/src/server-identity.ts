import { hostname } from 'node:os'
import type { Database } from '@sluice/engine'

/** PostgreSQL's answer to `readServerIdentity`: cluster, database, and where the server listens. */
const postgresIdentity = `select c.system_identifier::text, d.oid::text, coalesce(host(inet_server_addr()), 'local'), coalesce(inet_server_port(), 0)::text
         from pg_catalog.pg_control_system() c, pg_catalog.pg_database d where d.datname = pg_catalog.current_database()`

const questions: Readonly<Record<string, string>> = {
  postgresql: postgresIdentity,
  mysql: 'SELECT @@server_uuid, @@port, DATABASE()',
  mariadb: 'SELECT @@server_uid, @@port, DATABASE()',
  sqlite: "SELECT file FROM pragma_database_list WHERE name = 'main'",
}

/**
 * The database server's own name for this database, so that two connection URLs of one database count as one target. On PostgreSQL:
 * the cluster's system identifier, the database's oid, and the address the server itself listens on (a restored copy of a cluster has
 * the same identifier but another address). On MySQL and MariaDB the server's unique id, port and database; of a SQLite file this host
 * and its path. Undefined where the server does not tell.
 */
export async function readServerIdentity(database: Database): Promise<string | undefined> {
  const { name } = database.dialect
  const question = questions[name]
  if (question === undefined) return undefined
  try {
    const row = (await database.query(question)).rows[0]
    if (row === undefined || row.some((value) => value === null || value === '')) return undefined
    return [name, ...(name === 'sqlite' ? [hostname()] : []), ...row.map(String)].join(':')
  } catch {
    // Managed services may forbid pg_control_system, and older servers have no unique id: then the canonical URL alone names the target,
    // and the session lock decides.
    return undefined
  }
}
