import type { Diagnostic } from './diagnostic.ts'

/** Databases whose URLs are understood. Each has a driver of its own or goes through an original command line. */
export type DatabaseEngine = 'postgresql' | 'mysql' | 'mariadb' | 'sqlite'

export interface DatabaseHost {
  /** Lower case, IPv6 without brackets; a path for a Unix socket. */
  readonly host: string
  readonly port: number
}

/** A connection string taken apart. Holds the password when the URL has one: never log it, use `describeDatabaseUrl`. */
export interface DatabaseUrl {
  readonly engine: DatabaseEngine
  /** In the order written; empty for SQLite. */
  readonly hosts: readonly DatabaseHost[]
  /** Database name, or file path for SQLite; undefined = the driver's default (PostgreSQL: the user's name). */
  readonly database: string | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  /** Everything after `?` but user and password, decoded. Names as written. */
  readonly parameters: Readonly<Record<string, string>>
}

export interface ParsedDatabaseUrl {
  /** Undefined exactly when there is an error among the diagnostics. */
  readonly url: DatabaseUrl | undefined
  readonly diagnostics: readonly Diagnostic[]
}

const defaultPorts = { postgresql: 5432, mysql: 3306, mariadb: 3306, sqlite: 0 } as const

const schemes: Readonly<Record<string, DatabaseEngine>> = {
  postgresql: 'postgresql',
  postgres: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mariadb',
  sqlite: 'sqlite',
}

const exampleUrl = 'Write it like jdbc:postgresql://db.example.com:5432/shop?sslmode=verify-full.'

/**
 * Reads a JDBC URL as Liquibase users have them (`jdbc:postgresql://h1:5432,h2/shop?currentSchema=app`) or a native one
 * (`postgres://user@host/shop`). No message repeats the text, since it may hold a password.
 */
export function parseDatabaseUrl(text: string): ParsedDatabaseUrl {
  const trimmed = text.trim().replace(/^jdbc:/i, '')
  const match = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(trimmed)
  if (match === null) return failed('DATABASE_URL_INVALID', 'The database URL has no scheme.', exampleUrl)
  const scheme = (match[1] ?? '').toLowerCase()
  const engine = schemes[scheme]
  if (engine === undefined) {
    return failed(
      'DATABASE_URL_ENGINE',
      `The database URL is for "${scheme.slice(0, 40)}", which has no driver here.`,
      `Drivers exist for ${[...new Set(Object.values(schemes))].join(', ')}; other databases run through their original command line.`,
    )
  }
  return engine === 'sqlite' ? parseFileUrl(match[2] ?? '') : parseServerUrl(engine, match[2] ?? '')
}

/** The URL for people: engine, hosts and database, without user, password or parameters. */
export function describeDatabaseUrl(url: DatabaseUrl): string {
  if (url.engine === 'sqlite') return `sqlite:${url.database ?? ''}`
  return `${url.engine}://${url.hosts.map(formatHost).join(',')}/${url.database ?? ''}`
}

/** `host:port`, with brackets around IPv6 and sockets percent-encoded. */
export function formatHost({ host, port }: DatabaseHost): string {
  if (host.startsWith('/')) return `${encodeURIComponent(host)}:${port}`
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function parseFileUrl(rest: string): ParsedDatabaseUrl {
  const [path = '', query] = splitOnce(rest, '?')
  const decoded = decode(path.replace(/^\/\/(?=\/)/, ''))
  if (decoded === undefined || decoded === '')
    return failed('DATABASE_URL_INVALID', 'The SQLite URL names no file.', 'Write it like jdbc:sqlite:/data/shop.db.')
  const parameters = parseParameters(query)
  if (parameters === undefined) return badEncoding()
  return {
    url: { engine: 'sqlite', hosts: [], database: decoded, user: undefined, password: undefined, parameters },
    diagnostics: [],
  }
}

function parseServerUrl(engine: DatabaseEngine, rest: string): ParsedDatabaseUrl {
  const [beforeQuery = '', query] = splitOnce(rest, '?')
  const parameters = parseParameters(query)
  if (parameters === undefined) return badEncoding()
  let authority = ''
  let path = beforeQuery
  if (beforeQuery.startsWith('//')) {
    const [head = '', tail] = splitOnce(beforeQuery.slice(2), '/')
    authority = head
    path = tail ?? ''
  } else {
    path = beforeQuery.replace(/^\//, '')
  }
  const at = authority.lastIndexOf('@')
  const [rawUser, rawPassword] = at < 0 ? [undefined, undefined] : splitOnce(authority.slice(0, at), ':')
  const database = decode(path)
  const user = rawUser === undefined ? parameters['user'] : decode(rawUser)
  const password = rawPassword === undefined ? parameters['password'] : decode(rawPassword)
  if (
    database === undefined ||
    (rawUser !== undefined && user === undefined) ||
    (rawPassword !== undefined && password === undefined)
  ) {
    return badEncoding()
  }
  const hostList = authority.slice(at + 1) === '' ? (parameters['host'] ?? 'localhost') : authority.slice(at + 1)
  const hosts: DatabaseHost[] = []
  for (const item of hostList.split(',')) {
    const host = parseHost(item.trim(), Number(parameters['port'] ?? defaultPorts[engine]))
    if (host === undefined) {
      return failed(
        'DATABASE_URL_HOST',
        'A host of the database URL is not of the form host, host:port or [ipv6]:port.',
        exampleUrl,
      )
    }
    hosts.push(host)
  }
  const remaining = Object.fromEntries(
    Object.entries(parameters).filter(([name]) => !['user', 'password', 'host', 'port'].includes(name)),
  )
  return {
    url: {
      engine,
      hosts,
      database: database === '' ? undefined : database,
      user: user || undefined,
      password,
      parameters: remaining,
    },
    diagnostics: [],
  }
}

function parseHost(text: string, defaultPort: number): DatabaseHost | undefined {
  const decoded = decode(text)
  if (decoded === undefined) return undefined
  if (decoded.startsWith('/')) {
    const socket = /^(.*?)(?::(\d+))?$/.exec(decoded)
    return withPort(socket?.[1] ?? decoded, socket?.[2], defaultPort)
  }
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s/@?#]+))(?::(\d+))?$/i.exec(decoded)
  if (match === null) return undefined
  const host = (match[1] ?? match[2] ?? '').toLowerCase().replace(/\.$/, '')
  return withPort(host, match[3], defaultPort)
}

function withPort(host: string, written: string | undefined, defaultPort: number): DatabaseHost | undefined {
  const port = written === undefined ? defaultPort : Number(written)
  return host !== '' && Number.isInteger(port) && port >= 1 && port <= 65_535 ? { host, port } : undefined
}

function parseParameters(query: string | undefined): Record<string, string> | undefined {
  const parameters: Record<string, string> = {}
  for (const pair of (query ?? '').split('&')) {
    if (pair === '') continue
    const [rawName = '', rawValue] = splitOnce(pair, '=')
    const name = decode(rawName)
    const value = decode(rawValue ?? '')
    if (name === undefined || value === undefined) return undefined
    parameters[name] = value
  }
  return parameters
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator)
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)]
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function badEncoding(): ParsedDatabaseUrl {
  return failed(
    'DATABASE_URL_ENCODING',
    'The database URL has a % that is not followed by two hexadecimal digits.',
    'Write a literal % as %25; better, keep the password out of the URL.',
  )
}

function failed(code: string, message: string, hint: string): ParsedDatabaseUrl {
  return { url: undefined, diagnostics: [{ severity: 'error', code, message, hint }] }
}
