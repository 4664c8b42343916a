import { DatabaseError } from '@sluice/engine'
import type {
  Database,
  DatabaseNotice,
  Dialect,
  QueryResult,
  SessionFacts,
  SessionInfo,
  SqlValue,
  StatementResult,
  StatementTimeouts,
  TableColumn,
  TransactionState,
} from '@sluice/engine'
import { splitStatements } from '@sluice/sql'
import type { Connection } from 'mysql2'
import { autocommitFlag, inTransactionFlag, send } from './connection.ts'
import type { SentResult } from './connection.ts'
import { toDatabaseError } from './errors.ts'
import { hashName, lockName, readSessions } from './sessions.ts'
import { leadingWord, returnsCount } from './statement-kind.ts'
import { timeoutStatements } from './timeouts.ts'

export interface MysqlSessionInit {
  readonly connection: Connection
  readonly dialect: Dialect
  readonly serverVersion: string
  readonly sessionId: string
  /** What the options of the connection say. */
  readonly timeouts: StatementTimeouts
  /** Another connection to the same server, for what this one cannot do while it is busy. */
  readonly openSide: () => Promise<Connection>
}

const closeWaitMs = 5000
const warningsMax = 50
/** A client that is gone without a word keeps its session lock no longer than this, in seconds. */
const idleWhileLockedS = 600

/** `Database` on one connection of `mysql2`, for MySQL and MariaDB. */
export class MysqlSession implements Database {
  readonly dialect: Dialect
  onNotice: ((notice: DatabaseNotice) => void) | undefined
  readonly #connection: Connection
  readonly #init: MysqlSessionInit
  #closed = false
  #status = autocommitFlag
  #locks = 0
  /** Cancels under way: the next statement waits for them, so that none of them hits it. */
  #cancels: Promise<unknown> = Promise.resolve()

  constructor(init: MysqlSessionInit) {
    this.#init = init
    this.#connection = init.connection
    this.dialect = init.dialect
    // Without a listener a lost connection would end the process; every call reports it anyway.
    this.#connection.on('error', () => (this.#closed = true))
    this.#connection.on('end', () => (this.#closed = true))
  }

  get transactionState(): TransactionState {
    if (this.#closed) return 'closed'
    return (this.#status & inTransactionFlag) === 0 ? 'idle' : 'active'
  }

  async query(sql: string, values?: readonly SqlValue[]): Promise<QueryResult> {
    const bound = values === undefined || values.length === 0 ? undefined : values
    const sent = await this.#send(sql, { keep: Infinity, values: bound })
    return { rows: sent.rows.map((row) => row.map(toSqlValue)), rowCount: sent.last?.affectedRows ?? sent.rows.length }
  }

  async script(statements: readonly string[]): Promise<void> {
    if (statements.length > 0) await this.#send(statements.join(';\n'), { keep: 0 })
  }

  async execute(sql: string, keepRows = 0): Promise<StatementResult> {
    const sent = await this.#send(sql, { keep: keepRows })
    if (this.onNotice !== undefined && (sent.last?.warningStatus ?? 0) > 0) await this.#reportWarnings(this.onNotice)
    // A routine has several results too.
    const first = leadingWord(sql)
    const command = sent.results > 1 && first !== 'CALL' ? lastCommand(sql) : first
    const isCounted = sent.rowsSeen > 0 || sent.affectedRows > 0 || returnsCount(command)
    return {
      rows: isCounted ? sent.rowsSeen + sent.affectedRows : undefined,
      command,
      ...(keepRows === 0 || sent.columns === undefined
        ? {}
        : { kept: { columns: sent.columns, rows: sent.rows.map((row) => row.map(toText)) } }),
    }
  }

  async readFacts(tables: readonly { schema: string | undefined; name: string }[]): Promise<SessionFacts> {
    const wanted = tables.map(
      (_, index) => ` UNION ALL SELECT ${index}, c.column_name, c.character_maximum_length, c.ordinal_position
 FROM information_schema.columns c WHERE c.table_schema = COALESCE(?, DATABASE()) AND c.table_name = ?`,
    )
    const { rows } = await this.query(
      `SELECT -1 AS number, DATABASE() AS name, SUBSTRING_INDEX(USER(), '@', 1) AS length, 0 AS position${wanted.join('')} ORDER BY number, position`,
      tables.flatMap((table) => [table.schema ?? null, table.name]),
    )
    const [, database, userName] = rows[0] ?? []
    const schema = database === null || database === undefined ? undefined : String(database)
    return {
      serverVersion: this.#init.serverVersion,
      databaseName: schema ?? '',
      userName: String(userName ?? ''),
      defaultSchema: schema,
      sessionId: this.#init.sessionId,
      tables: tables.map((_, index) => readColumns(rows, index)),
    }
  }

  async trySessionLock(key: bigint): Promise<boolean> {
    const { rows } = await this.query('SELECT GET_LOCK(?, 0)', [lockName(key)])
    if (Number(rows[0]?.[0]) !== 1) return false
    this.#locks++
    await this.script([`SET SESSION wait_timeout = ${idleWhileLockedS}`])
    return true
  }

  async releaseSessionLock(key: bigint): Promise<void> {
    this.#locks = Math.max(0, this.#locks - 1)
    await this.script([
      `DO RELEASE_LOCK('${lockName(key)}')`,
      ...(this.#locks === 0 ? ['SET SESSION wait_timeout = DEFAULT'] : []),
    ])
  }

  async sessionLockHolder(key: bigint): Promise<SessionInfo | undefined> {
    const { rows } = await this.query('SELECT IS_USED_LOCK(?)', [lockName(key)])
    const id = rows[0]?.[0]
    if (id === null || id === undefined) return undefined
    const [info] = await this.#sessions('p.id = ?', [id], undefined)
    // Somebody else's session that this user may not see is still a holder.
    return (
      info ?? {
        sessionId: String(id),
        applicationName: '',
        userName: '',
        clientAddress: undefined,
        state: 'unknown',
        since: '',
        transactionSince: undefined,
      }
    )
  }

  async sessionsNamed(prefix: string): Promise<readonly SessionInfo[]> {
    const name = prefix.endsWith(':') ? prefix.slice(0, -1) : prefix
    return this.#sessions(
      'p.id <> CONNECTION_ID() AND p.db <=> DATABASE() AND IS_USED_LOCK(CONCAT(?, p.id)) = p.id',
      [`sluice_name_${hashName(name)}_`],
      name,
    )
  }

  async setTimeouts(timeouts: StatementTimeouts): Promise<readonly (keyof StatementTimeouts)[]> {
    const opened = this.#init.timeouts
    const { statements, notKept } = timeoutStatements(this.dialect.name, {
      lockTimeoutMs: timeouts.lockTimeoutMs ?? opened.lockTimeoutMs,
      statementTimeoutMs: timeouts.statementTimeoutMs ?? opened.statementTimeoutMs,
    })
    await this.script(statements)
    return notKept
  }

  cancelRunning(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    const killed = this.#kill()
    this.#cancels = Promise.allSettled([this.#cancels, killed])
    return killed
  }

  async close(): Promise<void> {
    if (this.#closed) {
      this.#connection.destroy()
      return
    }
    await new Promise<void>((resolve) => {
      // A server that is busy with our statement does not answer a polite end: the socket is closed under it then.
      const timer = setTimeout(() => {
        this.#connection.destroy()
        resolve()
      }, closeWaitMs)
      this.#connection.end(() => {
        clearTimeout(timer)
        resolve()
      })
    })
    this.#closed = true
  }

  #sessions(condition: string, values: readonly SqlValue[], name: string | undefined): Promise<readonly SessionInfo[]> {
    return readSessions((sql, bound) => this.query(sql, bound), condition, values, name)
  }

  async #kill(): Promise<void> {
    const side = await this.#init.openSide()
    try {
      await send(side, `KILL QUERY ${this.#init.sessionId}`, { keep: 0 })
    } finally {
      side.destroy()
    }
  }

  async #reportWarnings(onNotice: (notice: DatabaseNotice) => void): Promise<void> {
    const { rows } = await this.query(`SHOW WARNINGS LIMIT ${warningsMax}`)
    for (const [level, code, message] of rows)
      onNotice({ severity: String(level).toUpperCase(), message: `${String(message)} (${String(code)})`, code: String(code) })
  }

  async #send(
    sql: string,
    options: { readonly keep: number; readonly values?: readonly unknown[] | undefined },
  ): Promise<SentResult> {
    if (this.#closed) throw new DatabaseError('The connection to the database is closed.', { connectionLost: true })
    await this.#cancels
    try {
      const sent = await send(this.#connection, sql, options)
      if (sent.last !== undefined) this.#status = sent.last.serverStatus
      // With autocommit switched off, any read begins a transaction.
      else if ((this.#status & autocommitFlag) === 0) await this.#readStatus()
      return sent
    } catch (error) {
      const failure = toDatabaseError(error, sql)
      if (failure.connectionLost) this.#closed = true
      else await this.#readStatus()
      throw failure
    }
  }

  /** An error says nothing about the transaction, and a deadlock ends it: the next answer tells. */
  async #readStatus(): Promise<void> {
    await this.#cancels
    try {
      const { last } = await send(this.#connection, 'DO 0', { keep: 0 })
      this.#status = last?.serverStatus ?? this.#status
    } catch (error) {
      if (toDatabaseError(error, undefined).connectionLost) this.#closed = true
    }
  }
}

/** A value as people read it: bytes in hexadecimal. */
function toText(value: unknown): string | null {
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`
  const plain = toSqlValue(value)
  return plain === null ? null : String(plain)
}

function lastCommand(sql: string): string {
  return leadingWord(splitStatements(sql, { dialect: 'mysql' }).statements.at(-1)?.text ?? sql)
}

/** Dates, decimals and large numbers arrive as text; BIT as bytes; text in a binary column as bytes too. */
function toSqlValue(value: unknown): SqlValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number') return value
  if (!Buffer.isBuffer(value)) return JSON.stringify(value)
  return value.length === 1 && (value[0] === 0 || value[0] === 1) ? (value[0] ?? 0) : value.toString('utf8')
}

function readColumns(rows: readonly (readonly SqlValue[])[], index: number): readonly TableColumn[] | undefined {
  const columns = rows
    .filter(([number]) => Number(number) === index)
    .map(([, name, length]) => ({
      name: String(name).toLowerCase(),
      maxLength: length === null || length === undefined ? undefined : Number(length),
    }))
  return columns.length === 0 ? undefined : columns
}
