/**
 * How Liquibase writes names for MySQL and MariaDB by default: in backquotes where the name is a reserved word or no plain
 * identifier, as written otherwise.
 */
export function quoteName(name: string): string {
  return needsQuotes(name) ? quoteAlways(name) : name
}

/** A name in backquotes, whatever it is. */
export function quoteAlways(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** How the catalogue spells a name: as written. Whether case counts is the server's own setting. */
export function physicalName(name: string): string {
  return name
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
  return !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || reservedWords.has(name.toUpperCase())
}

/**
 * Words that are quoted: those that Liquibase 4.28 quotes, and the reserved words of MySQL 8 and MariaDB that it leaves out
 * (https://dev.mysql.com/doc/refman/8.0/en/keywords.html, https://mariadb.com/kb/en/reserved-words/), which would not parse.
 */
const reservedWords = new Set(
  (
    'ACCESSIBLE ADD ADMIN ALL ALTER ANALYZE AND AS ASC ASENSITIVE BEFORE BETWEEN BIGINT BINARY BLOB BOTH BY CALL CASCADE CASE ' +
    'CHANGE CHAR CHARACTER CHECK COLLATE COLUMN CONDITION CONSTRAINT CONTINUE CONVERT CREATE CROSS CUBE CUME_DIST CURRENT_DATE ' +
    'CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASE DATABASES DAY_HOUR DAY_MICROSECOND DAY_MINUTE DAY_SECOND DEC ' +
    'DECIMAL DECLARE DEFAULT DELAYED DELETE DENSE_RANK DESC DESCRIBE DETERMINISTIC DISTINCT DISTINCTROW DIV DOUBLE DROP DUAL EACH ' +
    'ELSE ELSEIF EMPTY ENCLOSED ESCAPED EXCEPT EXCLUDE EXISTS EXIT EXPLAIN FALSE FETCH FIRST_VALUE FLOAT FLOAT4 FLOAT8 FOLLOWING ' +
    'FOR FORCE FOREIGN FROM FULLTEXT FUNCTION GENERATED GET GRANT GROUP GROUPING GROUPS HAVING HIGH_PRIORITY HISTORY ' +
    'HOUR_MICROSECOND HOUR_MINUTE HOUR_SECOND IF IGNORE IN INDEX INFILE INNER INOUT INSENSITIVE INSERT INT INT1 INT2 INT3 INT4 ' +
    'INT8 INTEGER INTERSECT INTERVAL INTO INVISIBLE IS ITERATE JOIN JSON_TABLE KEY KEYS KILL LAG LAST_VALUE LATERAL LEAD LEADING ' +
    'LEAVE LEFT LIKE LIMIT LINEAR LINES LOAD LOCALTIME LOCALTIMESTAMP LOCK LOCKED LONG LONGBLOB LONGTEXT LOOP LOW_PRIORITY ' +
    'MASTER_SSL_VERIFY_SERVER_CERT MATCH MAXVALUE MEDIUMBLOB MEDIUMINT MEDIUMTEXT MIDDLEINT MINUTE_MICROSECOND MINUTE_SECOND MOD ' +
    'MODIFIES NATURAL NOT NOWAIT NO_WRITE_TO_BINLOG NTH_VALUE NTILE NULL NULLS NUMERIC OF ON OPTIMIZE OPTIMIZER_COSTS OPTION ' +
    'OPTIONALLY OR ORDER ORDINALITY OTHERS OUT OUTER OUTFILE OVER PARTITION PATH PERCENT_RANK PERSIST PERSIST_ONLY PRECEDING ' +
    'PRECISION PRIMARY PROCEDURE PROCESS PURGE RANGE RANK READ READS READ_WRITE REAL RECURSIVE REFERENCES REGEXP RELEASE RENAME ' +
    'REPEAT REPLACE REQUIRE RESIGNAL RESOURCE RESTART RESTRICT RETURN REVOKE RIGHT RLIKE ROLE ROW ROWS ROW_NUMBER SCHEMA SCHEMAS ' +
    'SECOND_MICROSECOND SELECT SENSITIVE SEPARATOR SET SHOW SIGNAL SKIP SMALLINT SPATIAL SPECIFIC SQL SQLEXCEPTION SQLSTATE ' +
    'SQLWARNING SQL_BIG_RESULT SQL_CALC_FOUND_ROWS SQL_SMALL_RESULT SSL STARTING STORED STRAIGHT_JOIN SYSTEM TABLE TERMINATED THEN ' +
    'TIES TINYBLOB TINYINT TINYTEXT TO TRAILING TRIGGER TRUE UNBOUNDED UNDO UNION UNIQUE UNLOCK UNSIGNED UPDATE USAGE USE USING ' +
    'UTC_DATE UTC_TIME UTC_TIMESTAMP VALUES VARBINARY VARCHAR VARCHARACTER VARYING VIRTUAL VISIBLE WHEN WHERE WHILE WINDOW WITH ' +
    'WRITE XOR YEAR_MONTH ZEROFILL'
  ).split(' '),
)
