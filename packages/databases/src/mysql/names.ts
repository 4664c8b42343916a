/**
 * How Liquibase writes names for MySQL and MariaDB by default: in backquotes where the name is a reserved word or no plain
 * identifier, as written otherwise.
 */
export function quoteName(name: string): string {
  return needsQuotes(name) ? quoteAlways(name) : name.trim()
}

/** A name in backquotes, whatever it is. */
export function quoteAlways(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** How the catalogue spells a name: as written, without its quotes. Whether case counts is the server's own setting. */
export function physicalName(name: string): string {
  return name.length > 1 && name.startsWith('`') && name.endsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name
}

/** A name as the catalogue has it. */
export function quotePhysicalName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !reservedWords.has(name.toUpperCase()) ? name : quoteAlways(name)
}

/**
 * A text literal that means the same with and without NO_BACKSLASH_ESCAPES: quotes doubled, backslashes by their code, since
 * one mode reads `\\` as one character and the other as two.
 */
export function literal(text: string): string {
  const quoted = text.replaceAll("'", "''")
  if (!quoted.includes('\\')) return `'${quoted}'`
  return `CONCAT('${quoted.split('\\').join("', CHAR(92 USING utf8mb4), '")}')`
}

export function isReservedWord(name: string): boolean {
  return reservedWords.has(name.toUpperCase())
}

function needsQuotes(name: string): boolean {
  if (name.length > 1 && name.startsWith('`') && name.endsWith('`')) return false
  return !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name.trim()) || reservedWords.has(name.trim().toUpperCase())
}

/** Reserved words of MySQL 8, https://dev.mysql.com/doc/refman/8.0/en/keywords.html. */
const reservedWords = new Set(
  (
    'ACCESSIBLE ADD ALL ALTER ANALYZE AND AS ASC ASENSITIVE BEFORE BETWEEN BIGINT BINARY BLOB BOTH BY CALL CASCADE CASE CHANGE CHAR CHARACTER ' +
    'CHECK COLLATE COLUMN CONDITION CONSTRAINT CONTINUE CONVERT CREATE CROSS CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURSOR ' +
    'DATABASE DATABASES DAY_HOUR DAY_MICROSECOND DAY_MINUTE DAY_SECOND DEC DECIMAL DECLARE DEFAULT DELAYED DELETE DESC DESCRIBE DETERMINISTIC ' +
    'DISTINCT DISTINCTROW DIV DOUBLE DROP DUAL EACH ELSE ELSEIF ENCLOSED ESCAPED EXISTS EXIT EXPLAIN FALSE FETCH FLOAT FLOAT4 FLOAT8 FOR FORCE ' +
    'FOREIGN FROM FULLTEXT GRANT GROUP HAVING HIGH_PRIORITY HOUR_MICROSECOND HOUR_MINUTE HOUR_SECOND IF IGNORE IN INDEX INFILE INNER INOUT ' +
    'INSENSITIVE INSERT INT INT1 INT2 INT3 INT4 INT8 INTEGER INTERVAL INTO IS ITERATE JOIN KEY KEYS KILL LEADING LEAVE LEFT LIKE LIMIT LINEAR ' +
    'LINES LOAD LOCALTIME LOCALTIMESTAMP LOCK LONG LONGBLOB LONGTEXT LOOP LOW_PRIORITY MATCH MEDIUMBLOB MEDIUMINT MEDIUMTEXT MIDDLEINT ' +
    'MINUTE_MICROSECOND MINUTE_SECOND MOD MODIFIES NATURAL NOT NO_WRITE_TO_BINLOG NULL NUMERIC ON OPTIMIZE OPTION OPTIONALLY OR ORDER OUT OUTER ' +
    'OUTFILE PRECISION PRIMARY PROCEDURE PURGE RANGE READ READS READ_WRITE REAL REFERENCES REGEXP RELEASE RENAME REPEAT REPLACE REQUIRE RESTRICT ' +
    'RETURN REVOKE RIGHT RLIKE SCHEMA SCHEMAS SECOND_MICROSECOND SELECT SENSITIVE SEPARATOR SET SHOW SMALLINT SPATIAL SPECIFIC SQL SQLEXCEPTION ' +
    'SQLSTATE SQLWARNING SQL_BIG_RESULT SQL_CALC_FOUND_ROWS SQL_SMALL_RESULT SSL STARTING STRAIGHT_JOIN TABLE TERMINATED THEN TINYBLOB TINYINT ' +
    'TINYTEXT TO TRAILING TRIGGER TRUE UNDO UNION UNIQUE UNLOCK UNSIGNED UPDATE USAGE USE USING UTC_DATE UTC_TIME UTC_TIMESTAMP VALUES VARBINARY ' +
    'VARCHAR VARCHARACTER VARYING WHEN WHERE WHILE WITH WRITE XOR YEAR_MONTH ZEROFILL'
  ).split(' '),
)
