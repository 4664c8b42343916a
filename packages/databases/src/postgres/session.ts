import { DatabaseError } from '@sluice/engine'
import type {
  BoundStatement,
  Database,
  DatabaseNotice,
  Dialect,
  QueryResult,
  SessionFacts,
  SessionInfo,
  SmallTransaction,
  SqlValue,
  StatementResult,
  StatementTimeouts,
  TableColumn,
  TransactionState,
} from '@sluice/engine'
import type pg from 'pg'
import { readCopyFromStdin } from '@sluice/sql'
import { sendCancelRequest } from './cancel.ts'
import type { CancelAddress } from './cancel.ts'
import { sendCopyData } from './copy-in.ts'
import { toDatabaseError } from './errors.ts'
import { PreparedStatements, bindValues, isForgotten, usesKept } from './prepared-statements.ts'
import { readResult } from './read-result.ts'
import { sendBatch } from './send-batch.ts'
import { sendStretch } from './send-stretch.ts'
import { Stretch } from './stretch.ts'
import type { BatchStatement, CommandResult, SubmittableQuery } from './send-batch.ts'

/** What `pg` has and its types leave out. */
interface ClientInternals {
  readonly processID: number
  readonly secretKey: number
  readonly readyForQuery: boolean
  readonly connection: {
    readonly stream: { destroy(): void; once(event: 'finish', listener: () => void): unknown }
    once(event: string, listener: () => void): void
    removeListener(event: string, listener: () => void): void
  }
  getTransactionStatus(): 'I' | 'T' | 'E' | null
}

export interface SessionInit {
  readonly client: pg.Client
  readonly dialect: Dialect
  readonly createQuery: (text: string) => SubmittableQuery
  readonly address: Omit<CancelAddress, 'processId' | 'secretKey'>
  /** What the options of the connection say. */
  readonly timeouts: StatementTimeouts
  /** Called once, when the server's session id is not the one of the connection: a pooler is in between. Throws to refuse it. */
  readonly onProxy: (session: PostgresSession) => Promise<void>
}

const closeWaitMs = 5000
const begin = 'BEGIN;\n'
const savepoint = 'sluice_recording'
/** The server notices a dead client within about a minute, so that its session lock is freed. */
const keepaliveSettings =
  "set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false)"

/** `Database` on one connection of `pg`. */
export class PostgresSession implements Database {
  readonly dialect: Dialect
  onNotice: ((notice: DatabaseNotice) => void) | undefined
  readonly #client: pg.Client
  readonly #internals: ClientInternals
  readonly #init: SessionInit
  #closed = false
  /** A cancel was asked for since the last statement began: what a 57014 of the server then means. */
  #cancelAsked = false
  #proxyChecked = false
  #holdsLock = false
  /** The server's session is that of the connection: nothing stands between that could put another in its place. */
  #isDirect = false
  readonly #prepared = new PreparedStatements()

  constructor(init: SessionInit) {
    this.#init = init
    this.dialect = init.dialect
    this.#client = init.client
    this.#internals = init.client as unknown as ClientInternals
    // Without a listener a lost connection would end the process; every call reports it anyway.
    this.#client.on('error', () => (this.#closed = true))
    this.#client.on('end', () => (this.#closed = true))
    this.#client.on('notice', (notice) => {
      this.onNotice?.({ severity: notice.severity ?? 'NOTICE', message: notice.message ?? '' })
    })
  }

  /** Other products than PostgreSQL tell other ids of sessions, and have no advisory locks to rely on. */
  get #isVariant(): boolean {
    return this.dialect.lacksSessionLock === true
  }

  get transactionState(): TransactionState {
    if (this.#closed) return 'closed'
    const status = this.#internals.getTransactionStatus()
    return status === 'T' ? 'active' : status === 'E' ? 'failed' : 'idle'
  }

  async query(sql: string, values?: readonly SqlValue[]): Promise<QueryResult> {
    const bound = values === undefined || values.length === 0 ? {} : { values: [...values] }
    const result = await this.#send(() => this.#client.query<SqlValue[]>({ text: sql, rowMode: 'array', ...bound }))
    const last = Array.isArray(result) ? (result as (typeof result)[]).at(-1) : result
    return { rows: last?.rows ?? [], rowCount: last?.rowCount ?? 0 }
  }

  async script(statements: readonly string[]): Promise<void> {
    if (statements.length > 0) await this.#send(() => this.#client.query(statements.join(';\n')))
  }

  execute(sql: string, keepRows = 0): Promise<StatementResult> {
    return this.#execute(sql, keepRows, '')
  }

  // The server parses both before it runs either, and nothing of ours follows the user's text, so that nothing in it can swallow anything.
  executeInNewTransaction(sql: string): Promise<StatementResult> {
    return this.#execute(sql, 0, begin)
  }

  /** Through a pooler the next transaction may be in another session of the server, which has never heard of the statement. */
  get keepsPrepared(): boolean {
    return this.#isDirect && !this.#isVariant
  }

  async executeStretch(next: () => SmallTransaction | undefined): Promise<void> {
    await this.#send(async () => {
      let again: readonly SmallTransaction[] = []
      for (;;) {
        const stretch = new Stretch({
          again,
          next,
          bind: (statements) => this.#bind(statements),
          note: (sent) => this.#prepared.note(sent),
        })
        try {
          await sendStretch(this.#client, () => stretch.take())
          return
        } catch (error) {
          if (!isForgotten(error) || !stretch.usesKept || !(await this.#takeBack())) {
            // Where an error stands in our own text says nothing.
            throw stretch.tellExecuted() ? toDatabaseError(error, this.#cancelAsked, Infinity) : error
          }
          this.#prepared.forget()
          again = stretch.open
        }
      }
    })
  }

  /** Ends the transaction that an error has left open. After a COMMIT that failed there is none: it was none of a name of ours. */
  async #takeBack(): Promise<boolean> {
    await this.#untilReady()
    if (this.transactionState !== 'failed') return false
    await this.#client.query('ROLLBACK')
    return true
  }

  async commitWith(statements: readonly BoundStatement[]): Promise<void> {
    const send = async (recording: readonly BatchStatement[]): Promise<void> => {
      // What the user's statements did must not be lost with a name.
      const before = usesKept(recording) ? [{ text: `SAVEPOINT ${savepoint}` }] : []
      await sendBatch(this.#client, [...before, ...recording, { text: 'COMMIT' }], () => {})
    }
    await this.#send(async () => {
      try {
        await this.#sendRecording(statements, send, async () => {
          // After a COMMIT that failed there is nothing to go back to, and the error was none of a name of ours.
          if (this.transactionState !== 'failed') return false
          await this.#client.query(`ROLLBACK TO SAVEPOINT ${savepoint}`)
          return true
        })
      } catch (error) {
        throw toDatabaseError(error, this.#cancelAsked, Infinity)
      }
    })
  }

  /**
   * Sends statements of ours with names that the server keeps. Where it says that it does not, and `undo` that all they did is taken back,
   * they are sent again without.
   */
  async #sendRecording(
    statements: readonly BoundStatement[],
    send: (recording: readonly BatchStatement[]) => Promise<void>,
    undo: () => boolean | Promise<boolean>,
  ): Promise<void> {
    const recording = this.#bind(statements)
    try {
      await send(recording)
      this.#prepared.note(recording)
    } catch (error) {
      if (!isForgotten(error) || !usesKept(recording)) throw error
      await this.#untilReady()
      if (!(await undo())) throw error
      this.#prepared.forget()
      await send(statements.map(bindValues))
    }
  }

  #bind(statements: readonly BoundStatement[]): readonly BatchStatement[] {
    return this.keepsPrepared ? this.#prepared.bind(statements) : statements.map(bindValues)
  }

  async #execute(sql: string, keepRows: number, before: string): Promise<StatementResult> {
    const rows: (readonly (string | null)[])[] = []
    const copy = readCopyFromStdin(sql)
    const result = await this.#send(
      () =>
        new Promise<CommandResult | CommandResult[]>((resolve, reject) => {
          const query = this.#init.createQuery(before + (copy?.command ?? sql))
          let stop = (): void => {}
          if (copy !== undefined) query.handleCopyInResponse = (connection) => (stop = sendCopyData(connection, copy.data))
          query.handleDataRow = ({ fields }) => {
            if (rows.length < keepRows) rows.push([...fields])
          }
          query.on('end', resolve)
          query.on('error', (error) => {
            stop()
            reject(error)
          })
          this.#client.query(query as unknown as pg.Submittable)
        }),
      before.length,
    )
    if (keepRows === 0) return readResult(result)
    const answers = (Array.isArray(result) ? result : [result]).filter((one) => (one.fields ?? []).length > 0)
    // Rows of several queries in one text cannot be told apart.
    const columns = answers.length === 1 ? answers[0]?.fields?.map(({ name }) => name) : undefined
    return { ...(columns === undefined ? {} : { kept: { columns, rows } }), ...readResult(result) }
  }

  async readFacts(tables: readonly { schema: string | undefined; name: string }[]): Promise<SessionFacts> {
    const columns = tables.map(
      (_, index) => `, (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, a.atttypmod) ORDER BY a.attnum)
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = coalesce($${index * 2 + 1}::text, pg_catalog.current_schema()) AND c.relname = $${index * 2 + 2}::text
    AND a.attnum > 0 AND NOT a.attisdropped)`,
    )
    const { rows } = await this.query(
      `SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_version'), pg_catalog.current_database()::text,
  current_user::text, pg_catalog.current_schema()::text${columns.join('')}`,
      tables.flatMap((table) => [table.schema ?? null, table.name]),
    )
    const [pid, version, databaseName, userName, defaultSchema, ...found] = rows[0] ?? []
    this.#isDirect = Number(pid) === this.#internals.processID
    if (!this.#isVariant && !this.#isDirect && !this.#proxyChecked) {
      await this.#init.onProxy(this)
      this.#proxyChecked = true
    }
    return {
      serverVersion: String(version),
      databaseName: String(databaseName),
      userName: String(userName),
      defaultSchema: defaultSchema === null ? undefined : String(defaultSchema),
      sessionId: String(pid),
      tables: found.map(readColumns),
    }
  }

  async trySessionLock(key: bigint): Promise<boolean> {
    if (this.#isVariant) return true
    const { rows } = await this.query(`SELECT pg_catalog.pg_try_advisory_lock($1::bigint), ${keepaliveSettings}`, [String(key)])
    if (rows[0]?.[0] !== true) return false
    this.#holdsLock = true
    return true
  }

  async releaseSessionLock(key: bigint): Promise<void> {
    if (this.#isVariant) return
    await this.query('SELECT pg_catalog.pg_advisory_unlock($1::bigint)', [String(key)])
    this.#holdsLock = false
  }

  async sessionLockHolder(key: bigint): Promise<SessionInfo | undefined> {
    if (this.#isVariant) return undefined
    const unsigned = BigInt.asUintN(64, key)
    const [info] = await this.#sessions(
      `a.pid IN (SELECT l.pid FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    AND l.classid = $1::oid AND l.objid = $2::oid)`,
      [String(unsigned >> 32n), String(unsigned & 0xffffffffn)],
    )
    return info
  }

  async sessionsNamed(prefix: string): Promise<readonly SessionInfo[]> {
    // The server keeps 63 bytes of an application name.
    const kept = Buffer.from(prefix).subarray(0, 63).toString()
    return this.#sessions(
      'a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid() AND pg_catalog.left(a.application_name, pg_catalog.length($1::text)) = $1::text',
      [kept],
    )
  }

  async setTimeouts({ lockTimeoutMs, statementTimeoutMs }: StatementTimeouts): Promise<readonly (keyof StatementTimeouts)[]> {
    const set = (name: string, ms: number | undefined): string =>
      ms === undefined ? `RESET ${name}` : `SET ${name} = ${Math.max(0, Math.round(ms))}`
    const { timeouts } = this.#init
    await this.script([
      set('lock_timeout', lockTimeoutMs ?? timeouts.lockTimeoutMs),
      set('statement_timeout', statementTimeoutMs ?? timeouts.statementTimeoutMs),
    ])
    return []
  }

  async cancelRunning(): Promise<void> {
    if (this.#closed) return
    this.#cancelAsked = true
    await sendCancelRequest({ ...this.#init.address, processId: this.#internals.processID, secretKey: this.#internals.secretKey })
  }

  async close(): Promise<void> {
    const { stream } = this.#internals.connection
    // Whoever comes next must find what this session held given back. Without any of it, having said good-bye is enough.
    if (this.transactionState === 'idle' && !this.#holdsLock) stream.once('finish', () => stream.destroy())
    const ended = this.#client.end()
    // A server that does not answer must not keep us: the socket is closed under it then.
    const timer = setTimeout(() => stream.destroy(), closeWaitMs)
    await ended.finally(() => clearTimeout(timer))
    this.#closed = true
  }

  async #sessions(condition: string, values: readonly string[]): Promise<readonly SessionInfo[]> {
    const { rows } = await this.query(
      `SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), pg_catalog.host(a.client_addr), coalesce(a.state, 'unknown'),
  a.backend_start::text, a.xact_start::text FROM pg_catalog.pg_stat_activity a WHERE ${condition} ORDER BY a.backend_start`,
      values,
    )
    return rows.map(([pid, applicationName, userName, clientAddress, state, since, transactionSince]) => ({
      sessionId: String(pid),
      applicationName: String(applicationName),
      userName: String(userName),
      clientAddress: clientAddress === null || clientAddress === undefined ? undefined : String(clientAddress),
      state: String(state),
      since: String(since ?? ''),
      transactionSince: transactionSince === null || transactionSince === undefined ? undefined : String(transactionSince),
    }))
  }

  async #send<T>(run: () => Promise<T>, before = 0): Promise<T> {
    if (this.#closed) throw new DatabaseError('The connection to the database is closed.', { connectionLost: true })
    this.#cancelAsked = false
    try {
      return await run()
    } catch (error) {
      const failure = toDatabaseError(error, this.#cancelAsked, before)
      if (failure.connectionLost) this.#closed = true
      else await this.#untilReady()
      throw failure
    }
  }

  /** After an error the server still has to say in which transaction state it left the session. */
  #untilReady(): Promise<void> {
    if (this.#internals.readyForQuery || this.#closed) return Promise.resolve()
    const { connection } = this.#internals
    return new Promise((resolve) => {
      const done = (): void => {
        connection.removeListener('readyForQuery', done)
        connection.removeListener('end', done)
        resolve()
      }
      connection.once('readyForQuery', done)
      connection.once('end', done)
    })
  }
}

function readColumns(json: SqlValue): readonly TableColumn[] | undefined {
  if (typeof json !== 'string') return undefined
  return (JSON.parse(json) as [string, number][]).map(([name, modifier]) => ({
    name: name.toLowerCase(),
    // The type modifier of varchar(n) is n + 4.
    maxLength: modifier > 4 ? modifier - 4 : undefined,
  }))
}
