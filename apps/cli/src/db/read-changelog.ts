import { AppError, hasErrors } from '@sluice/base'
import { type Changelog, parseChangelog } from '@sluice/changelog'
import type { Database } from '@sluice/engine'
import { openSearchPath, splitSearchPath } from '@sluice/sources'
import type { CommandContext } from '../command-context.ts'
import type { ChangelogOptions, ConnectionOptions } from './db-options.ts'
import { selectionOf, withTarget } from './open-target.ts'

/** A database and what its changelog says. */
export interface Target {
  readonly database: Database
  readonly changelog: Changelog
}

/** Opens the database, reads the changelog for it, runs `use` and closes the database whatever happens. */
export async function withChangelog<T>(
  context: CommandContext,
  options: ConnectionOptions & ChangelogOptions,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  // A parameter that cannot be read should not cost a connection.
  readParameters(options)
  return withTarget(context, options, async (database) =>
    use({ database, changelog: await readChangelog(context, options, database) }),
  )
}

/**
 * Parses the changelog that the options name, for the product that the server says it is. All problems are printed; errors end the
 * command before anything is touched.
 */
export async function readChangelog(
  context: CommandContext,
  options: ConnectionOptions & ChangelogOptions,
  database: Database,
): Promise<Changelog> {
  const { contexts, labels } = selectionOf(options)
  const tree = await openSearchPath(splitSearchPath(options.searchPath))
  const { changelog, diagnostics } = parseChangelog(options.changelog, tree, {
    dbms: database.dialect.name,
    databaseFacts: await database.readFacts([]),
    properties: readParameters(options),
    ...(contexts === undefined ? {} : { contexts }),
    ...(labels === undefined ? {} : { labelFilter: labels }),
  })
  context.printer.diagnostics(diagnostics)
  if (changelog === undefined || hasErrors(diagnostics)) {
    const count = diagnostics.filter(({ severity }) => severity === 'error').length
    throw new AppError(
      'invalid',
      'CHANGELOG_INVALID',
      `The changelog "${options.changelog}" has ${String(count)} problem(s); nothing was changed.`,
    )
  }
  return changelog
}

function readParameters(options: ChangelogOptions): Record<string, string> {
  return Object.fromEntries(
    options.param.map((text): [string, string] => {
      const equals = text.indexOf('=')
      if (equals < 1) throw new AppError('invalid', 'PARAM_INVALID', `"--param ${text}" is not of the form name=value.`)
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}
