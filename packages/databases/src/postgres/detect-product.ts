/** Products that speak PostgreSQL's protocol, by the names that `dbms` in changelogs compares with. */
export type PostgresProductName = 'postgresql' | 'cockroachdb' | 'yugabytedb'

/** PostgreSQL numbers its releases `17`, `17.2`, `18beta1`; three numbers are its old ones (9.6.24) or those of another product. */
const ownVersion = /^\d+(\.\d+)?(?![.\d])/

/**
 * The product, from the parameters that a server reports at the start of a session: CockroachDB reports `crdb_version`, YugabyteDB
 * has `-YB-` in its `server_version`. Undefined where they leave it open, as a pooler in between does: then ask for `version()`.
 */
export function detectPostgresProduct(reported: Readonly<Record<string, string>>): PostgresProductName | undefined {
  if (reported['crdb_version'] !== undefined) return 'cockroachdb'
  const version = reported['server_version']
  if (version === undefined) return undefined
  if (/-YB-/i.test(version)) return 'yugabytedb'
  return ownVersion.test(version) ? 'postgresql' : undefined
}

/** The product, from what `SELECT version()` answers: the text that Liquibase looks at too. */
export function productOfVersion(version: string): PostgresProductName {
  if (/cockroach/i.test(version)) return 'cockroachdb'
  return /-YB-|yugabyte/i.test(version) ? 'yugabytedb' : 'postgresql'
}
