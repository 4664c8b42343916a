/**
 * How Liquibase writes names for PostgreSQL by default (its LEGACY strategy): quoted when letters of both cases are mixed, when the
 * name is a reserved word, or when it is no plain identifier; as written otherwise, so that the server folds it to lower case.
 */
export function quoteName(name: string): string {
  return needsQuotes(name) ? quoteAlways(name) : name
}

/** How the catalogue spells a name that is written by `quoteName`. */
export function physicalName(name: string): string {
  return needsQuotes(name) ? name : name.toLowerCase()
}

/** A name as the catalogue has it, quoted unless it is lower case and plain. */
export function quotePhysicalName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && !reservedWords.has(name.toUpperCase()) ? name : quoteAlways(name)
}

/** A string literal that does not depend on `standard_conforming_strings`, which a user's script may have changed. */
export function literal(text: string): string {
  const quoted = text.replaceAll("'", "''")
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

/** A name in quotes, whatever it is. */
export function quoteAlways(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function isReservedWord(name: string): boolean {
  return reservedWords.has(name.toUpperCase())
}

function needsQuotes(name: string): boolean {
  return (
    (/[a-z]/.test(name) && /[A-Z]/.test(name)) || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || reservedWords.has(name.toUpperCase())
  )
}

/** Reserved words of PostgreSQL, https://www.postgresql.org/docs/current/sql-keywords-appendix.html (reserved, any qualification). */
const reservedWords = new Set(
  (
    'ALL ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC AUTHORIZATION BINARY BOTH CASE CAST CHECK COLLATE COLLATION COLUMN CONCURRENTLY ' +
    'CONSTRAINT CREATE CROSS CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEFAULT ' +
    'DEFERRABLE DESC DISTINCT DO ELSE END EXCEPT FALSE FETCH FOR FOREIGN FREEZE FROM FULL GRANT GROUP HAVING ILIKE IN INITIALLY INNER ' +
    'INTERSECT INTO IS ISNULL JOIN LATERAL LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP NATURAL NOT NOTNULL NULL OFFSET ON ONLY OR ' +
    'ORDER OUTER OVERLAPS PLACING PRIMARY REFERENCES RETURNING RIGHT SELECT SESSION_USER SIMILAR SOME SYMMETRIC TABLE TABLESAMPLE THEN ' +
    'TO TRAILING TRUE UNION UNIQUE USER USING VARIADIC VERBOSE WHEN WHERE WINDOW WITH'
  ).split(' '),
)
