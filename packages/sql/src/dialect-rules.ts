import { createBlockScope } from './block-scope.ts'
import { createMysqlLexer } from './mysql-lexer.ts'
import { readPostgresToken } from './postgres-lexer.ts'
import { readSqliteToken } from './sqlite-lexer.ts'
import { createPostgresScope, type StatementScope } from './statement-scope.ts'
import { lineEnd, type ReadToken } from './token.ts'

/** A family of databases that read SQL alike. */
export type SqlDialect = 'postgresql' | 'mysql' | 'sqlite'

/** The family of a database by Liquibase's short name; PostgreSQL and its relatives where it is none of the others. */
export function sqlDialectOf(shortName: string): SqlDialect {
  if (shortName === 'mysql' || shortName === 'mariadb') return 'mysql'
  return shortName === 'sqlite' ? 'sqlite' : 'postgresql'
}

/** What a line of a product's own client asks for. */
export interface ClientCommand {
  readonly end: number
  /** Set by a DELIMITER line; undefined for a command that cannot be obeyed. */
  readonly delimiter: string | undefined
}

export interface DialectRules {
  readonly readToken: ReadToken
  readonly createScope: () => StatementScope
  /** The command line that starts at `at`, asked for where a statement would begin. */
  readonly clientCommand: (text: string, at: number) => ClientCommand | undefined
  readonly hasDelimiterCommand: boolean
  /** The product's client, and the code of the problem when a script holds a command for it. */
  readonly client: string
  readonly code: string
}

const postgresRules: DialectRules = {
  readToken: readPostgresToken,
  createScope: createPostgresScope,
  clientCommand: () => undefined,
  hasDelimiterCommand: false,
  client: 'psql',
  code: 'SQL_PSQL_COMMAND',
}

const sqliteRules: DialectRules = {
  readToken: readSqliteToken,
  createScope: createBlockScope,
  clientCommand: (text, at) =>
    text.charCodeAt(at) === 46 && startsLine(text, at) && /[a-z]/i.test(text.charAt(at + 1))
      ? { end: lineEnd(text, at), delimiter: undefined }
      : undefined,
  hasDelimiterCommand: false,
  client: 'sqlite3',
  code: 'SQL_SQLITE3_COMMAND',
}

function mysqlRules(backslashEscapes: boolean): DialectRules {
  return {
    readToken: createMysqlLexer({ backslashEscapes }),
    createScope: createBlockScope,
    clientCommand: readMysqlCommand,
    hasDelimiterCommand: true,
    client: 'the mysql client',
    code: 'SQL_MYSQL_COMMAND',
  }
}

/** How a dialect is read. `backslashEscapes` is for MySQL's NO_BACKSLASH_ESCAPES. */
export function dialectRules(dialect: SqlDialect, backslashEscapes = true): DialectRules {
  if (dialect === 'mysql') return mysqlRules(backslashEscapes)
  return dialect === 'sqlite' ? sqliteRules : postgresRules
}

/** `DELIMITER $$` sets what ends statements; `SOURCE file` reads another file, which nothing here does. */
function readMysqlCommand(text: string, at: number): ClientCommand | undefined {
  const letter = text.charCodeAt(at) | 32
  if ((letter !== 100 && letter !== 115) || !startsLine(text, at)) return undefined
  const found = /(delimiter|source)[ \t]+(\S{1,64})[^\r\n]*/iy
  found.lastIndex = at
  const match = found.exec(text)
  if (match === null) return undefined
  return { end: found.lastIndex, delimiter: match[1]?.toLowerCase() === 'delimiter' ? match[2] : undefined }
}

function startsLine(text: string, at: number): boolean {
  for (let before = at - 1; before >= 0 && before > at - 256; before--) {
    const code = text.charCodeAt(before)
    if (code === 10 || code === 13) return true
    if (code !== 32 && code !== 9 && code !== 0xfeff) return false
  }
  return at < 256
}
