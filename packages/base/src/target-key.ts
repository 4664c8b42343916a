import { formatHost, readDatabaseUrl } from './database-url.ts'
import type { DatabaseUrl } from './database-url.ts'
import { normalizeSqlitePath } from './database-url-sqlite.ts'

// One server answers under each of these, so they are one target.
const loopback = new Set(['127.0.0.1', '::1', '0:0:0:0:0:0:0:1', 'localhost.localdomain'])

/**
 * The key under which a database is locked across all pipelines: `engine://host:port/database`, with default ports written
 * out, hosts in lower case and sorted, loopback names made one, and user, password and parameters left out. MariaDB counts as
 * MySQL, since the same server is reached by both kinds of URL. A SQLite key is the file's path with `.` and `..` resolved.
 *
 * Throws `AppError('invalid', 'DATABASE_URL_…')` for a URL that cannot be read.
 */
export function canonicalTarget(url: DatabaseUrl | string): string {
  const parsed = readDatabaseUrl(url)
  if (parsed.engine === 'sqlite') return `sqlite:${normalizeSqlitePath(parsed.database ?? '')}`
  const engine = parsed.engine === 'mariadb' ? 'mysql' : parsed.engine
  const hosts = parsed.hosts.map((entry) => formatHost({ ...entry, host: loopback.has(entry.host) ? 'localhost' : entry.host }))
  // A URL without a database name means the one named like the user.
  const database = parsed.database ?? (engine === 'postgresql' ? (parsed.user ?? '') : '')
  return `${engine}://${[...new Set(hosts)].toSorted().join(',')}/${encodeURIComponent(database)}`
}
