import { AppError, createId, hasErrors, parseDatabaseUrl } from '@sluice/base'
import type { DatabaseUrl } from '@sluice/base'
import { noteKindOfWork } from '@sluice/code-cache'
import { openDatabase } from '@sluice/databases'
import type { Database, EngineEvent, SelectionOptions } from '@sluice/engine'
import { cliVersion } from '../version.ts'
import { readProperties } from './defaults-file.ts'
import { readChangelog } from './read-changelog.ts'
import type { RunContext, Session } from './run-context.ts'

/** Driver classes of the databases that have a driver here; naming one changes nothing. */
const knownDrivers =
  /^(?:org\.postgresql\.Driver|org\.mariadb\.jdbc\.Driver|com\.mysql(?:\.cj)?\.jdbc\.Driver|org\.sqlite\.JDBC|liquibase\.database\..*)$/

/** Names of the arguments that say how to reach a database. */
const connections = {
  target: {
    url: 'url',
    username: 'username',
    password: 'password',
    driver: 'driver',
    properties: 'driverPropertiesFile',
    catalog: 'defaultCatalogName',
    schema: 'defaultSchemaName',
  },
  reference: {
    url: 'referenceUrl',
    username: 'referenceUsername',
    password: 'referencePassword',
    driver: 'referenceDriver',
    properties: 'referenceDriverPropertiesFile',
    catalog: 'referenceDefaultCatalogName',
    schema: 'referenceDefaultSchemaName',
  },
} as const

/** Opens the target database, runs `use` and closes it whatever happens. */
export async function withSession<T>(context: RunContext, use: (session: Session) => Promise<T>): Promise<T> {
  const url = readUrl(context, 'target')
  const { hostname } = await import('node:os')
  const database = await open(context, 'target', url)
  try {
    const { settings } = context
    const lockWaitMinutes = Number(settings.global('changelogLockWaitTimeInMinutes') ?? '5')
    const session: Session = {
      context,
      database,
      url,
      place: describe(context, 'target', url),
      selection: selectionOf(context, url.engine),
      write: {
        runId: createId('cli'),
        host: hostname(),
        toolVersion: `sluice ${cliVersion}`,
        ...(Number.isFinite(lockWaitMinutes) ? { lockWaitMs: Math.max(0, lockWaitMinutes) * 60_000 } : {}),
      },
      onEvent: (event) => showEvent(context, event),
      readChangelog: async () => readChangelog(context, database.dialect.name, await database.readFacts([])),
    }
    return await use(session)
  } finally {
    await database.close()
  }
}

/** Opens the reference database of a comparison, or the only one of `snapshot-reference`. */
export async function withReference<T>(context: RunContext, use: (database: Database, place: string) => Promise<T>): Promise<T> {
  const url = readUrl(context, 'reference')
  const database = await open(context, 'reference', url)
  try {
    return await use(database, describe(context, 'reference', url))
  } finally {
    await database.close()
  }
}

async function open(context: RunContext, which: keyof typeof connections, url: DatabaseUrl): Promise<Database> {
  const { settings } = context
  const names = connections[which]
  const username = settings.argument(names.username)
  const password = settings.argument(names.password)
  const database = await openDatabase({
    url,
    ...(username === undefined ? {} : { user: username }),
    ...(password === undefined ? {} : { password }),
    applicationName: 'sluice:liquibase',
    signal: context.signal,
  })
  noteKindOfWork(database.dialect.name)
  const schema = url.engine === 'postgresql' ? settings.argument(names.schema) : undefined
  if (schema === undefined) return database
  // A search path passes over schemas that do not exist: changes would end up in the next one.
  const { defaultSchema } = await database.readFacts([])
  if (defaultSchema === schema) return database
  await database.close()
  throw new AppError('notFound', 'SCHEMA_NOT_FOUND', `The schema "${schema}" does not exist, or the user may not use it.`, {
    hint: 'Create the schema first; its name is compared letter by letter.',
  })
}

/** The URL with the driver's properties, and with the default schema where the connection has to carry it. */
function readUrl(context: RunContext, which: keyof typeof connections): DatabaseUrl {
  const { settings, output } = context
  const names = connections[which]
  const driver = settings.argument(names.driver) ?? (which === 'target' ? settings.global('driver') : undefined)
  if (driver !== undefined && !knownDrivers.test(driver))
    throw new AppError('invalid', 'DRIVER_UNKNOWN', `Cannot find database driver: ${driver}`, {
      hint: 'Java drivers are not loaded; PostgreSQL, MySQL, MariaDB and SQLite have drivers here.',
    })
  const text = withProperties(settings.argument(names.url) ?? '', settings.argument(names.properties))
  if (/^offline:/i.test(text))
    throw new AppError('invalid', 'DATABASE_URL_OFFLINE', 'An offline URL has no objects to compare with.', {
      hint: 'Give the URL of a database.',
    })
  const { url, diagnostics } = parseDatabaseUrl(text)
  output.diagnostics(diagnostics.filter(({ severity }) => severity !== 'error' || url !== undefined))
  if (url === undefined || hasErrors(diagnostics)) {
    const problem = diagnostics.find(({ severity }) => severity === 'error')
    throw new AppError(
      'invalid',
      problem?.code ?? 'DATABASE_URL_INVALID',
      problem?.message ?? 'The database URL cannot be read.',
      {
        ...(problem?.hint === undefined ? {} : { hint: problem.hint }),
      },
    )
  }
  return withSchema(url, settings.argument(names.schema), settings.argument(names.catalog))
}

function withProperties(url: string, file: string | undefined): string {
  if (file === undefined) return url
  const properties = readProperties(file)
  if (properties === undefined)
    throw new AppError('invalid', 'FILE_UNREADABLE', `The driver properties file "${file}" does not exist.`)
  const query = [...properties].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
  return query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`
}

/** PostgreSQL has schemas; of MySQL and MariaDB the schema is the database; SQLite has neither. */
function withSchema(url: DatabaseUrl, schema: string | undefined, catalog: string | undefined): DatabaseUrl {
  if (url.engine === 'postgresql')
    return schema === undefined ? url : { ...url, parameters: { ...url.parameters, currentSchema: `${schema},"$user",public` } }
  const database = schema ?? catalog
  return url.engine === 'sqlite' || database === undefined ? url : { ...url, database }
}

function describe(context: RunContext, which: keyof typeof connections, url: DatabaseUrl): string {
  const user = context.settings.argument(connections[which].username) ?? url.user ?? ''
  if (url.engine === 'sqlite') return `@jdbc:sqlite:${url.database ?? ''}`
  const hosts = url.hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${String(port)}`)
  return `${user}@jdbc:${url.engine}://${hosts.join(',')}/${url.database ?? ''}`
}

/** Where the history lives, and which changesets are meant. */
export function selectionOf({ settings }: RunContext, engine: DatabaseUrl['engine']): SelectionOptions {
  const trackingSchema =
    engine === 'postgresql'
      ? settings.global('liquibaseSchemaName')
      : (settings.global('liquibaseCatalogName') ?? settings.global('liquibaseSchemaName'))
  const historyTable = settings.global('databaseChangelogTableName')
  const lockTable = settings.global('databaseChangelogLockTableName')
  const contexts = (settings.argument('contextFilter') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const labels = settings.argument('labelFilter')
  return {
    ...(trackingSchema === undefined || engine === 'sqlite' ? {} : { trackingSchema }),
    ...(historyTable === undefined ? {} : { historyTable }),
    ...(lockTable === undefined ? {} : { lockTable }),
    ...(contexts.length === 0 ? {} : { contexts }),
    ...(labels === undefined ? {} : { labels }),
    // As Liquibase does: who calls it by this name trusts the changelog with this host.
    allowCommands: true,
  }
}

function showEvent({ output }: RunContext, event: EngineEvent): void {
  switch (event.type) {
    case 'lockWaiting':
      return output.message(
        `Waiting for changelog lock....  (${event.holder.lockedBy ?? event.holder.session?.applicationName ?? 'another session'})`,
      )
    case 'lockTakenOver':
      return output.message(`Took over the lock of ${event.from}, whose session is gone.`)
    case 'changesetStarted': {
      const { path, id, author } = event.changeset
      return output.message(`${event.direction === 'apply' ? 'Running' : 'Rolling Back'} Changeset: ${path}::${id}::${author}`)
    }
    case 'statementStarted':
      return output.log('fine', event.sql)
    case 'notice':
      return output.log('info', `${event.severity}: ${event.message}`)
    case 'warning':
      return output.message(`WARNING: ${event.message}`)
    default:
      return undefined
  }
}
