import type { Dialect } from './dialect.ts'

/** A value of our own queries. Dates and large numbers stay the database's text. */
export type SqlValue = string | number | boolean | null

export interface QueryResult {
  readonly rows: readonly (readonly SqlValue[])[]
  /** Rows that the last statement changed or returned. */
  readonly rowCount: number
}

/**
 * One of the engine's own statements with its values beside it: the same text again and again, so that a server may keep it prepared.
 * Without values it is any text.
 */
export interface BoundStatement {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** The first rows of a query's answer, for people to read: values as the database prints them. */
export interface KeptRows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** What came back from a user's statement. Rows are counted; they are kept only where that was asked for. */
export interface StatementResult {
  /** Rows that the statement changed or returned; undefined where the database gives no count (DDL). */
  readonly rows: number | undefined
  /** The command as the database names it, for example `INSERT` or `CREATE TABLE`. */
  readonly command: string
  /** Present when rows were to be kept and the statement has columns to answer with. */
  readonly kept?: KeptRows | undefined
}

export interface DatabaseNotice {
  /** As the database says it: `NOTICE`, `WARNING`, … */
  readonly severity: string
  readonly message: string
  /** The database's own code, where it has one. */
  readonly code?: string | undefined
}

/**
 * `idle`: no transaction. `active`: one is open. `failed`: one is open and only a rollback is possible. `closed`: the connection
 * is gone.
 */
export type TransactionState = 'idle' | 'active' | 'failed' | 'closed'

/** Facts about the session and the named tables, read in one query. */
export interface SessionFacts {
  readonly serverVersion: string
  readonly databaseName: string
  readonly userName: string
  /** The schema that unqualified names mean; undefined when the search path names none that exists. */
  readonly defaultSchema: string | undefined
  /** The server's id of this session. */
  readonly sessionId: string
  /** Per table asked for (in the same order): its columns in lower case, or undefined when there is no such table. */
  readonly tables: readonly (readonly TableColumn[] | undefined)[]
}

export interface TableColumn {
  readonly name: string
  /** Longest text that fits; undefined for other types. */
  readonly maxLength: number | undefined
}

/** How long a statement may wait for somebody else's lock, and how long it may run, in milliseconds. Undefined = no limit of ours. */
export interface StatementTimeouts {
  readonly lockTimeoutMs?: number | undefined
  readonly statementTimeoutMs?: number | undefined
}

/** Another session at the database server. */
export interface SessionInfo {
  readonly sessionId: string
  /** Empty where the server does not show it. */
  readonly applicationName: string
  readonly userName: string
  readonly clientAddress: string | undefined
  /** As the database says it: `active`, `idle`, `idle in transaction`, … */
  readonly state: string
  /** When the session began, and its transaction, as the database's text. */
  readonly since: string
  readonly transactionSince: string | undefined
}

/** One statement of a user and statements of ours behind it, which the server runs as a transaction of their own. */
export interface SmallTransaction {
  /** A text of several statements fails, and nothing of it runs. The statement must not end its transaction by itself. */
  readonly sql: string
  readonly after: readonly BoundStatement[]
  /** The user's statement has ended well; told with the commit, or with what went wrong between. */
  onExecuted(result: StatementResult): void
  onCommitted(): void
}

/**
 * One connection to a target database, as the engine sees it. Implementations send statements verbatim, run one at a time, and
 * throw `DatabaseError` for whatever the server refuses. Nothing here reconnects: a lost connection stays lost, because a new one
 * would not hold the session lock.
 */
export interface Database {
  readonly dialect: Dialect
  readonly transactionState: TransactionState
  /** Sees every notice of the server; set by the command that runs. */
  onNotice: ((notice: DatabaseNotice) => void) | undefined

  /** One of the engine's own statements, with bound values. */
  query(sql: string, values?: readonly SqlValue[]): Promise<QueryResult>
  /** Several of the engine's own statements in one round trip; no values. Stops at the first that fails. */
  script(statements: readonly string[]): Promise<void>
  /**
   * A user's statement, verbatim. Rows are discarded but for the first `keepRows` (none unless given). PostgreSQL: a `COPY … FROM STDIN` with
   * its data, as `splitStatements` gives it, is sent as both.
   */
  execute(sql: string, keepRows?: number): Promise<StatementResult>
  /**
   * BEGIN and a user's statement in one round trip, for products whose protocol says of both together what it says of the statement alone.
   * When it fails, a transaction may be open or not: `transactionState` tells.
   */
  executeInNewTransaction?(sql: string): Promise<StatementResult>
  /**
   * A stretch of small transactions: the next are sent while those ahead of them have not been answered. `next` gives them in order, undefined where
   * the stretch ends; it is asked only for as many as are on their way at a time, and must not throw. The server runs nothing behind a
   * statement that fails: the call rejects then, `transactionState` tells what is left of the transaction, and none of those behind it
   * has run. When the connection is lost, any that was not told of as committed may have come through. Where the server has forgotten what
   * it should have kept, what it came to is taken back and sent again.
   */
  executeStretch?(next: () => SmallTransaction | undefined): Promise<void>
  /** Statements of ours and COMMIT in one round trip, in the transaction that is open. When one fails, `transactionState` tells what is left. */
  commitWith?(statements: readonly BoundStatement[]): Promise<void>
  /**
   * The server keeps statements with values prepared from one call of these two to the next, which makes them cheaper than texts with the
   * values in them. Known once `readFacts` was asked.
   */
  readonly keepsPrepared?: boolean

  /** Session and tables in one query. Names are physical (as the catalogue has them); schema undefined = the default one. */
  readFacts(tables: readonly { readonly schema: string | undefined; readonly name: string }[]): Promise<SessionFacts>

  /** Takes the session lock without waiting. It lives until `releaseSessionLock` or the end of the connection. */
  trySessionLock(key: bigint): Promise<boolean>
  releaseSessionLock(key: bigint): Promise<void>
  /** Whoever holds the session lock now. */
  sessionLockHolder(key: bigint): Promise<SessionInfo | undefined>
  /**
   * Live sessions on this database whose application name begins with a text, this one left out. MySQL and MariaDB: the text has to
   * end where the name does or at one of its colons. SQLite has no list of sessions: only the holder of the session lock is found.
   */
  sessionsNamed(prefix: string): Promise<readonly SessionInfo[]>

  /** Sets what the options of the connection do not say, for all later statements. Gives the limits that this database cannot keep. */
  setTimeouts(timeouts: StatementTimeouts): Promise<readonly (keyof StatementTimeouts)[]>
  /** Asks the server to stop the running statement. Resolves when the request is delivered, not when the statement has ended. */
  cancelRunning(): Promise<void>
  close(): Promise<void>
}

/**
 * What the engine has to tell apart, whatever the product calls it. `exists`: a table, row or name is already there. `missing`: the
 * table is not. `lockTimeout`: another session held a lock for too long. `statementTimeout`: it ran for too long. `deadlock`: the
 * server rolled the transaction back.
 */
export type DatabaseErrorReason = 'exists' | 'missing' | 'lockTimeout' | 'statementTimeout' | 'deadlock'

export interface DatabaseErrorInit {
  readonly reason?: DatabaseErrorReason | undefined
  /** SQLSTATE or the database's own error code. */
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  /** 1-based offset of the error in the statement, in characters. */
  readonly position?: number | undefined
  /** 1-based line of the data that a `COPY … FROM STDIN` carries. */
  readonly dataLine?: number | undefined
  /** True when the connection is gone, so that the statement's outcome may be unknown. */
  readonly connectionLost?: boolean | undefined
  /** True when the server stopped the statement because it was asked to. */
  readonly canceled?: boolean | undefined
  readonly cause?: unknown
}

/** What the database server (or the connection to it) answered instead of a result. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code: string | undefined
  readonly reason: DatabaseErrorReason | undefined
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly position: number | undefined
  readonly dataLine: number | undefined
  readonly connectionLost: boolean
  readonly canceled: boolean

  constructor(message: string, init: DatabaseErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = init.code
    this.reason = init.reason
    this.detail = init.detail
    this.hint = init.hint
    this.position = init.position
    this.dataLine = init.dataLine
    this.connectionLost = init.connectionLost ?? false
    this.canceled = init.canceled ?? false
  }
}
