/** How Liquibase writes names for SQLite by default: quoted where the name is a reserved word or no plain identifier. */
export function quoteName(name: string): string {
  return needsQuotes(name) ? quoteAlways(name) : name
}

/** A name in double quotes, whatever it is. */
export function quoteAlways(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** How the catalogue spells a name: as written. Case never counts. */
export function physicalName(name: string): string {
  return name
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
  return !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || reservedWords.has(name.toUpperCase())
}

/**
 * The keywords of SQLite that cannot be names without quotes (https://www.sqlite.org/lang_keywords.html; most of them can). Liquibase
 * quotes none of them, so that its SQL does not parse.
 */
const reservedWords = new Set(
  (
    'ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CAST CHECK COLLATE COMMIT CONSTRAINT CREATE CURRENT_DATE CURRENT_TIME ' +
    'CURRENT_TIMESTAMP DEFAULT DEFERRABLE DELETE DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IF IN INDEX INSERT ' +
    'INTERSECT INTO IS ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY RAISE REFERENCES RETURNING SELECT SET TABLE THEN TO ' +
    'TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE'
  ).split(' '),
)
