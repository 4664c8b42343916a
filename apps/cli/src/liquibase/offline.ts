import { existsSync } from 'node:fs'
import { AppError } from '@sluice/base'
import type { Dialect } from '@sluice/engine'
import { showPreview, whatOf } from './commands/preview.ts'
import { selectionOf } from './open-session.ts'
import { readChangelog } from './read-changelog.ts'
import type { RunContext } from './run-context.ts'

/** What `offline:postgresql?…` says (https://docs.liquibase.com/concepts/database-setup/offline-database-support.html). */
export interface OfflineUrl {
  /** Short name of the product. */
  readonly product: string
  /** Where Liquibase keeps the history of an offline database. */
  readonly historyFile: string
  /** Whether the statements on the history table are shown. */
  readonly showsHistory: boolean
}

/** Parameters that change nothing about the SQL here. */
const harmless = ['version', 'casesensitive', 'productname', 'sendsstringparametersasunicode']

/** Reads an offline URL. Throws `DATABASE_URL_OFFLINE` for what it asks for in vain. */
export function parseOfflineUrl(url: string): OfflineUrl {
  const [head = '', query = ''] = url.slice('offline:'.length).split(/\?(.*)/s)
  const parameters = new Map(
    query.split('&').flatMap((pair): [string, string][] => {
      const at = pair.indexOf('=')
      return at === -1 ? [] : [[decode(pair.slice(0, at)).toLowerCase(), decode(pair.slice(at + 1))]]
    }),
  )
  for (const name of parameters.keys()) {
    if (name === 'changelogfile' || name === 'outputliquibasesql' || harmless.includes(name)) continue
    throw refused(`The parameter "${name}" of an offline URL is not supported.`, 'Leave it out, or give the URL of a database.')
  }
  const shown = parameters.get('outputliquibasesql')?.toLowerCase() ?? 'none'
  if (!['none', 'all', 'true', 'false'].includes(shown))
    throw refused(`outputLiquibaseSql is "${shown}".`, 'Use none, or all for the statements on the history table too.')
  return {
    product: head.trim().toLowerCase(),
    historyFile: parameters.get('changelogfile') ?? 'databasechangelog.csv',
    showsHistory: shown === 'all' || shown === 'true',
  }
}

/**
 * A command on an offline URL: the SQL of a whole changelog, for a database that has none of it. Liquibase would keep its history in a CSV
 * file; here none is written, and one that is there is an error, since the SQL would repeat what it holds.
 */
export async function runOffline(context: RunContext): Promise<void> {
  const { settings, output, command } = context
  const url = parseOfflineUrl(settings.argument('url') ?? '')
  const { name } = command.spec
  if (!name.endsWith('Sql') || name === 'executeSql' || whatOf(context).kind === 'rollback')
    throw refused(
      `"${command.shownName}" needs a database: an offline URL has neither tables nor history.`,
      'Offline URLs work with update-sql, changelog-sync-sql, future-rollback-sql and their kin.',
    )
  const dialect = await dialectOf(url.product)
  if (existsSync(url.historyFile))
    throw refused(
      `The history file "${url.historyFile}" is there, and offline histories are not read here.`,
      'Give the URL of the database; or name another file (changeLogFile=…) to see the SQL of the whole changelog.',
    )
  output.message(`WARNING: the SQL is for a database without history; "${url.historyFile}" is not written.`)
  const changelog = await readChangelog(context, dialect.name, {})
  await showPreview(context, `offline:${url.product}`, {
    dialect,
    changelog,
    options: { ...selectionOf(context, engineOf(dialect.name)), includeTracking: url.showsHistory },
  })
}

async function dialectOf(product: string): Promise<Dialect> {
  const { cockroachdbDialect, mariadbDialect, mysqlDialect, postgresDialect, sqliteDialect, yugabytedbDialect } =
    await import('@sluice/databases')
  const dialects = [postgresDialect, mysqlDialect, mariadbDialect, sqliteDialect, cockroachdbDialect, yugabytedbDialect]
  const found = dialects.find(({ name }) => name === (product === 'postgres' ? 'postgresql' : product))
  if (found !== undefined) return found
  throw refused(`There is no SQL for "${product}" here.`, `Use one of: ${dialects.map(({ name }) => name).join(', ')}.`)
}

function engineOf(product: string): 'postgresql' | 'mysql' | 'sqlite' {
  if (product === 'sqlite') return 'sqlite'
  return product === 'mysql' || product === 'mariadb' ? 'mysql' : 'postgresql'
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray "%" means itself, as in Java's reading of these URLs.
    return text
  }
}

function refused(message: string, hint: string): AppError {
  return new AppError('invalid', 'DATABASE_URL_OFFLINE', message, { hint })
}
