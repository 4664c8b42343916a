import { AppError, describeDatabaseUrl, readDatabaseUrl } from '@sluice/base'
import type { DatabaseHost, DatabaseUrl } from '@sluice/base'
import type { Duplex } from 'node:stream'
import type pg from 'pg'
import { detectPostgresProduct, productOfVersion } from './detect-product.ts'
import type { PostgresProductName } from './detect-product.ts'
import { cockroachdbDialect, postgresDialect, yugabytedbDialect } from './dialect.ts'
import { poolingError, toConnectError } from './errors.ts'
import type { OpenOptions } from './options.ts'
import { PostgresSession } from './session.ts'
import type { SessionInit } from './session.ts'
import { planTls } from './tls.ts'
import type { TlsAttempt } from './tls.ts'
import { readConnectTimeoutMs, readServerOptions, readServerType } from './url-settings.ts'

const connectTimeoutMs = 10_000
const keepaliveDelayMs = 10_000
const products = { postgresql: postgresDialect, cockroachdb: cockroachdbDialect, yugabytedb: yugabytedbDialect } as const
const boolOid = 16
const numberOids = new Set([21, 23, 26])

/** What `pg` has and its types leave out. */
interface ConnectInternals {
  readonly connectionParameters: object
  readonly connectionTimeoutHandle?: NodeJS.Timeout
  readonly connection: {
    ssl: unknown
    readonly stream: Duplex
    attachListeners(stream: Duplex): void
    emit(event: 'sslconnect'): boolean
    on(event: 'connect', listener: () => void): unknown
    on(
      event: 'parameterStatus',
      listener: (message: { readonly parameterName: string; readonly parameterValue: string }) => void,
    ): unknown
  }
}

/** Booleans and small integers become values, everything else stays the server's text: no time zone is ever applied. */
const types = {
  getTypeParser: (oid: number) => (value: string) =>
    oid === boolOid ? value === 't' : numberOids.has(oid) ? Number(value) : value,
}

/**
 * Opens one connection to PostgreSQL. Of several hosts the first that answers and accepts writes is taken.
 *
 * Throws `AppError`: `DATABASE_UNREACHABLE`, `DATABASE_LOGIN_REFUSED`, `DATABASE_NOT_FOUND`, `DATABASE_TLS`, `DATABASE_REFUSED`,
 * `DATABASE_URL_…`. No message holds user input from the URL but hosts, database and user.
 */
export async function openPostgres(options: OpenOptions): Promise<PostgresSession> {
  const url = readUrl(options.url)
  const user = options.user ?? url.user
  if (user === undefined || user === '') {
    throw new AppError('invalid', 'DATABASE_USER_MISSING', `No user is given for "${describeDatabaseUrl(url)}".`, {
      hint: 'Set the user of the connection, or write user= into the connection URL.',
    })
  }
  const { default: driver } = await import('pg')
  let firstError: unknown
  let standby: PostgresSession | undefined
  const wanted = readServerType(url)
  for (const host of url.hosts) {
    options.signal?.throwIfAborted()
    try {
      const session = await connect(driver, url, host, user, options)
      const isFine = wanted === 'any' || (wanted === 'preferPrimary' && url.hosts.length === 1)
      if (isFine || !(await isStandby(session))) {
        await standby?.close()
        return session
      }
      await standby?.close()
      standby = session
    } catch (error) {
      firstError ??= error
      if (error instanceof AppError && error.kind === 'unauthenticated') break
    }
  }
  if (standby !== undefined && wanted !== 'primary') return standby
  if (standby !== undefined) {
    await standby.close()
    throw new AppError('unavailable', 'DATABASE_NO_PRIMARY', `No host of "${describeDatabaseUrl(url)}" accepts writes.`, {
      hint: 'All that answered are standbys; targetServerType=preferPrimary takes one of them for reading.',
    })
  }
  throw toConnectError(firstError, describeDatabaseUrl(url), user)
}

function readUrl(given: string | DatabaseUrl): DatabaseUrl {
  const url = readDatabaseUrl(given)
  if (url.engine === 'postgresql') return url
  throw new AppError('invalid', 'DATABASE_URL_ENGINE', `The database URL is for ${url.engine}, not PostgreSQL.`)
}

async function connect(
  driver: typeof pg,
  url: DatabaseUrl,
  host: DatabaseHost,
  user: string,
  options: OpenOptions,
): Promise<PostgresSession> {
  const place = describeDatabaseUrl({ ...url, hosts: [host] })
  const attempts = await planTls(url, host.host, options.tls)
  let failure: unknown
  for (const [index, tls] of attempts.entries()) {
    try {
      const mayStayPlain = tls !== false && attempts[index + 1] === false
      return await connectOnce(driver, { url, host, user, tls, mayStayPlain }, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      failure = error
      if (!mayRetryOtherwise(error, tls)) break
    }
  }
  throw toConnectError(failure, place, user)
}

/** `prefer` falls back where the server has no TLS, `allow` where it refuses to go without. */
function mayRetryOtherwise(error: unknown, tls: TlsAttempt): boolean {
  const { message = '', code } = error as { message?: string; code?: string }
  return tls === false ? code === '28000' : /does not support SSL|establishing an SSL connection/i.test(message)
}

interface ConnectPlan {
  readonly url: DatabaseUrl
  readonly host: DatabaseHost
  readonly user: string
  readonly tls: TlsAttempt
  /** A server that has no TLS is talked to without, on the same connection. */
  readonly mayStayPlain: boolean
}

async function connectOnce(driver: typeof pg, plan: ConnectPlan, options: OpenOptions): Promise<PostgresSession> {
  const { url, host, user, tls, mayStayPlain } = plan
  const serverOptions = readServerOptions(url)
  const client = new driver.Client({
    host: host.host,
    port: host.port,
    user,
    database: url.database ?? user,
    // A function, so that neither PGPASSWORD nor a password file is asked when there is none.
    password: () => options.password ?? url.password ?? '',
    ssl: tls as pg.ClientConfig['ssl'],
    application_name: options.applicationName ?? url.parameters['ApplicationName'] ?? 'sluice',
    connectionTimeoutMillis: options.connectTimeoutMs ?? readConnectTimeoutMs(url) ?? connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepaliveDelayMs,
    types,
    sslnegotiation:
      tls !== false && !mayStayPlain && /^direct$/i.test(url.parameters['sslNegotiation'] ?? '') ? 'direct' : 'postgres',
  })
  // Parameters that poolers refuse at start-up are set afterwards; PGOPTIONS of our environment must not reach the target.
  const internals = client as unknown as ConnectInternals
  Object.assign(internals.connectionParameters, { options: undefined, replication: undefined })
  client.on('error', () => {})
  const reported: Record<string, string> = {}
  internals.connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
    reported[parameterName] = parameterValue
  })
  let product: PostgresProductName
  // A polite end would wait for a server that may not answer, as after a failed TLS handshake.
  const abort = (): void => void internals.connection.stream.destroy()
  options.signal?.addEventListener('abort', abort, { once: true })
  try {
    const connected = client.connect()
    if (mayStayPlain) stayPlainOnRefusal(internals.connection)
    // The driver's own listener, which came first, has sent the first message.
    internals.connection.on('connect', () => {
      options.whileConnecting?.()
      // The server has not had this time to answer.
      internals.connectionTimeoutHandle?.refresh()
    })
    await connected
    for (const setting of serverOptions) await client.query('SELECT pg_catalog.set_config($1, $2, false)', [...setting])
    product =
      detectPostgresProduct(reported) ??
      productOfVersion((await client.query<[string]>({ text: 'SELECT version()', rowMode: 'array' })).rows[0]?.[0] ?? '')
    const settings = sessionSettings(url, options)
    if (settings !== '') await client.query(settings)
  } catch (error) {
    abort()
    throw error
  } finally {
    options.signal?.removeEventListener('abort', abort)
  }
  const init: SessionInit = {
    client,
    dialect: products[product],
    createQuery: (text) =>
      new driver.Query({ text, rowMode: 'array' } as pg.QueryConfig) as unknown as ReturnType<SessionInit['createQuery']>,
    address: { host: host.host, port: host.port, tls: internals.connection.ssl === false ? false : tls },
    timeouts: { lockTimeoutMs: options.lockTimeoutMs, statementTimeoutMs: options.statementTimeoutMs },
    onProxy: async (session) => {
      const probe = await connectOnce(driver, plan, { ...options, signal: undefined })
      try {
        if (await sharesBackend(session, probe)) throw poolingError(describeDatabaseUrl({ ...url, hosts: [host] }))
      } finally {
        await probe.close()
      }
    },
  }
  return new PostgresSession(init)
}

/**
 * After `N`, the answer of a server without TLS, the connection is as good as new and may be used without; the driver would throw it away
 * and a second one would be needed. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
 */
function stayPlainOnRefusal(connection: ConnectInternals['connection']): void {
  const { stream } = connection
  const listeners = stream.listeners('data') as ((answer: Buffer) => void)[]
  stream.removeAllListeners('data')
  stream.once('data', (answer: Buffer) => {
    if (answer.length !== 1 || answer[0] !== 0x4e) {
      for (const listener of listeners) listener(answer)
      return
    }
    connection.ssl = false
    connection.attachListeners(stream)
    connection.emit('sslconnect')
  })
}

function sessionSettings(url: DatabaseUrl, options: OpenOptions): string {
  const settings: string[] = []
  const schema = url.parameters['currentSchema']
  if (schema !== undefined && schema !== '') {
    // A comma list as in the server's own setting; names are taken literally, as pgjdbc does.
    const names = schema.split(',').map(
      (name) =>
        `"${name
          .trim()
          .replace(/^"(.*)"$/, '$1')
          .replaceAll('"', '""')}"`,
    )
    settings.push(`SET search_path TO ${names.join(', ')}`)
  }
  if (options.lockTimeoutMs !== undefined) settings.push(`SET lock_timeout = ${Math.max(0, Math.round(options.lockTimeoutMs))}`)
  if (options.statementTimeoutMs !== undefined) {
    settings.push(`SET statement_timeout = ${Math.max(0, Math.round(options.statementTimeoutMs))}`)
  }
  return settings.join('; ')
}

async function isStandby(session: PostgresSession): Promise<boolean> {
  const { rows } = await session.query('SELECT pg_catalog.pg_is_in_recovery()')
  return rows[0]?.[0] === true
}

/**
 * Whether two connections of ours can meet in one session of the database: what only a pooler in transaction mode does. The
 * probe holds a transaction open meanwhile, so that it keeps what it was given.
 */
async function sharesBackend(session: PostgresSession, probe: PostgresSession): Promise<boolean> {
  const pidOf = async (of: PostgresSession): Promise<unknown> =>
    (await of.query('SELECT pg_catalog.pg_backend_pid()')).rows[0]?.[0]
  for (let round = 0; round < 3; round++) {
    const before = await pidOf(session)
    await probe.script(['BEGIN'])
    const taken = await pidOf(probe)
    const isShared = taken === before
    await probe.script(['ROLLBACK'])
    if (isShared) return true
    if ((await pidOf(session)) !== before) return true
  }
  return false
}
