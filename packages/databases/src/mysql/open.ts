import { connect as connectSocket, isIP } from 'node:net'
import { AppError, describeDatabaseUrl, readDatabaseUrl } from '@sluice/base'
import type { DatabaseHost, DatabaseUrl } from '@sluice/base'
import type mysql2 from 'mysql2'
import type { Connection, ConnectionOptions } from 'mysql2'
import type { OpenOptions } from '../postgres/options.ts'
import { send } from './connection.ts'
import { mariadbDialect, mysqlDialect } from './dialect.ts'
import { publicKeyRefusal, toConnectError } from './errors.ts'
import { MysqlSession } from './session.ts'
import { nameLocks } from './sessions.ts'
import { timeoutStatements } from './timeouts.ts'
import { nameSocket, planMysqlTls } from './tls.ts'
import type { MysqlTls } from './tls.ts'
import { mayFetchPublicKey, readConnectTimeoutMs, sessionVariablesStatement } from './url-settings.ts'

type Driver = typeof mysql2

const connectTimeoutMs = 10_000
const keepaliveDelayMs = 10_000

/**
 * Opens one connection to MySQL or MariaDB; which of them it is, the server says. Of several hosts the first that answers and accepts
 * writes is taken.
 *
 * Throws `AppError`: `DATABASE_UNREACHABLE`, `DATABASE_LOGIN_REFUSED`, `DATABASE_NOT_FOUND`, `DATABASE_TLS`, `DATABASE_REFUSED`,
 * `DATABASE_URL_…`. No message holds user input from the URL but hosts, database and user.
 */
export async function openMysql(options: OpenOptions): Promise<MysqlSession> {
  const url = readUrl(options.url)
  const user = options.user ?? url.user
  if (user === undefined || user === '') {
    throw new AppError('invalid', 'DATABASE_USER_MISSING', `No user is given for "${describeDatabaseUrl(url)}".`, {
      hint: 'Set the user of the connection, or write user= into the connection URL.',
    })
  }
  const { default: driver } = await import('mysql2')
  let firstError: unknown
  let readOnly: MysqlSession | undefined
  for (const host of url.hosts) {
    options.signal?.throwIfAborted()
    try {
      const session = await connect(driver, url, host, user, options)
      if (url.hosts.length === 1 || !(await isReadOnly(session))) {
        await readOnly?.close()
        return session
      }
      await readOnly?.close()
      readOnly = session
    } catch (error) {
      options.signal?.throwIfAborted()
      firstError ??= error
      if (error instanceof AppError && error.kind === 'unauthenticated') break
    }
  }
  if (readOnly !== undefined) return readOnly
  throw toConnectError(firstError, describeDatabaseUrl(url), user)
}

function readUrl(given: string | DatabaseUrl): DatabaseUrl {
  const url = readDatabaseUrl(given)
  if (url.engine === 'mysql' || url.engine === 'mariadb') return url
  throw new AppError('invalid', 'DATABASE_URL_ENGINE', `The database URL is for ${url.engine}, not MySQL or MariaDB.`)
}

async function connect(
  driver: Driver,
  url: DatabaseUrl,
  host: DatabaseHost,
  user: string,
  options: OpenOptions,
): Promise<MysqlSession> {
  const place = describeDatabaseUrl({ ...url, hosts: [host] })
  const variables = sessionVariablesStatement(url)
  let failure: unknown
  for (const tls of await planMysqlTls(url, host.host, options.tls)) {
    const settings = connectionOptions(driver, { url, host, user, tls }, options)
    try {
      const connection = await openConnection(driver, settings, options.signal)
      try {
        if (variables !== undefined) await send(connection, variables, { keep: 0 })
        return await startSession(driver, connection, settings, options)
      } catch (error) {
        connection.destroy()
        throw error
      }
    } catch (error) {
      options.signal?.throwIfAborted()
      failure = error
      // `prefer` falls back where the server has no TLS.
      if (tls === false || (error as { code?: string }).code !== 'HANDSHAKE_NO_SSL_SUPPORT') break
    }
  }
  throw toConnectError(failure, place, user)
}

function connectionOptions(
  driver: Driver,
  plan: { readonly url: DatabaseUrl; readonly host: DatabaseHost; readonly user: string; readonly tls: MysqlTls },
  options: OpenOptions,
): ConnectionOptions {
  const { url, host, user, tls } = plan
  const isAddressVerified = tls !== false && tls.verifyIdentity && isIP(host.host) !== 0
  return {
    ...(host.host.startsWith('/') ? { socketPath: host.host } : { host: host.host, port: host.port }),
    user,
    password: options.password ?? url.password ?? '',
    ...(url.database === undefined ? {} : { database: url.database }),
    ...(tls === false ? {} : { ssl: tls }),
    charset: 'utf8mb4',
    ...(isAddressVerified
      ? {
          stream: () =>
            nameSocket(
              connectSocket({ host: host.host, port: host.port, keepAlive: true, keepAliveInitialDelay: keepaliveDelayMs }),
              host.host,
            ),
        }
      : {}),
    // A stranger in between could send a key of his own and read the password.
    ...(tls === false && !host.host.startsWith('/') && !mayFetchPublicKey(url)
      ? {
          authPlugins: {
            caching_sha2_password: driver.authPlugins.caching_sha2_password({ onServerPublicKey: refusePublicKey }),
            sha256_password: driver.authPlugins.sha256_password({ onServerPublicKey: refusePublicKey }),
          },
        }
      : {}),
    connectTimeout: options.connectTimeoutMs ?? readConnectTimeoutMs(url) ?? connectTimeoutMs,
    enableKeepAlive: true,
    keepAliveInitialDelay: keepaliveDelayMs,
    multipleStatements: true,
    dateStrings: true,
    supportBigNumbers: true,
    jsonStrings: true,
    // What a server may ask a client to read from its disk, this client does not.
    flags: ['-LOCAL_FILES'],
    connectAttributes: { program_name: (options.applicationName ?? 'sluice').slice(0, 512) },
  } as ConnectionOptions
}

function refusePublicKey(): never {
  throw new Error(publicKeyRefusal)
}

function openConnection(driver: Driver, settings: ConnectionOptions, signal?: AbortSignal): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const connection = driver.createConnection(settings)
    const abort = (): void => {
      connection.destroy()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort, { once: true })
    const done = (): void => signal?.removeEventListener('abort', abort)
    connection.on('error', (error) => {
      done()
      reject(error)
    })
    connection.once('connect', () => {
      done()
      resolve(connection)
    })
  })
}

async function startSession(
  driver: Driver,
  connection: Connection,
  settings: ConnectionOptions,
  options: OpenOptions,
): Promise<MysqlSession> {
  // NAMES without a collation is the server's own default for the character set, as its own client has it.
  const { rows } = await send(connection, 'SET NAMES utf8mb4; SET SESSION autocommit = 1; SELECT VERSION(), CONNECTION_ID()', {
    keep: Infinity,
  })
  const [version, id] = rows[0] ?? []
  const serverVersion = String(version)
  const sessionId = String(id)
  const dialect = /mariadb/i.test(serverVersion) ? mariadbDialect : mysqlDialect
  const timeouts = { lockTimeoutMs: options.lockTimeoutMs, statementTimeoutMs: options.statementTimeoutMs }
  if (timeouts.lockTimeoutMs !== undefined || timeouts.statementTimeoutMs !== undefined) {
    await send(connection, timeoutStatements(dialect.name, timeouts).statements.join('; '), { keep: 0 })
  }
  const names = nameLocks(options.applicationName ?? 'sluice', sessionId).map((name) => `GET_LOCK('${name}', 0)`)
  // A cluster may refuse user locks; then this session cannot be found by its name, and the session lock says so when it is taken.
  await send(connection, `DO ${names.join(', ')}`, { keep: 0 }).catch(() => {})
  return new MysqlSession({
    connection,
    dialect,
    serverVersion,
    sessionId,
    timeouts,
    openSide: () => openConnection(driver, settings),
  })
}

async function isReadOnly(session: MysqlSession): Promise<boolean> {
  return Number((await session.query('SELECT @@global.read_only')).rows[0]?.[0]) === 1
}
