/** How Liquibase writes names for SQLite by default: quoted where the name is a reserved word or no plain identifier. */
export function quoteName(name: string): string {
  return needsQuotes(name) ? quoteAlways(name) : name.trim()
}

/** A name in double quotes, whatever it is. */
export function quoteAlways(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** How the catalogue spells a name: as written, without its quotes. Case never counts. */
export function physicalName(name: string): string {
  return name.length > 1 && name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}

/** A name as the catalogue has it. */
export function quotePhysicalName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !reservedWords.has(name.toUpperCase()) ? name : quoteAlways(name)
}

/** A text literal: quotes doubled; nothing else has a meaning inside of it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function isReservedWord(name: string): boolean {
  return reservedWords.has(name.toUpperCase())
}

function needsQuotes(name: string): boolean {
  if (name.length > 1 && name.startsWith('"') && name.endsWith('"')) return false
  return !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name.trim()) || reservedWords.has(name.trim().toUpperCase())
}

/** Keywords of SQLite, https://www.sqlite.org/lang_keywords.html. */
const reservedWords = new Set(
  (
    'ABORT ACTION ADD AFTER ALL ALTER ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE CASE CAST CHECK COLLATE COLUMN ' +
    'COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH ' +
    'DISTINCT DROP EACH ELSE END ESCAPE EXCEPT EXCLUSIVE EXISTS EXPLAIN FAIL FOR FOREIGN FROM FULL GLOB GROUP HAVING IF IGNORE IMMEDIATE IN INDEX ' +
    'INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LEFT LIKE LIMIT MATCH NATURAL NO NOT NOTNULL NULL OF OFFSET ON OR ' +
    'ORDER OUTER PLAN PRAGMA PRIMARY QUERY RAISE RECURSIVE REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT RIGHT ROLLBACK ROW SAVEPOINT ' +
    'SELECT SET TABLE TEMP TEMPORARY THEN TO TRANSACTION TRIGGER UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WITH WITHOUT'
  ).split(' '),
)
