import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError } from '@sluice/engine'
import type {
  Database,
  DatabaseNotice,
  KeptRows,
  QueryResult,
  SessionFacts,
  SessionInfo,
  SqlValue,
  StatementResult,
  StatementTimeouts,
  TransactionState,
} from '@sluice/engine'
import { sqliteDialect } from './dialect.ts'
import { isBusy, toDatabaseError } from './errors.ts'
import type { SessionLockFile } from './lock-file.ts'
import { leadingWord } from './statement-kind.ts'

export interface SqliteSessionInit {
  readonly database: DatabaseSync
  readonly path: string
  readonly sqliteVersion: string
  /** Undefined for a database in memory, which nobody else can see. */
  readonly lockFile: SessionLockFile | undefined
  readonly info: () => SessionInfo
  readonly lockTimeoutMs: number
}

const busyPauseFirstMs = 2
const busyPauseMaxMs = 50
const changing = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'WITH'])

/**
 * `Database` on one connection of `node:sqlite`. A statement runs on this thread: nothing else happens in the process meanwhile, and it
 * cannot be cancelled or limited in time. Waiting for other connections' locks does not block, and ends when it is cancelled.
 */
export class SqliteSession implements Database {
  readonly dialect = sqliteDialect
  onNotice: ((notice: DatabaseNotice) => void) | undefined
  readonly #init: SqliteSessionInit
  readonly #database: DatabaseSync
  readonly #keys = new Set<bigint>()
  #lockTimeoutMs: number
  #waiting: AbortController | undefined

  constructor(init: SqliteSessionInit) {
    this.#init = init
    this.#database = init.database
    this.#lockTimeoutMs = init.lockTimeoutMs
  }

  get transactionState(): TransactionState {
    if (!this.#database.isOpen) return 'closed'
    return this.#database.isTransaction ? 'active' : 'idle'
  }

  query(sql: string, values: readonly SqlValue[] = []): Promise<QueryResult> {
    return this.#send(sql, () => {
      const statement = this.#database.prepare(sql)
      statement.setReadBigInts(true)
      statement.setReturnArrays(true)
      const bound = values.map((value) => (typeof value === 'boolean' ? Number(value) : value))
      if (statement.columns().length === 0) return { rows: [], rowCount: Number(statement.run(...bound).changes) }
      const rows = (statement.all(...bound) as unknown as unknown[][]).map((row) => row.map(toSqlValue))
      return { rows, rowCount: rows.length }
    })
  }

  async script(statements: readonly string[]): Promise<void> {
    for (const sql of statements) {
      // A transaction of ours is going to write: with the lock from its start it cannot fail in its middle.
      await this.#send(sql, () => this.#database.exec(sql === 'BEGIN' ? 'BEGIN IMMEDIATE' : sql))
    }
  }

  async execute(sql: string, keepRows = 0): Promise<StatementResult> {
    let rest = sql
    let kept: KeptRows | undefined
    let rows: number | undefined
    let command = ''
    while (leadingWord(rest) !== '' || /\S/.test(stripComments(rest))) {
      const part = rest
      const done = await this.#send(sql, () => this.#runFirst(part, keepRows))
      kept = done.kept ?? kept
      if (done.rows !== undefined) rows = (rows ?? 0) + done.rows
      command = done.command
      rest = part.slice(done.length)
    }
    return { rows, command, ...(kept === undefined ? {} : { kept }) }
  }

  readFacts(tables: readonly { schema: string | undefined; name: string }[]): Promise<SessionFacts> {
    return this.#send('', () => ({
      serverVersion: this.#init.sqliteVersion,
      databaseName: this.#init.path,
      userName: '',
      defaultSchema: 'main',
      sessionId: this.#init.info().sessionId,
      tables: tables.map(({ schema, name }) => {
        const columns = this.#database.prepare('SELECT name FROM pragma_table_xinfo(?, ?)').all(name, schema ?? 'main')
        // Lengths are not enforced, so there are none.
        return columns.length === 0
          ? undefined
          : columns.map((column) => ({ name: String(column['name']).toLowerCase(), maxLength: undefined }))
      }),
    }))
  }

  /** One lock for the whole file, whatever the key: SQLite has one writer at a time anyway. */
  trySessionLock(key: bigint): Promise<boolean> {
    return this.#send('', () => {
      if (this.#init.lockFile?.tryTake() === false) return false
      this.#keys.add(key)
      return true
    })
  }

  async releaseSessionLock(key: bigint): Promise<void> {
    this.#keys.delete(key)
    if (this.#keys.size === 0) this.#init.lockFile?.release()
  }

  sessionLockHolder(key: bigint): Promise<SessionInfo | undefined> {
    if (this.#init.lockFile === undefined) return Promise.resolve(this.#keys.has(key) ? this.#init.info() : undefined)
    return this.#send('', () => this.#init.lockFile?.holder())
  }

  async sessionsNamed(prefix: string): Promise<readonly SessionInfo[]> {
    if (this.#init.lockFile?.isHeld !== false) return []
    const holder = this.#init.lockFile.holder()
    return holder?.applicationName.startsWith(prefix) === true ? [holder] : []
  }

  async setTimeouts({ lockTimeoutMs, statementTimeoutMs }: StatementTimeouts): Promise<readonly (keyof StatementTimeouts)[]> {
    this.#lockTimeoutMs = lockTimeoutMs === undefined ? this.#init.lockTimeoutMs : lockTimeoutMs <= 0 ? Infinity : lockTimeoutMs
    return statementTimeoutMs === undefined || statementTimeoutMs <= 0 ? [] : ['statementTimeoutMs']
  }

  async cancelRunning(): Promise<void> {
    this.#waiting?.abort()
  }

  async close(): Promise<void> {
    this.#init.lockFile?.release()
    this.#keys.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  /** Runs the first statement of a text; SQLite itself says where it ends. */
  #runFirst(
    sql: string,
    keepRows: number,
  ): { readonly rows: number | undefined; readonly command: string; readonly length: number; readonly kept?: KeptRows } {
    const statement = this.#database.prepare(sql)
    const command = leadingWord(sql)
    const { length } = statement.sourceSQL
    if (statement.columns().length === 0) {
      const { changes } = statement.run()
      return { rows: changing.has(command) ? Number(changes) : undefined, command, length }
    }
    statement.setReadBigInts(true)
    statement.setReturnArrays(true)
    const kept: (readonly (string | null)[])[] = []
    let rows = 0
    for (const row of statement.iterate()) {
      if (rows++ < keepRows) kept.push((row as unknown as unknown[]).map(toText))
    }
    if (keepRows === 0) return { rows, command, length }
    return { rows, command, length, kept: { columns: statement.columns().map(({ name }) => name), rows: kept } }
  }

  async #send<T>(sql: string, run: () => T): Promise<T> {
    if (!this.#database.isOpen) throw new DatabaseError('The connection to the database is closed.', { connectionLost: true })
    const started = performance.now()
    let pauseMs = busyPauseFirstMs
    for (;;) {
      try {
        return run()
      } catch (error) {
        const waitedMs = performance.now() - started
        if (!isBusy(error) || waitedMs >= this.#lockTimeoutMs) throw toDatabaseError(error, sql, waitedMs)
        await this.#pause(Math.min(pauseMs, this.#lockTimeoutMs - waitedMs))
        pauseMs = Math.min(busyPauseMaxMs, pauseMs * 2)
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    this.#waiting = new AbortController()
    try {
      await delay(ms, undefined, { signal: this.#waiting.signal })
    } catch (error) {
      throw new DatabaseError('The wait for the lock of the database file was cancelled.', {
        code: 'SQLITE_INTERRUPT',
        canceled: true,
        cause: error,
      })
    } finally {
      this.#waiting = undefined
    }
  }
}

function stripComments(sql: string): string {
  return sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|;/g, '')
}

/** A value as people read it: bytes in hexadecimal. */
function toText(value: unknown): string | null {
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  const plain = toSqlValue(value)
  return plain === null ? null : String(plain)
}

/** Large integers become text, bytes the text that they hold. */
function toSqlValue(value: unknown): SqlValue {
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString()
  }
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  return Buffer.from(value as Uint8Array).toString('utf8')
}
