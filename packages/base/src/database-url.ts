import type { Diagnostic } from './diagnostic.ts'
import { hasErrors } from './diagnostic.ts'
import { parseAuthority, parseHost, splitAuthority } from './database-url-hosts.ts'
import { checkParameters } from './database-url-parameters.ts'
import { parseSqlitePath } from './database-url-sqlite.ts'
import { badEncoding, decodePercent, quoteWord, splitOnce, urlError } from './database-url-text.ts'
import { AppError } from './errors.ts'

/** Databases whose URLs are understood. Each has a driver of its own. */
export type DatabaseEngine = 'postgresql' | 'mysql' | 'mariadb' | 'sqlite'

export interface DatabaseHost {
  /** Lower case, IPv6 without brackets; a path for a Unix socket. */
  readonly host: string
  readonly port: number
}

/** A connection string taken apart. Holds the password when the URL has one: never log it, use `describeDatabaseUrl`. */
export interface DatabaseUrl {
  readonly engine: DatabaseEngine
  /** In the order written; empty for SQLite. The first that answers and accepts writes is meant. */
  readonly hosts: readonly DatabaseHost[]
  /** Database name, or file path for SQLite (`:memory:` for none); undefined = the driver's default (PostgreSQL: the user's name). */
  readonly database: string | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  /** What the driver here reads of the text after `?`, decoded, under the names that `database-url-parameters-*.ts` gives. */
  readonly parameters: Readonly<Record<string, string>>
}

export interface ParsedDatabaseUrl {
  /** Undefined exactly when there is an error among the diagnostics; there may be warnings beside it. */
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
  sqlite3: 'sqlite',
}

/** Connector/J's failover modes. Which host is the primary is asked of the servers, so they all mean the same here. */
const failoverModes = new Set(['', 'failover', 'sequential', 'loadbalance', 'load-balance-read', 'replication'])

const exampleUrl = 'Write it like jdbc:postgresql://db.example.com:5432/shop?sslmode=verify-full.'

/**
 * Reads a JDBC URL as Liquibase users have them (`jdbc:postgresql://h1:5432,h2/shop?currentSchema=app`) or a native one
 * (`postgres://user@host/shop`). No message repeats the text, since it may hold a password.
 */
export function parseDatabaseUrl(text: string): ParsedDatabaseUrl {
  const trimmed = text.trim().replace(/^jdbc:/i, '')
  const match = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(trimmed)
  if (match === null) return failed(urlError('DATABASE_URL_INVALID', 'The database URL has no scheme.', exampleUrl))
  const scheme = (match[1] ?? '').toLowerCase()
  const engine = schemes[scheme]
  if (engine === undefined) return failed(unknownScheme(scheme))
  const problems: Diagnostic[] = []
  const url = engine === 'sqlite' ? parseFileUrl(match[2] ?? '', problems) : parseServerUrl(engine, match[2] ?? '', problems)
  return { url: hasErrors(problems) ? undefined : url, diagnostics: problems }
}

/** `parseDatabaseUrl` for callers that need one: throws `AppError('invalid', 'DATABASE_URL_…')` with the first problem. */
export function readDatabaseUrl(given: string | DatabaseUrl): DatabaseUrl {
  if (typeof given !== 'string') return given
  const { url, diagnostics } = parseDatabaseUrl(given)
  if (url !== undefined) return url
  const problem = diagnostics.find(({ severity }) => severity === 'error')
  throw new AppError('invalid', problem?.code ?? 'DATABASE_URL_INVALID', problem?.message ?? 'The database URL cannot be read.', {
    ...(problem?.hint === undefined ? {} : { hint: problem.hint }),
  })
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

function parseFileUrl(rest: string, problems: Diagnostic[]): DatabaseUrl | undefined {
  const [path, query] = splitOnce(rest, '?')
  const database = parseSqlitePath(path, problems)
  const written = parseQuery(query, problems)
  if (database === undefined || written === undefined) return undefined
  const parameters = checkParameters('sqlite', written, problems)
  const isMemory = parameters['mode']?.toLowerCase() === 'memory'
  return {
    engine: 'sqlite',
    hosts: [],
    database: isMemory ? ':memory:' : database,
    user: undefined,
    password: undefined,
    parameters,
  }
}

function parseServerUrl(engine: DatabaseEngine, rest: string, problems: Diagnostic[]): DatabaseUrl | undefined {
  const [beforeQuery, query] = splitOnce(rest, '?')
  const written = parseQuery(query, problems)
  const mode = engine === 'postgresql' ? null : /^([a-z-]*):\/\//i.exec(beforeQuery)
  if (mode !== null && !failoverModes.has((mode[1] ?? '').toLowerCase())) {
    problems.push(
      urlError(
        'DATABASE_URL_INVALID',
        'The database URL has a failover mode that is not known.',
        'Write jdbc:mysql://host1,host2/shop.',
      ),
    )
    return undefined
  }
  const located = mode === null ? beforeQuery : beforeQuery.slice((mode[1] ?? '').length + (mode[1] === '' ? 0 : 1))
  const [authorityText, path] = located.startsWith('//') ? splitAuthority(located.slice(2)) : ['', located.replace(/^\//, '')]
  const taken = new Map((written ?? []).map(([name, value]) => [name.toLowerCase(), value]))
  const port = Number(taken.get('port') ?? defaultPorts[engine])
  const authority = authorityText === '' ? undefined : parseAuthority(withHost(authorityText, taken), port, problems)
  const database = decodePercent(path)
  if (database === undefined) problems.push(badEncoding())
  if (written === undefined || database === undefined || (authorityText !== '' && authority === undefined)) return undefined
  const hosts = authority?.hosts ?? hostsOf(taken.get('host') ?? 'localhost', port, problems)
  const parameters = checkParameters(
    engine,
    written.filter(([name]) => !ownNames.has(name.toLowerCase())),
    problems,
  )
  const socket = parameters['localSocket']
  return {
    engine,
    hosts: socket === undefined || socket === '' ? hosts : [{ host: socket, port }],
    database: database === '' ? (taken.get('dbname') ?? undefined) : database,
    user: (authority?.user ?? taken.get('user') ?? taken.get('username')) || undefined,
    password: authority?.password ?? taken.get('password'),
    parameters,
  }
}

/** Parameters that say what the rest of the URL says too. */
const ownNames = new Set(['user', 'username', 'password', 'host', 'port', 'dbname'])

/** `user@/database?host=/run/postgresql` has its host among the parameters. */
function withHost(authority: string, taken: ReadonlyMap<string, string>): string {
  if (!authority.endsWith('@')) return authority
  return `${authority}${encodeURIComponent(taken.get('host') ?? 'localhost').replaceAll('%2C', ',')}`
}

function hostsOf(list: string, port: number, problems: Diagnostic[]): DatabaseUrl['hosts'] {
  return list.split(',').flatMap((item) => {
    const host = parseHost(encodeURI(item), port)
    if (host === undefined) problems.push(urlError('DATABASE_URL_HOST', 'A host of the database URL cannot be read.', exampleUrl))
    return host ?? []
  })
}

function parseQuery(query: string | undefined, problems: Diagnostic[]): (readonly [string, string])[] | undefined {
  const pairs: [string, string][] = []
  for (const pair of (query ?? '').split('&')) {
    if (pair === '') continue
    const [rawName, rawValue] = splitOnce(pair, '=')
    const name = decodePercent(rawName)
    const value = decodePercent(rawValue ?? '')
    if (name === undefined || value === undefined) {
      problems.push(badEncoding())
      return undefined
    }
    pairs.push([name, value])
  }
  return pairs
}

function unknownScheme(scheme: string): Diagnostic {
  const wrapper = /^(?:aws-wrapper|p6spy|otel|log4jdbc|tc|mysql\+srv|mysqlx)/.test(scheme)
  return urlError(
    'DATABASE_URL_ENGINE',
    `The database URL is for a database${quoteWord(scheme)} which has no driver here.`,
    wrapper
      ? 'It is a Java driver around another one, or another protocol: write the plain URL, as jdbc:postgresql://host/shop.'
      : `Drivers exist for ${[...new Set(Object.values(schemes))].join(', ')}; other databases run through their original command line.`,
  )
}

function failed(problem: Diagnostic): ParsedDatabaseUrl {
  return { url: undefined, diagnostics: [problem] }
}
